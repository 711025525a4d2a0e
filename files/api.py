"""The files API. Each operation: who may, whose it is, one call, the answer.

Failures are faults, which config.errors makes problem documents of.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Status

from accounts.faults import Refused
from accounts.models import User
from accounts.sessions import credentials_of
from files import downloads, listing, uploads
from files.assembly import Claim
from files.faults import Malformed
from files.models import File, Upload
from files.parts import plan
from files.schemas import (
    CompleteIn,
    FileOut,
    ListOut,
    MoveIn,
    PartOut,
    Problem,
    Sha256,
    StartIn,
    StartOut,
    WindowOut,
)
from files.windows import MAX_HASHES, Window

router = Router(tags=["files"])

ASKING = frozenset({401, 403, 422})  # what any call may answer, and what more when it is about …
ONE = ASKING | {404}
AWS = frozenset({502, 503})


@router.post(
    "/uploads",
    operation_id="start_upload",
    summary="Start an upload",
    response={201: StartOut, ASKING | AWS | {409, 413}: Problem},
)
def start_upload(request: HttpRequest, data: StartIn) -> Status[Any]:
    """Answers with presigned URLs for the first parts: PUT them to S3 in parallel, then complete."""
    owner = _permitted(request, "add_file")
    upload, window = uploads.start(
        owner=owner,
        credentials=credentials_of(request),
        path=data.path,
        size=data.size,
        content_type=data.content_type,
        on_conflict=data.on_conflict,
        part_size=data.part_size,
        hashes=_hashes(data),
    )
    about = {"id": upload.pk, "multipart": bool(upload.multipart_id), "checksums": upload.checksums}
    sizes = {"part_size": upload.part_size, "part_count": upload.part_count}
    return Status(201, about | sizes | _window(window))


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
) -> Any:
    """For an upload that started with hashes, `sha256` (repeated) names those of the parts to sign."""
    upload = _upload(request, upload_id)
    credentials = credentials_of(request)
    return _window(uploads.window(upload=upload, credentials=credentials, first=first, hashes=sha256))


@router.post(
    "/uploads/{uuid:upload_id}/complete",
    operation_id="complete_upload",
    summary="Complete an upload",
    response={201: FileOut, ONE | AWS | {409}: Problem},
)
def complete_upload(
    request: HttpRequest, upload_id: UUID, data: CompleteIn | None = None
) -> Status[File]:
    """The file, once all parts are in S3. Asking again gives the same file."""
    upload = _upload(request, upload_id)
    named = data.parts if data else None
    claims = None if named is None else [Claim(one.number, one.etag, one.sha256) for one in named]
    credentials = credentials_of(request)
    return Status(201, uploads.complete(upload=upload, credentials=credentials, claims=claims))


@router.delete(
    "/uploads/{uuid:upload_id}",
    operation_id="abort_upload",
    summary="Abort an upload",
    response={204: None, ONE | AWS | {409}: Problem},
)
def abort_upload(request: HttpRequest, upload_id: UUID) -> Status[None]:
    """Here and in S3."""
    uploads.abort(upload=_upload(request, upload_id), credentials=credentials_of(request))
    return Status(204, None)


@router.get(
    "/files",
    operation_id="list_files",
    summary="List a folder, or search",
    response={200: ListOut, ASKING: Problem},
)
def list_files(
    request: HttpRequest,
    folder: str = "",
    q: str = "",
    sort: str = "name",
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = listing.PAGE,
) -> Any:
    """`q` finds names in the folder and below it. `sort`: name, size or modified; “-” reverses."""
    owner = _permitted(request, "view_file")
    wish = listing.Wish.of(folder=folder, query=q, sort=sort, cursor=cursor, limit=limit)
    page = listing.look(owner, wish)
    return {"items": page.files, "folders": page.folders, "next": page.next or None}


@router.get(
    "/files/{uuid:file_id}",
    operation_id="get_file",
    summary="A file's metadata",
    response={200: FileOut, ONE: Problem},
)
def get_file(request: HttpRequest, file_id: UUID) -> File:
    return _file(request, file_id, "view_file")


@router.get(
    "/files/{uuid:file_id}/content",
    operation_id="get_content",
    summary="A file's content",
    response={302: None, ONE | AWS: Problem},
)
def get_content(
    request: HttpRequest, file_id: UUID, disposition: Literal["attachment", "inline"] = "attachment"
) -> HttpResponse:
    """Redirects to S3, where Range works. `inline` shows what cannot run script; the rest is saved."""
    file = _file(request, file_id, "view_file")
    return downloads.redirect(file=file, credentials=credentials_of(request), disposition=disposition)


@router.patch(
    "/files/{uuid:file_id}",
    operation_id="move_file",
    summary="Rename or move a file",
    response={200: FileOut, ONE | {409}: Problem},
)
def move_file(request: HttpRequest, file_id: UUID, data: MoveIn) -> File:
    return uploads.move(file=_file(request, file_id, "change_file"), path=data.path)


@router.delete(
    "/files/{uuid:file_id}",
    operation_id="delete_file",
    summary="Delete a file",
    response={204: None, ONE | AWS: Problem},
)
def delete_file(request: HttpRequest, file_id: UUID) -> Status[None]:
    file = _file(request, file_id, "delete_file")
    uploads.delete(file=file, credentials=credentials_of(request))
    return Status(204, None)


def _permitted(request: HttpRequest, permission: str) -> User:
    user = request.user
    if not isinstance(user, User) or not user.has_perm(f"files.{permission}"):
        raise Refused
    return user


def _file(request: HttpRequest, pk: UUID, permission: str) -> File:
    return get_object_or_404(File.objects.owned_by(_permitted(request, permission)), pk=pk)


def _upload(request: HttpRequest, pk: UUID) -> Upload:
    mine = Upload.objects.owned_by(_permitted(request, "add_file"))
    return get_object_or_404(mine.select_related("owner", "file"), pk=pk)


def _hashes(data: StartIn) -> list[str]:
    """The hash of the whole file is the hash of its only part; of several, S3 checks each part's."""
    if not data.sha256 or plan(data.size, data.part_size).multipart:
        return data.part_sha256
    if data.part_sha256 not in ([], [data.sha256]):
        raise Malformed.of("sha256", "The file is one part, but its hash is another than the part's.")
    return [data.sha256]


def _window(window: Window) -> dict[str, Any]:
    parts = [
        PartOut(
            number=part.number,
            url=part.signed.url,
            headers=part.signed.headers,
            size=part.size,
            stored=part.stored,
            etag=part.etag,
        )
        for part in window.parts
    ]
    return {"parts": parts, "expires_at": window.expires_at}
