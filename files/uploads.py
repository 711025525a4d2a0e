"""The states of an upload, and every other change to what people keep: the only writer of File rows.

An upload is open, then complete (it has its file) or aborting (then gone). S3 is never called inside
a transaction: a slow answer must not hold a lock. Each step can be repeated after a lost answer.
"""

import logging
from collections.abc import Sequence
from itertools import count, islice
from typing import Any
from uuid import uuid4

from django.core.files.base import File as Content
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.credentials import Credentials
from accounts.faults import Fault
from accounts.models import User
from files import disposition, parts, paths, windows
from files.assembly import Claim, assembled, check_claims
from files.faults import Conflict, Malformed, NameTaken, NotAllDeleted
from files.models import File, Upload
from files.parts import Plan
from files.paths import Path
from files.storage import Prefix, Stored, UploadOver
from files.windows import Window

logger = logging.getLogger(__name__)

BATCH, TRIES = 100, 10_000  # numbered names looked up at once, and before giving up
PAGES = 100  # of 1,000 objects each, deleted within one request
RACES = 50  # of as many uploads that take the same name at the same moment


class AlreadyComplete(Conflict):
    title = "This upload is complete"
    detail = "The file is kept already. To be rid of it, delete the file."


def start(
    *,
    owner: User,
    credentials: Credentials,
    path: str,
    size: int,
    content_type: str = "",
    on_conflict: str = Upload.OnConflict.RENAME,
    part_size: int | None = None,
    hashes: Sequence[str] = (),
) -> tuple[Upload, Window]:
    """Open an upload, and sign its first parts.

    hashes: base64 SHA-256 of the first parts; with them, every part of this upload carries its hash.
    Raises Malformed, TooLarge, NameTaken, and S3's faults.
    """
    plan = parts.plan(size, part_size)
    numbers = windows.numbered(plan.count, 1, hashes)
    upload = _new(owner, credentials, path, plan, content_type, on_conflict)
    upload.checksums = bool(hashes)
    upload.sha256 = hashes[0] if hashes and not plan.multipart else ""
    with Prefix(credentials) as prefix:
        if plan.multipart:
            upload.multipart_id = _multipart_id(prefix, upload)
        upload.save(force_insert=True)
        return upload, windows.sign(prefix, upload, numbers, hashes, {})


def window(
    *, upload: Upload, credentials: Credentials, first: int, hashes: Sequence[str] = ()
) -> Window:
    """Sign the parts from `first` on, and tell which of them S3 holds already, to resume."""
    _must_be_open(upload)
    if upload.checksums != bool(hashes):
        expected = "needs" if upload.checksums else "was started without"
        raise Malformed.of("sha256", f"This upload {expected} the SHA-256 of each part.")
    numbers = windows.numbered(upload.part_count, first, hashes)
    if upload.sha256 and list(hashes) != [upload.sha256]:
        raise Conflict("This is not the file that the upload was started with. Start a new one.")
    with Prefix(credentials) as prefix:
        return windows.sign(prefix, upload, numbers, hashes, windows.held_in_s3(prefix, upload, numbers))


def complete(*, upload: Upload, credentials: Credentials, claims: Sequence[Claim] | None = None) -> File:
    """Make the file of an upload whose parts are all in S3; the same file when asked again.

    claims: the parts that the client has sent, checked against what S3 holds. Raises NotArrived,
    BadParts, UploadOver or NameTaken (all 409), Malformed, and S3's faults.
    """
    if upload.file:
        return upload.file
    _must_be_open(upload)
    check_claims(upload, claims)
    with Prefix(credentials) as prefix:
        stored = assembled(prefix, upload, claims)
        with transaction.atomic():
            locked = Upload.objects.select_for_update().filter(pk=upload.pk, aborting=False).first()
            if locked is None:
                raise UploadOver
            if locked.file is None:  # else another tab was faster
                locked.file = _place(prefix, locked, stored)
                locked.save(update_fields=["file"])
        return locked.file


def receive(
    *,
    owner: User,
    credentials: Credentials,
    path: str,
    content: "Content[bytes]",
    content_type: str = "",
) -> File:
    """Keep a file that came through this process, streaming it to S3; its name gives way to others."""
    known = disposition.content_type(content_type) or ""
    # One part, however large: django-storages cuts it by itself.
    plan = Plan(content.size, part_size=max(content.size, 1))
    upload = _new(owner, credentials, path, plan, known, Upload.OnConflict.RENAME)
    upload.save(force_insert=True)
    try:
        with Prefix(credentials) as prefix:
            encoded = paths.encoded(upload.path)
            prefix.put_stream(upload.key, content, content_type=upload.content_type, path=encoded)
        return complete(upload=upload, credentials=credentials)
    except Fault:
        _try_to_abort(upload, credentials)
        raise


def abort(*, upload: Upload, credentials: Credentials) -> None:
    """Give an upload up, in S3 too. What fails midway can be repeated; AlreadyComplete if it is."""
    if not Upload.objects.filter(pk=upload.pk, file=None).update(aborting=True):
        if Upload.objects.filter(pk=upload.pk).exists():
            raise AlreadyComplete
        return
    with Prefix(credentials) as prefix:
        if upload.multipart_id:
            prefix.abort_multipart(upload.key, upload.multipart_id)
        prefix.delete(upload.key)  # a single PUT, or one that was just being completed
    Upload.objects.filter(pk=upload.pk, aborting=True).delete()


