"""The API of uploads, one by one and many at once. See files.api for that of files."""

import logging
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Status

from accounts import problems
from accounts.faults import Fault, NothingHere
from accounts.sessions import credentials_of
from files import batches, parts, uploads
from files.access import permitted, upload_of
from files.assembly import Claim
from files.drafts import Asked
from files.models import File, Upload
from files.schemas import (
    ASKING,
    AWS,
    ONE,
    BatchIn,
    BatchOut,
    CompletedOut,
    CompleteIn,
    FinishedListOut,
    IdsIn,
    OpenListOut,
    OpenOut,
    Problem,
    ProgressOut,
    Sha256,
    StartIn,
    StartOut,
    WindowOut,
)
from files.windows import MAX_HASHES, Window, WindowPart

logger = logging.getLogger(__name__)
router = Router(tags=["uploads"])

OPEN_SHOWN = 1_000


@router.post(
    "/uploads",
    operation_id="start_upload",
    summary="Start an upload",
    response={201: StartOut, ASKING | AWS | {409, 413}: Problem},
)
def start_upload(request: HttpRequest, data: StartIn) -> Status[Any]:
    """Answers with presigned URLs for the first parts: PUT them to S3 in parallel, then complete."""
    owner = permitted(request, "add_file")
    asked = _asked(request, data)
    started = uploads.start(owner=owner, credentials=credentials_of(request), asked=asked)
    return Status(201, _started(*started))


@router.get(
    "/uploads",
    operation_id="list_uploads",
    summary="List the uploads that can be resumed",
    response={200: OpenListOut, ASKING: Problem},
)
def list_uploads(request: HttpRequest) -> Any:
    """Those of several parts that are still open, newest first, at most 1,000."""
    mine = Upload.objects.owned_by(permitted(request, "add_file"))
    return {"items": mine.open().in_parts().order_by("-created_at", "pk")[:OPEN_SHOWN]}


@router.post(
    "/uploads/batch",
    operation_id="start_uploads",
    summary="Start many small uploads",
    response={200: BatchOut, ASKING | AWS: Problem},
    exclude_unset=True,
)
def start_uploads(request: HttpRequest, data: BatchIn) -> Any:
    """Up to 100, each of one part, each with a result of its own: an upload as above, or a problem."""
    owner = permitted(request, "add_file")
    asked = [_asked_or_fault(request, one) for one in data.uploads]
    results = batches.start(owner=owner, credentials=credentials_of(request), asked=asked)
    told = [one if isinstance(one, Fault) else _started(*one) for one in results]
    return {"results": _results(request, "upload", told)}


@router.post(
    "/uploads/batch/complete",
    operation_id="complete_uploads",
    summary="Complete many small uploads",
    response={200: FinishedListOut, ASKING | AWS: Problem},
    exclude_unset=True,
)
def complete_uploads(request: HttpRequest, data: IdsIn) -> Any:
    """Each has a result of its own: its file, or a problem. Asking again gives the same files."""
    owner = permitted(request, "add_file")
    outcomes = batches.complete(owner=owner, credentials=credentials_of(request), ids=data.ids)
    files = [one.pk for one in outcomes.values() if isinstance(one, File)]
    kept = File.objects.owned_by(owner).with_same_as().in_bulk(files)
    told = [
        one if isinstance(one, Fault) else kept.get(one.pk) or NothingHere()
        for one in (outcomes[pk] for pk in data.ids)
    ]
    return {"results": _results(request, "file", told)}


@router.get(
    "/uploads/{uuid:upload_id}",
    operation_id="get_upload",
    summary="An open upload, and how much of it S3 holds",
    response={200: ProgressOut, ONE | AWS | {409}: Problem},
)
def get_upload(request: HttpRequest, upload_id: UUID) -> Any:
    upload = upload_of(request, upload_id)
    stored = uploads.progress(upload=upload, credentials=credentials_of(request))
    return OpenOut.model_validate(upload).model_dump() | {
        "stored_parts": len(stored),
        "stored_bytes": sum(part.size for part in stored),
        "stored_ranges": parts.runs(part.number for part in stored),
    }


