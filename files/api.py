"""The files API. Each operation: who may, whose it is, one call, the answer.

Failures are faults, which config.errors makes problem documents of.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from accounts.sessions import credentials_of
from files import downloads, listing, uploads
from files.access import file_of, permitted
from files.models import File
from files.schemas import (
    ASKING,
    AWS,
    ONE,
    FileOut,
    KnownIn,
    KnownListOut,
    ListOut,
    MoveIn,
    Problem,
)

router = Router(tags=["files"])


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
    owner = permitted(request, "view_file")
    wish = listing.Wish.of(folder=folder, query=q, sort=sort, cursor=cursor, limit=limit)
    page = listing.look(owner, wish)
    return {"items": page.files, "folders": page.folders, "next": page.next or None}


@router.post(
    "/files/known",
    operation_id="find_known_files",
    summary="Find which of many paths are taken",
    response={200: KnownListOut, ASKING: Problem},
)
def find_known_files(request: HttpRequest, data: KnownIn) -> Any:
    """Those of the paths that files of yours have, each as it was asked; the others are free."""
    owner = permitted(request, "view_file")
    return {"items": [_known(path, file) for path, file in listing.known(owner, data.paths)]}


@router.get(
    "/files/{uuid:file_id}",
    operation_id="get_file",
    summary="A file's metadata",
    response={200: FileOut, ONE: Problem},
)
def get_file(request: HttpRequest, file_id: UUID) -> File:
    return file_of(request, file_id, "view_file")


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
    file = file_of(request, file_id, "view_file")
    return downloads.redirect(file=file, credentials=credentials_of(request), disposition=disposition)


@router.patch(
    "/files/{uuid:file_id}",
    operation_id="move_file",
    summary="Rename or move a file",
    response={200: FileOut, ONE | {409}: Problem},
)
def move_file(request: HttpRequest, file_id: UUID, data: MoveIn) -> File:
    return uploads.move(file=file_of(request, file_id, "change_file"), path=data.path)


@router.delete(
    "/files/{uuid:file_id}",
    operation_id="delete_file",
    summary="Delete a file",
    response={204: None, ONE | AWS: Problem},
)
def delete_file(request: HttpRequest, file_id: UUID) -> Status[None]:
    file = file_of(request, file_id, "delete_file")
    uploads.delete(file=file, credentials=credentials_of(request))
    return Status(204, None)


def _known(path: str, file: File) -> dict[str, Any]:
    content = {name: getattr(file, name) for name in ("size", "sha256", "part_size", "etag")}
    return {"path": path, "id": file.pk, **content}
