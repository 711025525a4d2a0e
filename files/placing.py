"""Giving uploads that are in S3 their files: rows, and names beside what is there already.

The one place where File rows are made, for one upload or for many of one person. S3 is called only
once the rows are certain, to delete the objects that were replaced.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count, islice
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from accounts.faults import Fault
from files import paths
from files.faults import Conflict, NameTaken
from files.models import File, Upload
from files.paths import Path
from files.storage import Prefix, Stored, UploadOver, streamed_part

logger = logging.getLogger(__name__)

BATCH, TRIES = 100, 10_000  # numbered names looked up at once, and before giving up
RACES = 50  # of as many uploads that take the same name at the same moment


class ReplacedSince(Conflict):
    title = "This file was replaced"
    detail = "It was stored, and another one has replaced it since."

    def __init__(self) -> None:
        super().__init__(errors={"path": self.detail})


Outcome = File | Fault


@dataclass(frozen=True)
class Arrived:
    """An upload, and what S3 holds of it: all."""

    upload: Upload
    stored: Stored

    @property
    def path(self) -> Path:
        return Path(self.upload.folder, self.upload.name)


def known(upload: Upload) -> Outcome | None:
    """What has become of it, where S3 need not be asked: its file, UploadOver or ReplacedSince."""
    if upload.file is not None:
        return upload.file if upload.file.key == upload.key else ReplacedSince()
    return UploadOver() if upload.aborting else None


def settle(prefix: Prefix, stored: Mapping[UUID, Stored]) -> dict[UUID, Outcome]:
    """The file of each upload (by id, all of one person), or why it has none, in one transaction.

    One that has its file already, since another tab was faster, gives that. Faults: UploadOver,
    NameTaken, ReplacedSince.
    """
    outcomes: dict[UUID, Outcome] = {}
    arrived: list[Arrived] = []
    replaced: list[str] = []
    with transaction.atomic():
        locked = _locked(list(stored))
        for pk, one in stored.items():
            upload = locked.get(pk)
            outcome = known(upload) if upload else UploadOver()
            if outcome is not None:
                outcomes[pk] = outcome
            elif upload is not None:
                arrived.append(Arrived(upload, one))
        outcomes |= _place_all(arrived, replaced)
        if replaced:
            transaction.on_commit(partial(discard, prefix, replaced))
    return outcomes


def discard(prefix: Prefix, keys: list[str]) -> None:
    """Delete objects that no row names any more; of those that S3 keeps, the log knows the keys."""
    try:
        prefix.delete_all(keys)
    except Fault as fault:
        logger.warning("objects left behind", extra={"keys": keys, "fault": type(fault).__name__})


def _locked(pks: list[UUID]) -> dict[UUID, Upload]:
    # In one order, whoever asks: or two tabs with the same uploads would each wait for the other.
    rows = Upload.objects.select_for_update(of=("self",)).select_related("file").order_by("pk")
    return {upload.pk: upload for upload in rows.filter(pk__in=pks, aborting=False)}


def _place_all(arrived: Sequence[Arrived], replaced: list[str]) -> dict[UUID, Outcome]:
    """Those whose names are free in two queries, the others one by one."""
    if not arrived:
        return {}
    # By path, whatever the batch's order: or two batches of the same paths would wait for each other.
    arrived = sorted(arrived, key=lambda one: one.upload.path)
    mine = File.objects.filter(owner=arrived[0].upload.owner_id)
    taken = {Path(file.folder, file.name) for file in mine.at(one.path for one in arrived)}
    free: list[Arrived] = []
    others: list[Arrived] = []
    for one in arrived:
        (others if one.path in taken else free).append(one)
        taken.add(one.path)
    try:
        placed = _place_free(free)
    except IntegrityError:
        placed, others = {}, list(arrived)  # somebody took a name this very moment
    for one in others:
        try:
            placed[one.upload.pk] = _place(one, replaced)
        except NameTaken as fault:
            placed[one.upload.pk] = fault
    return placed


def _place_free(free: Sequence[Arrived]) -> dict[UUID, Outcome]:
    with transaction.atomic():
        files = File.objects.bulk_create(_file(one, one.upload.name) for one in free)
        of_its_key = File.objects.filter(key=OuterRef("key")).values("pk")
        uploads = Upload.objects.filter(pk__in=[one.upload.pk for one in free])
        uploads.update(file=Subquery(of_its_key))
    return {one.upload.pk: file for one, file in zip(free, files, strict=True)}


def _place(one: Arrived, replaced: list[str]) -> File:
    """The row of one file, beside or instead of what has its name."""
    for _ in range(RACES):
        old = _to_replace(one.upload)
        try:
            with transaction.atomic():
                file = _replace(old, one, replaced) if old else _create(one)
        except IntegrityError:
            continue  # somebody took the name this very moment: look again
        one.upload.file = file
        one.upload.save(update_fields=["file"])
        return file
    raise NameTaken.at(one.upload.path)


def _to_replace(upload: Upload) -> File | None:
    """The file that was at the path when the upload was started; another one's end nobody agreed to."""
    if upload.on_conflict != Upload.OnConflict.REPLACE or not upload.replaces:
        return None
    siblings = File.objects.select_for_update().filter(owner=upload.owner_id).in_folder(upload.folder)
    return siblings.filter(name=upload.name, key=upload.replaces).first()


def _create(one: Arrived) -> File:
    file = _file(one, _free_name(one.upload))
    file.save(force_insert=True)
    return file


def _replace(old: File, one: Arrived, replaced: list[str]) -> File:
    """The same file with other content."""
    key = old.key
    for name, value in _content(one).items():
        setattr(old, name, value)
    old.save()
    replaced.append(key)
    return old


def _file(one: Arrived, name: str) -> File:
    upload = one.upload
    where = {"owner_id": upload.owner_id, "folder": upload.folder}
    return File(**where, name=name, folded=paths.folded(name), **_content(one))


def _content(one: Arrived) -> dict[str, Any]:
    upload, stored = one.upload, one.stored
    return {
        "size": stored.size,
        "content_type": upload.content_type,
        "key": upload.key,
        "etag": stored.etag,
        "sha256": stored.sha256,
        "part_size": _part_size(upload, stored),
        "modified_at": timezone.now(),
    }


def _part_size(upload: Upload, stored: Stored) -> int | None:
    """Of the parts whose hashes the object's SHA-256 is made of, if it is ("…-N")."""
    if "-" not in stored.sha256:
        return None
    return upload.part_size if upload.multipart_id else streamed_part(stored.size)


def _free_name(upload: Upload) -> str:
    """The upload's name, or the first numbered one that is free; NameTaken if it must be the former."""
    siblings = File.objects.filter(owner=upload.owner_id).in_folder(upload.folder)
    names = (upload.name if n == 1 else paths.numbered(upload.name, n) for n in count(1))
    renamed = upload.on_conflict != Upload.OnConflict.FAIL
    for _ in range(TRIES // BATCH if renamed else 1):
        batch = list(islice(names, BATCH if renamed else 1))
        taken = set(siblings.filter(name__in=batch).values_list("name", flat=True))
        if free := next((name for name in batch if name not in taken), None):
            return free
    raise NameTaken.at(upload.path)
