"""Making one object of the parts in S3, after checking that they are the file. No row is touched."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.faults import Unavailable
from files import parts
from files.faults import Conflict, Malformed
from files.models import Upload
from files.parts import Plan
from files.storage import BadParts, Part, Prefix, Stored, UploadOver


class NotArrived(Conflict):
    title = "The file has not arrived"


@dataclass(frozen=True)
class Claim:
    """A part as the client says that it has sent it; sha256 is "" when it does not say."""

    number: int
    etag: str
    sha256: str = ""


def check_claims(upload: Upload, claims: Sequence[Claim] | None) -> None:
    numbers = [claim.number for claim in claims or ()]
    if len(numbers) != len(set(numbers)):
        raise Malformed.of("parts", "A part is named twice.")
    if any(not 1 <= number <= upload.part_count for number in numbers):
        raise Malformed.of("parts", f"This upload has the parts 1 to {upload.part_count}.")


def assembled(prefix: Prefix, upload: Upload, claims: Sequence[Claim] | None) -> Stored:
    """The object in S3, made of its parts if it is not yet."""
    if upload.multipart_id:
        try:
            held = prefix.list_parts(upload.key, upload.multipart_id)
            _check_parts(upload, held, claims)
            prefix.complete_multipart(upload.key, upload.multipart_id, held)
        except UploadOver:
            # Over, but how? If S3's answer to an earlier completion was lost, the object is there. To a
            # HEAD, one that is not there and one that may not be seen are the same: a listing tells.
            if not prefix.found({upload.key: ""}):
                raise
    stored = prefix.head(upload.key)
    if stored is None and upload.multipart_id:
        raise Unavailable  # it is there, as S3 has just said
    return whole(upload, stored)


def whole(upload: Upload, stored: Stored | None) -> Stored:
    """The object, if it is there and as long as the upload said. Raises NotArrived."""
    if stored is None:
        raise NotArrived(f"None of the {upload.size:,} bytes have arrived. Upload them, then complete.")
    if stored.size != upload.size:
        raise NotArrived(f"{stored.size:,} bytes have arrived instead of {upload.size:,}. Start again.")
    return stored


def _check_parts(upload: Upload, held: Sequence[Part], claims: Sequence[Claim] | None) -> None:
    """What S3 holds must be the whole file, and what the client believes to have sent."""
    plan = Plan(upload.size, upload.part_size)
    whole = {part.number: part for part in held if part.size == plan.length(part.number)}
    wanted = set(range(1, plan.count + 1))
    missing = wanted - whole.keys()
    if claims is not None:
        missing |= wanted - {claim.number for claim in claims}
    if missing:
        text = f"Not all parts have arrived: {parts.ranges(missing)} of {plan.count} are missing."
        raise NotArrived(text, errors={"parts": text})
    for claim in claims or ():
        part = whole[claim.number]
        same_hash = not claim.sha256 or not part.sha256 or claim.sha256 == part.sha256
        if claim.etag.strip('"') != part.etag.strip('"') or not same_hash:
            text = f"S3 holds another part {claim.number} than the one you name. Upload it again."
            raise BadParts(text, errors={"parts": text})