def move(*, file: File, path: str) -> File:
    """Rename or move: one UPDATE, S3 is not asked. Raises Malformed or NameTaken."""
    target = paths.parse(path)
    new = {"folder": target.folder, "name": target.name, "folded": paths.folded(target.name)}
    try:
        with transaction.atomic():
            moved = File.objects.filter(pk=file.pk).update(**new)
    except IntegrityError:
        raise NameTaken.at(str(target)) from None
    if not moved:
        raise Conflict("This file was deleted meanwhile.")
    file.refresh_from_db()
    return file


def delete(*, file: File, credentials: Credentials) -> None:
    """Delete the object, then the row.

    In this order a failure leaves a row that can be deleted again. The other way round it would leave
    an object that nobody sees: bytes that the person believes to be gone.
    """
    with Prefix(credentials) as prefix:
        prefix.delete(file.key)
    with transaction.atomic():
        # Replaced meanwhile, the row stands for another object, which stays.
        row = File.objects.select_for_update().filter(pk=file.pk, key=file.key).first()
        if row is not None:
            row.delete()


def empty(*, owner: User, credentials: Credentials) -> None:
    """Delete all that a person keeps: open uploads, then every object of the prefix, then the rows.

    In this order, as in `delete`; whatever fails, calling it again goes on from there, as it does after
    NotAllDeleted: there are too many for one request.
    """
    for upload in Upload.objects.owned_by(owner).filter(file=None):
        abort(upload=upload, credentials=credentials)
    with Prefix(credentials) as prefix:
        for keys in islice(iter(prefix.keys, []), PAGES):
            prefix.delete_all(keys)
        if prefix.keys():
            raise NotAllDeleted
    File.objects.owned_by(owner).delete()


# --- The rows --------------------------------------------------------------------------------------


def _new(
    owner: User, credentials: Credentials, path: str, plan: Plan, content_type: str, on_conflict: str
) -> Upload:
    target = paths.parse(path)
    known_type = disposition.content_type(content_type or disposition.UNKNOWN_TYPE)
    if known_type is None:
        raise Malformed.of("content_type", "This is not a media type, such as text/plain.")
    if on_conflict == Upload.OnConflict.FAIL and _taken(owner, target):
        raise NameTaken.at(str(target))
    return Upload(
        owner=owner,
        folder=target.folder,
        name=target.name,
        size=plan.size,
        content_type=known_type,
        key=f"users/{credentials.identity_id}/{uuid4()}",
        part_size=plan.part_size,
        part_count=plan.count,
        on_conflict=on_conflict,
    )


def _must_be_open(upload: Upload) -> None:
    if upload.file_id:
        raise AlreadyComplete
    if upload.aborting:
        raise UploadOver


def _place(prefix: Prefix, upload: Upload, stored: Stored) -> File:
    """The row of the file, beside or instead of what has its name. Inside the transaction."""
    for _ in range(RACES):
        if upload.on_conflict == Upload.OnConflict.REPLACE:
            siblings = File.objects.select_for_update().owned_by(upload.owner).in_folder(upload.folder)
            if old := siblings.filter(name=upload.name).first():
                return _replace(prefix, old, upload, stored)
        try:
            with transaction.atomic():
                return File.objects.create(
                    owner=upload.owner, folder=upload.folder, **_name(upload), **_content(upload, stored)
                )
        except IntegrityError:
            continue  # somebody took the name this very moment: look again
    raise NameTaken.at(upload.path)


def _multipart_id(prefix: Prefix, upload: Upload) -> str:
    """Begun in S3 before there is a row: should none be written, the bucket's lifecycle rule ends it."""
    return prefix.create_multipart(
        upload.key,
        content_type=upload.content_type,
        path=paths.encoded(upload.path),
        checksums=upload.checksums,
    )


def _replace(prefix: Prefix, old: File, upload: Upload, stored: Stored) -> File:
    """The same file with other content; the old object goes once that is certain."""
    key = old.key
    for name, value in _content(upload, stored).items():
        setattr(old, name, value)
    old.save()
    transaction.on_commit(lambda: _discard(prefix, key))
    return old


def _content(upload: Upload, stored: Stored) -> dict[str, Any]:
    return {
        "size": stored.size,
        "content_type": upload.content_type,
        "key": upload.key,
        "etag": stored.etag,
        "sha256": stored.sha256,
        "modified_at": timezone.now(),
    }


def _name(upload: Upload) -> dict[str, str]:
    """The upload's name, or the first numbered one that is free."""
    siblings = File.objects.owned_by(upload.owner).in_folder(upload.folder)
    names = (upload.name if n == 1 else paths.numbered(upload.name, n) for n in count(1))
    if upload.on_conflict != Upload.OnConflict.RENAME:
        return {"name": upload.name, "folded": paths.folded(upload.name)}
    for _ in range(TRIES // BATCH):
        batch = list(islice(names, BATCH))
        taken = set(siblings.filter(name__in=batch).values_list("name", flat=True))
        if free := next((name for name in batch if name not in taken), None):
            return {"name": free, "folded": paths.folded(free)}
    raise NameTaken.at(upload.path)


def _taken(owner: User, target: Path) -> bool:
    return File.objects.owned_by(owner).in_folder(target.folder).filter(name=target.name).exists()


def _discard(prefix: Prefix, key: str) -> None:
    """Delete an object that no row names any more; if S3 does not, the log knows its key."""
    try:
        prefix.delete(key)
    except Fault as fault:
        logger.warning("object left behind", extra={"key": key, "fault": type(fault).__name__})


def _try_to_abort(upload: Upload, credentials: Credentials) -> None:
    try:
        abort(upload=upload, credentials=credentials)
    except Fault as fault:
        logger.warning("upload left open", extra={"upload": upload.pk, "fault": type(fault).__name__})
