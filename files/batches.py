"""Many small uploads at once: what costs a call or a query is done once for all of them.

Each is a single PUT. What is wrong with one is its own result, a Fault among the others'; what fails
at AWS fails the whole call, which can be repeated.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from accounts.credentials import Credentials
from accounts.faults import Fault, NothingHere
from accounts.models import User
from files import drafts, keys, placing, windows
from files.assembly import NotArrived, whole
from files.drafts import Asked
from files.faults import Malformed, NameTaken
from files.models import File, Upload
from files.storage import Prefix, Stored
from files.windows import Window

MOST = 100

Started = tuple[Upload, Window]


def start(
    *, owner: User, credentials: Credentials, asked: Sequence[Asked | Fault]
) -> list[Started | Fault]:
    """Open an upload of one PUT for each, signed; in the order asked. A Fault stays what it is."""
    new = zip(asked, keys.many(credentials.identity_id, len(asked)), strict=True)
    rows = [_draft(owner, one, key) for one, key in new]
    there = drafts.there(owner, (one for one in rows if isinstance(one, Upload)))
    with Prefix(credentials) as prefix:
        results = [_signed(prefix, *both, there) for both in zip(rows, asked, strict=True)]
    Upload.objects.bulk_create(one[0] for one in results if not isinstance(one, Fault))
    return results


def complete(*, owner: User, credentials: Credentials, ids: Sequence[UUID]) -> dict[UUID, File | Fault]:
    """The file of each upload, as uploads.complete gives it; NothingHere for what is not the owner's.

    S3 lists the objects, and a listing tells no SHA-256, but which have one. That is the one that the
    PUT was signed with: x-amz-checksum-sha256 is among the signed headers, and S3 refuses other bytes.
    (Whoever has their own credentials may write there without this site, and deceives themselves alone.)
    """
    mine = Upload.objects.owned_by(owner).select_related("file").in_bulk(ids)
    outcomes: dict[UUID, File | Fault | None] = {pk: _known(mine.get(pk)) for pk in ids}
    waiting = [mine[pk] for pk, outcome in outcomes.items() if outcome is None]
    if waiting:
        with Prefix(credentials) as prefix:
            outcomes |= _complete(prefix, waiting)
    return {pk: outcome or NothingHere() for pk, outcome in outcomes.items()}


def _draft(owner: User, asked: Asked | Fault, key: str) -> Upload | Fault:
    if isinstance(asked, Fault):
        return asked
    try:
        if asked.id:
            raise Malformed.of("id", "Among many, an upload has no id of your own.")
        upload = drafts.draft(owner, asked, key)
        if upload.part_count > 1:
            raise Malformed.of("size", "This is more than one part. Start this upload by itself.")
        windows.numbered(upload.part_count, 1, asked.hashes)
    except Fault as fault:
        return fault
    return upload


def _signed(
    prefix: Prefix, draft: Upload | Fault, asked: Asked | Fault, there: Mapping[str, File]
) -> Started | Fault:
    if isinstance(draft, Fault):
        return draft
    assert isinstance(asked, Asked)
    try:
        drafts.meet(draft, there, asked.replaces)
    except NameTaken as fault:
        return fault
    hashes = [draft.sha256] if draft.sha256 else []
    return draft, windows.sign(prefix, draft, range(1, 2), hashes, {}, spread=asked.spread)


def _known(upload: Upload | None) -> File | Fault | None:
    """The outcome, where S3 need not be asked."""
    if upload is None:
        return NothingHere()
    outcome = placing.known(upload)
    if outcome is None and upload.multipart_id:
        return Malformed.of("ids", "This upload has several parts. Complete it by itself.")
    return outcome


def _complete(prefix: Prefix, waiting: Sequence[Upload]) -> dict[UUID, File | Fault]:
    found = prefix.found({upload.key: upload.sha256 for upload in waiting})
    outcomes: dict[UUID, File | Fault] = {}
    stored: dict[UUID, Stored] = {}
    for upload in waiting:
        try:
            stored[upload.pk] = whole(upload, found.get(upload.key))
        except NotArrived as fault:
            outcomes[upload.pk] = fault
    return outcomes | placing.settle(prefix, stored)
