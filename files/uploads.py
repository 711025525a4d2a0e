"""The states of an upload, and every other change to what people keep.

An upload is open, then complete (it has its file) or aborting (then gone). S3 is never called inside
a transaction: a slow answer must not hold a lock. Each step can be repeated after a lost answer.
"""

import logging
from collections.abc import Sequence
from itertools import islice

from django.core.files.base import File as Content
from django.db import IntegrityError, transaction

from accounts.credentials import Credentials
from accounts.faults import Fault
from accounts.models import User
from files import disposition, drafts, keys, paths, placing, windows
from files.assembly import Claim, assembled, check_claims
from files.drafts import Asked
from files.faults import Conflict, Malformed, NameTaken, NotAllDeleted
from files.models import File, Upload
from files.parts import Plan
from files.storage import Part, Prefix, UploadOver
from files.windows import Window

logger = logging.getLogger(__name__)

PAGES = 100  # of 1,000 objects each, deleted within one request


class AlreadyComplete(Conflict):
    title = "This upload is complete"
    detail = "The file is kept already. To be rid of it, delete the file."


def start(*, owner: User, credentials: Credentials, asked: Asked) -> tuple[Upload, Window]:
    """Open an upload, and sign its first parts; the same upload when asked again by its id.

    Raises Malformed, TooLarge, NameTaken, Conflict, and S3's faults.
    """
    upload = drafts.draft(owner, asked, keys.new(credentials.identity_id))
    numbers = windows.numbered(upload.part_count, 1, asked.hashes)
    if asked.id and (begun := drafts.begun(upload)):
        return _again(begun, credentials, asked)
    drafts.meet(upload, drafts.there(owner, [upload]), asked.replaces)
    with Prefix(credentials) as prefix:
        if upload.part_count > 1:
            upload.multipart_id = _multipart_id(prefix, upload)
        window = windows.sign(prefix, upload, numbers, asked.hashes, {}, spread=asked.spread)
        if drafts.inserted(upload):
            return upload, window
        if upload.multipart_id:
            prefix.abort_multipart(upload.key, upload.multipart_id)
    begun = drafts.begun(upload)
    if begun is None:
        raise Conflict(drafts.ID_TAKEN)
    return _again(begun, credentials, asked)


def window(
    *,
    upload: Upload,
    credentials: Credentials,
    first: int,
    hashes: Sequence[str] = (),
    fresh: bool = False,
    spread: bool = False,
) -> Window:
    """Sign the parts from `first` on, and tell which of them S3 holds already, to resume.

    fresh: none of these was ever sent, so S3 is not asked. spread: as it was asked at the start.
    """
    _must_be_open(upload)
    if upload.checksums != bool(hashes):
        expected = "needs" if upload.checksums else "was started without"
        raise Malformed.of("sha256", f"This upload {expected} the SHA-256 of each part.")
    numbers = windows.numbered(upload.part_count, first, hashes)
    if upload.sha256 and list(hashes) != [upload.sha256]:
        raise Conflict("This is not the file that the upload was started with. Start a new one.")
    with Prefix(credentials) as prefix:
        held = {} if fresh else windows.held_in_s3(prefix, upload, numbers, hashes)
        return windows.sign(prefix, upload, numbers, hashes, held, spread=spread)


def progress(*, upload: Upload, credentials: Credentials) -> list[Part]:
    """The parts that S3 holds of an open upload, whole ones."""
    _must_be_open(upload)
    plan = Plan(upload.size, upload.part_size)
    with Prefix(credentials) as prefix:
        held = windows.held_in_s3(prefix, upload)
    return [part for part in held.values() if part.size == plan.length(part.number)]


def complete(*, upload: Upload, credentials: Credentials, claims: Sequence[Claim] | None = None) -> File:
    """Make the file of an upload whose parts are all in S3; the same file when asked again.

    claims: the parts that the client has sent, checked against what S3 holds. Raises NotArrived,
    BadParts, UploadOver, NameTaken or ReplacedSince (all 409), Malformed, and S3's faults.
    """
    outcome = placing.known(upload)
    if outcome is None:
        check_claims(upload, claims)
        with Prefix(credentials) as prefix:
            stored = assembled(prefix, upload, claims)
            outcome = placing.settle(prefix, {upload.pk: stored})[upload.pk]
    if isinstance(outcome, Fault):
        raise outcome
    return outcome


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
    asked = Asked(path, content.size, known)
    # One part, however large: django-storages cuts it by itself.
    plan = Plan(content.size, part_size=max(content.size, 1))
    upload = drafts.draft(owner, asked, keys.new(credentials.identity_id), plan)
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
    unfinished = Upload.objects.owned_by(owner).filter(file=None)
    for upload in unfinished.in_parts():
        abort(upload=upload, credentials=credentials)
    whole = unfinished.filter(multipart_id="")  # what S3 has of these is an object like all others
    whole.update(aborting=True)
    with Prefix(credentials) as prefix:
        for page in islice(iter(prefix.keys, []), PAGES):
            prefix.delete_all(page)
        if prefix.keys():
            raise NotAllDeleted
    whole.filter(aborting=True).delete()
    File.objects.owned_by(owner).delete()


def _again(begun: Upload, credentials: Credentials, asked: Asked) -> tuple[Upload, Window]:
    hashes, spread = asked.hashes, asked.spread
    return begun, window(upload=begun, credentials=credentials, first=1, hashes=hashes, spread=spread)


def _must_be_open(upload: Upload) -> None:
    if upload.file_id:
        raise AlreadyComplete
    if upload.aborting:
        raise UploadOver


def _multipart_id(prefix: Prefix, upload: Upload) -> str:
    """Begun in S3 before there is a row: should none be written, the bucket's lifecycle rule ends it."""
    return prefix.create_multipart(
        upload.key,
        content_type=upload.content_type,
        path=paths.encoded(upload.path),
        checksums=upload.checksums,
    )


def _try_to_abort(upload: Upload, credentials: Credentials) -> None:
    try:
        abort(upload=upload, credentials=credentials)
    except Fault as fault:
        logger.warning("upload left open", extra={"upload": upload.pk, "fault": type(fault).__name__})