@router.get(
    "/uploads/{uuid:upload_id}/parts",
    operation_id="sign_parts",
    summary="Sign the next parts, and see which S3 holds",
    response={200: WindowOut, ONE | AWS | {409}: Problem},
)
def sign_parts(
    request: HttpRequest,
    upload_id: UUID,
    first: Annotated[int, Query(alias="from")] = 1,
    sha256: Annotated[list[Sha256], Query(max_length=MAX_HASHES)] = [],  # noqa: B006 - ninja copies it
    fresh: bool = False,
    spread: bool = False,
) -> Any:
    """For an upload that started with hashes, `sha256` (repeated) names those of the parts to sign.

    `fresh` says that none of these parts was sent before: then S3 is not asked which it holds. `spread`
    allows addresses of each of S3's host names in turn.
    """
    upload = upload_of(request, upload_id)
    credentials = credentials_of(request)
    window = uploads.window(
        upload=upload,
        credentials=credentials,
        first=first,
        hashes=sha256,
        fresh=fresh,
        spread=spread,
    )
    return _window(window)


@router.post(
    "/uploads/{uuid:upload_id}/complete",
    operation_id="complete_upload",
    summary="Complete an upload",
    response={201: CompletedOut, ONE | AWS | {409}: Problem},
)
def complete_upload(
    request: HttpRequest, upload_id: UUID, data: CompleteIn | None = None
) -> Status[File]:
    """The file, once all parts are in S3. Asking again gives the same file."""
    upload = upload_of(request, upload_id)
    named = data.parts if data else None
    claims = None if named is None else [Claim(one.number, one.etag, one.sha256) for one in named]
    credentials = credentials_of(request)
    file = uploads.complete(upload=upload, credentials=credentials, claims=claims)
    mine = File.objects.filter(owner=upload.owner_id)
    return Status(201, get_object_or_404(mine.with_same_as(), pk=file.pk))


@router.delete(
    "/uploads/{uuid:upload_id}",
    operation_id="abort_upload",
    summary="Abort an upload",
    response={204: None, ONE | AWS | {409}: Problem},
)
def abort_upload(request: HttpRequest, upload_id: UUID) -> Status[None]:
    """Here and in S3."""
    uploads.abort(upload=upload_of(request, upload_id), credentials=credentials_of(request))
    return Status(204, None)


def _asked(request: HttpRequest, one: StartIn) -> Asked:
    """Raises TooLarge, Malformed, and Refused to whoever may add files, but would end one by it."""
    if one.on_conflict == Upload.OnConflict.REPLACE:
        permitted(request, "change_file")
    return one.asked()


def _asked_or_fault(request: HttpRequest, one: StartIn | Fault) -> Asked | Fault:
    if isinstance(one, Fault):
        return one
    try:
        return _asked(request, one)
    except Fault as fault:
        return fault


def _results(request: HttpRequest, name: str, outcomes: Sequence[object]) -> list[dict[str, Any]]:
    faults = Counter(type(one).__name__ for one in outcomes if isinstance(one, Fault))
    if faults:
        about = {"reference": problems.reference(request), "faults": dict(faults)}
        logger.warning("faults in a batch", extra=about)
    return [
        {"status": one.status, name: None, "problem": problems.of(request, one)}
        if isinstance(one, Fault)
        else {"status": 201, name: one, "problem": None}
        for one in outcomes
    ]


def _started(upload: Upload, window: Window) -> dict[str, Any]:
    about = {"id": upload.pk, "multipart": bool(upload.multipart_id), "checksums": upload.checksums}
    sizes = {"part_size": upload.part_size, "part_count": upload.part_count}
    return about | sizes | _window(window)


def _window(window: Window) -> dict[str, Any]:
    return {"parts": [_part(one) for one in window.parts], "expires_at": window.expires_at}


def _part(part: WindowPart) -> dict[str, Any]:
    sent = {"url": part.signed.url, "headers": part.signed.headers}
    return {"number": part.number, "size": part.size, "stored": part.stored, "etag": part.etag, **sent}
