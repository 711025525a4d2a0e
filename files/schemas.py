"""What the files API takes and gives. Bodies with unknown fields are refused: a typing error is told."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from ninja import Schema
from pydantic import Field

from files.models import Upload
from files.paths import PATH_CHARACTERS
from files.windows import MAX_HASHES

Bytes = Annotated[int, Field(strict=True, ge=0)]
Number = Annotated[int, Field(strict=True, ge=1)]
Sha256 = Annotated[str, Field(max_length=64, description="32 bytes in base64.")]
Text = Annotated[str, Field(max_length=10 * PATH_CHARACTERS)]


class Problem(Schema):
    """RFC 9457, sent as application/problem+json."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    reference: str = Field(description="To find this failure in the site’s log.")
    errors: dict[str, str] = Field({}, description="What is wrong, by field of the request.")


class StartIn(Schema, extra="forbid"):
    path: Text = Field(description="“folder/name.txt”; white space at either end of a name is dropped.")
    size: Bytes
    content_type: Annotated[str, Field(max_length=255)] = ""
    on_conflict: Upload.OnConflict = Upload.OnConflict.RENAME
    part_size: Bytes | None = Field(
        None, description="Bytes of each part but the last: 5 MiB to 5 GiB, and at most 10,000 parts."
    )
    part_sha256: list[Sha256] = Field(
        [],
        max_length=MAX_HASHES,
        description="Of the first parts: as many are signed, and every part must then have one.",
    )
    sha256: Sha256 = Field("", description="Of the whole file; S3 checks it if it is one part.")


class PartOut(Schema):
    number: int
    url: str = Field(description="PUT the bytes here. The signature covers Content-Length.")
    headers: dict[str, str] = Field(description="To send exactly so.")
    size: int
    stored: bool = Field(description="S3 holds this part already.")
    etag: str | None


class WindowOut(Schema):
    parts: list[PartOut]
    expires_at: datetime = Field(description="When the URLs stop working.")


class StartOut(WindowOut):
    id: UUID
    part_size: int
    part_count: int
    multipart: bool
    checksums: bool


class ClaimIn(Schema, extra="forbid"):
    number: Number
    etag: Annotated[str, Field(min_length=1, max_length=100)]
    sha256: Sha256 = ""


class CompleteIn(Schema, extra="forbid"):
    parts: Annotated[list[ClaimIn], Field(max_length=10_000)] | None = None


class FileOut(Schema):
    id: UUID
    name: str
    folder: str = Field(description="Empty, or ends with a slash.")
    path: str
    size: int
    content_type: str
    sha256: str = Field(description="Base64; “…-N” is the hash of the hashes of N parts.")
    created_at: datetime
    modified_at: datetime


class FolderOut(Schema):
    name: str
    folder: str
    count: int = Field(description="Of all files in and below it.")


class ListOut(Schema):
    items: list[FileOut]
    folders: list[FolderOut] = Field(description="On a folder’s first page.")
    next: str | None = Field(description="The cursor of the next page.")


class MoveIn(Schema, extra="forbid"):
    path: Text
