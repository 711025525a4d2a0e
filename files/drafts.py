"""The rows of uploads that are asked for, checked and not saved yet. S3 is not asked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User
from files import disposition, parts, paths
from files.faults import Conflict, Malformed, NameTaken
from files.models import File, Upload
from files.parts import Plan
from files.paths import Path

ID_TAKEN = "This id is that of another upload. Choose another one."


@dataclass(frozen=True)
class Asked:
    """What somebody wants to upload, as they say; nothing is checked yet.

    hashes: base64 SHA-256 of the first parts; with them, every part of this upload carries its hash.
    last_modified, fingerprint: how the client knows the file again, to resume.
    spread: whether addresses may be of any of the bucket's host names.
    replaces: the ETag of the only content that may be replaced; "" for any that is there.
    id: of the client's own making, to get the same upload again when an answer was lost.
    """

    path: str
    size: int
    content_type: str = ""
    on_conflict: str = Upload.OnConflict.RENAME
    part_size: int | None = None
    hashes: Sequence[str] = ()
    last_modified: int | None = None
    fingerprint: str = ""
    spread: bool = False
    replaces: str = ""
    id: UUID | None = None


def draft(owner: User, asked: Asked, key: str, plan: Plan | None = None) -> Upload:
    """The row of a new upload, not saved yet. Raises Malformed or TooLarge."""
    plan = plan or parts.plan(asked.size, asked.part_size)
    target = paths.parse(asked.path)
    known_type = disposition.content_type(asked.content_type or disposition.UNKNOWN_TYPE)
    if known_type is None:
        raise Malformed.of("content_type", "This is not a media type, such as text/plain.")
    more = {"id": asked.id} if asked.id else {}
    return Upload(
        **more,
        owner=owner,
        folder=target.folder,
        name=target.name,
        size=plan.size,
        content_type=known_type,
        key=key,
        part_size=plan.part_size,
        part_count=plan.count,
        checksums=bool(asked.hashes),
        sha256=asked.hashes[0] if asked.hashes and not plan.multipart else "",
        last_modified=asked.last_modified,
        fingerprint=asked.fingerprint,
        on_conflict=asked.on_conflict,
    )


def there(owner: User, drafts: Iterable[Upload]) -> dict[str, File]:
    """The files that are at their paths now, by path, where it matters to them."""
    strict = (one for one in drafts if one.on_conflict != Upload.OnConflict.RENAME)
    files = File.objects.owned_by(owner).at(Path(one.folder, one.name) for one in strict)
    return {file.path: file for file in files}


def meet(draft: Upload, there: Mapping[str, File], replaces: str) -> None:
    """NameTaken if nothing may be at the path; what may be replaced is there now, and was when asked."""
    file = there.get(draft.path)
    if file is None:
        return
    if draft.on_conflict == Upload.OnConflict.FAIL:
        raise NameTaken.at(draft.path)
    if draft.on_conflict == Upload.OnConflict.REPLACE and replaces in {"", file.etag}:
        draft.replaces = file.key


def begun(draft: Upload) -> Upload | None:
    """The upload of this id that was begun already. Raises Conflict if it is of another file."""
    found = Upload.objects.filter(owner=draft.owner_id, pk=draft.pk).select_related("file").first()
    if found and (found.path, found.size, found.part_size) != (draft.path, draft.size, draft.part_size):
        raise Conflict(ID_TAKEN)
    return found


def inserted(upload: Upload) -> bool:
    """False if there is one of its id by now: asked twice at once, or somebody else's."""
    try:
        with transaction.atomic():
            upload.save(force_insert=True)
    except IntegrityError:
        return False
    return True
