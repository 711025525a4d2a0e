"""Windows: the next parts of an upload, presigned. Nothing here writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from files import parts, paths
from files.faults import Malformed
from files.models import Upload
from files.parts import Plan
from files.storage import Part, Prefix, Signed, UploadOver

WINDOW = 32  # parts signed at once when the client sends no hashes: 50 KB of URLs
MAX_HASHES = 100


@dataclass(frozen=True)
class WindowPart:
    """A part to send, or (stored) one that S3 holds already, as it should be."""

    number: int
    size: int
    signed: Signed
    stored: bool = False
    etag: str | None = None


@dataclass(frozen=True)
class Window:
    parts: list[WindowPart]
    expires_at: datetime


def numbered(count: int, first: int, hashes: Sequence[str]) -> range:
    """The parts of a window: as many as there are hashes, or WINDOW, from `first` on."""
    if not 1 <= first <= count:
        raise Malformed.of("from", f"This upload has the parts 1 to {count}.")
    last = first + (len(hashes) or WINDOW) - 1
    if len(hashes) > MAX_HASHES or (hashes and last > count):
        raise Malformed.of("sha256", "There are more hashes than parts, or more than 100.")
    for one in hashes:
        if not parts.is_sha256(one):
            raise Malformed.of("sha256", "A SHA-256 is 32 bytes, in base64.")
    return range(first, min(last, count) + 1)


def sign(
    prefix: Prefix,
    upload: Upload,
    numbers: range,
    hashes: Sequence[str],
    held: dict[int, Part],
    *,
    spread: bool,
) -> Window:
    """spread: over the bucket's host names, parts of one upload and many small ones alike."""
    plan = Plan(upload.size, upload.part_size)
    signed: list[WindowPart] = []
    expires_at = prefix.expires_at
    for number, sha256 in zip(numbers, hashes or [""] * len(numbers), strict=True):
        size = plan.length(number)
        part = held.get(number)
        stored = part is not None and part.size == size and (not sha256 or part.sha256 == sha256)
        host = upload.pk.int + number if spread else 0
        url = _sign_one(prefix, upload, number, size, sha256, host)
        etag = (part.etag or None) if part is not None and stored else None
        signed.append(WindowPart(number, size, url, stored=stored, etag=etag))
    return Window(signed, expires_at)


def _sign_one(prefix: Prefix, upload: Upload, number: int, size: int, sha256: str, host: int) -> Signed:
    if upload.multipart_id:
        return prefix.sign_part(
            upload.key, upload.multipart_id, number, size=size, sha256=sha256, host=host
        )
    return prefix.sign_put(
        upload.key,
        size=size,
        content_type=upload.content_type,
        path=paths.encoded(upload.path),
        sha256=sha256,
        host=host,
    )


def held_in_s3(
    prefix: Prefix, upload: Upload, numbers: range | None = None, hashes: Sequence[str] = ()
) -> dict[int, Part]:
    """The parts that S3 holds, by number: all of them, or those that are asked about."""
    if not upload.multipart_id:
        stored = prefix.head(upload.key)
        return {1: Part(1, stored.size, stored.etag, stored.sha256)} if stored else {}
    after, limit = (numbers.start - 1, len(numbers)) if numbers else (0, 0)
    try:
        found = prefix.list_parts(upload.key, upload.multipart_id, after=after, limit=limit)
    except UploadOver:
        return _joined(prefix, upload, numbers, hashes)
    return {part.number: part for part in found}


def _joined(
    prefix: Prefix, upload: Upload, numbers: range | None, hashes: Sequence[str]
) -> dict[int, Part]:
    """S3 has made the object, and nobody heard: no part need be sent, but the upload be completed."""
    stored = prefix.head(upload.key)
    if stored is None or stored.size != upload.size:
        raise UploadOver
    plan = Plan(upload.size, upload.part_size)
    asked = numbers or range(1, plan.count + 1)
    known = zip(asked, hashes or [""] * len(asked), strict=True)
    return {number: Part(number, plan.length(number), "", sha256) for number, sha256 in known}
