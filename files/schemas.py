"""What the files API takes and gives. Bodies with unknown fields are refused: a typing error is told."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
    WrapValidator,
)

from files.batches import MOST
from files.drafts import Asked
from files.faults import Malformed
from files.models import Upload
from files.parts import plan
from files.paths import PATH_CHARACTERS
from files.windows import MAX_HASHES

Bytes = Annotated[int, Field(strict=True, ge=0)]
Number = Annotated[int, Field(strict=True, ge=1)]
Sha256 = Annotated[str, Field(max_length=64, description="32 bytes in base64.")]
Text = Annotated[str, Field(max_length=10 * PATH_CHARACTERS)]


def _unique(ids: list[UUID]) -> list[UUID]:
    if len(ids) != len(set(ids)):
        raise ValueError("An id is named twice.")
    return ids


def _text(value: object) -> object:
    """Half a character, which JavaScript's strings may hold, is in nobody's path, and no mistake."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return ""
    return value


class In(BaseModel, extra="forbid"):
    """Not ninja's Schema, here and below: it reads each field by itself, twenty times slower."""


class Out(BaseModel, from_attributes=True):
    """Made of a dict or of whatever has these attributes."""


class Problem(Out):
    """RFC 9457, sent as application/problem+json."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    reference: str = Field(description="To find this failure in the site’s log.")
    errors: dict[str, str] = Field({}, description="What is wrong, by field of the request.")


ASKING = frozenset({401, 403, 422})  # what any call may answer, and what more when it is about …
ONE = ASKING | {404}
AWS = frozenset({502, 503})


class StartIn(In):
    path: Text = Field(description="“folder/name.txt”; white space at either end of a name is dropped.")
    size: Bytes
    content_type: Annotated[str, Field(max_length=255)] = ""
    on_conflict: Upload.OnConflict = Field(
        Upload.OnConflict.RENAME,
        description="“replace”, for those who may change files, ends the file that is there now. If "
        "another one is there when the upload is complete, that one stays, and this one is numbered.",
    )
    part_size: Bytes | None = Field(
        None, description="Bytes of each part but the last: 5 MiB to 5 GiB, and at most 10,000 parts."
    )
    part_sha256: list[Sha256] = Field(
        [],
        max_length=MAX_HASHES,
        description="Of the first parts: as many are signed, and every part must then have one.",
    )
    sha256: Sha256 = Field("", description="Of the whole file; S3 checks it if it is one part.")
    last_modified: Annotated[int, Field(strict=True, ge=-(2**53), le=2**53)] | None = Field(
        None, description="Of the file, in milliseconds since 1970: to know it again."
    )
    fingerprint: Annotated[str, Field(max_length=64, pattern=r"^[!-~]*$")] = Field(
        "", description="Of the content, however the client makes it: to know it again."
    )
    id: UUID | None = Field(
        None,
        description="A random one of your own: asked again with it, since an answer was lost, you get "
        "the same upload. Not among many.",
    )
    replaces: Annotated[str, Field(max_length=80)] = Field(
        "",
        description="The `etag` that “replace” may end, as `/files/known` tells it: a file of other "
        "content stays, and this one is numbered.",
    )
    spread: Annotated[bool, Field(strict=True)] = Field(
        False,
        description="Addresses may have any of S3’s host names: browsers open few connections to each.",
    )

    def asked(self) -> Asked:
        """Raises TooLarge or Malformed."""
        about = self.model_dump(exclude={"sha256", "part_sha256"})
        return Asked(**about, hashes=self._hashes())

    def _hashes(self) -> list[str]:
        """The hash of the whole file is that of its only part; of several, S3 checks each part's."""
        if not self.sha256 or plan(self.size, self.part_size).multipart:
            return self.part_sha256
        if self.part_sha256 not in ([], [self.sha256]):
            raise Malformed.of("sha256", "The file is one part, but its hash is not that part’s.")
        return [self.sha256]


def _refused(value: object, parse: Callable[[object], StartIn]) -> StartIn | Malformed:
    try:
        return parse(value)
    except ValidationError as error:
        fields = {".".join(map(str, one["loc"])): str(one["msg"]) for one in error.errors()}
        return Malformed(errors=fields)


class BatchIn(In):
    # What is wrong with one is its own result.
    uploads: Annotated[
        list[Annotated[StartIn, WrapValidator(_refused)]],
        Field(min_length=1, max_length=MOST, description="Each of one part."),
    ]


class PartOut(Out):
    number: int
    # Whoever sends this acts as the person: it is in no repr.
    url: str = Field(repr=False, description="PUT the bytes here. The signature covers Content-Length.")
    headers: dict[str, str] = Field(repr=False, description="To send exactly so.")
    size: int
    stored: bool = Field(description="S3 holds this part already.")
    etag: str | None


class WindowOut(Out):
    parts: list[PartOut]
    expires_at: datetime = Field(description="When the URLs stop working.")


class StartOut(WindowOut):
    id: UUID
    part_size: int
    part_count: int
    multipart: bool
    checksums: bool


class StartedOut(Out):
    status: int = Field(description="201, or the problem’s.")
    upload: StartOut | None
    problem: Problem | None


class BatchOut(Out):
    results: list[StartedOut] = Field(description="In the order asked.")


class OpenOut(Out):
    id: UUID
    path: str
    name: str
    folder: str
    size: int
    part_size: int
    part_count: int
    content_type: str
    checksums: bool = Field(description="Every part was signed, and is to be signed, with its SHA-256.")
    on_conflict: Upload.OnConflict
    last_modified: int | None
    fingerprint: str
    created_at: datetime


class OpenListOut(Out):
    items: list[OpenOut]


class ProgressOut(OpenOut):
    stored_parts: int = Field(description="That S3 holds.")
    stored_bytes: int
    stored_ranges: list[tuple[int, int]] = Field(description="The first and last numbers of each run.")


class ClaimIn(In):
    number: Number
    etag: Annotated[str, Field(min_length=1, max_length=100)]
    sha256: Sha256 = ""


class CompleteIn(In):
    parts: Annotated[list[ClaimIn], Field(max_length=10_000)] | None = None


class IdsIn(In):
    ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST), AfterValidator(_unique)]


class FileOut(Out):
    id: UUID
    name: str
    folder: str = Field(description="Empty, or ends with a slash.")
    path: str
    size: int
    content_type: str
    sha256: str = Field(description="Base64; “…-N” is the hash of the hashes of N parts.")
    part_size: int | None = Field(description="Of those N parts; the last may be smaller.")
    created_at: datetime
    modified_at: datetime


class CompletedOut(FileOut):
    same_as: str | None = Field(description="The path of another file of yours with the same content.")


class FinishedOut(Out):
    status: int = Field(description="201, or the problem’s.")
    file: CompletedOut | None
    problem: Problem | None


class FinishedListOut(Out):
    results: list[FinishedOut] = Field(description="In the order asked.")


class KnownIn(In):
    paths: Annotated[list[Annotated[str, BeforeValidator(_text)]], Field(max_length=1_000)]


class KnownOut(Out):
    path: str = Field(description="As it was asked.")
    id: UUID
    size: int
    sha256: str
    part_size: int | None
    etag: str = Field(description="Of the content: to say what may be replaced.")


class KnownListOut(Out):
    items: list[KnownOut]


class FolderOut(Out):
    name: str
    folder: str
    count: int = Field(description="Of all files in and below it.")


class ListOut(Out):
    items: list[FileOut]
    folders: list[FolderOut] = Field(description="On a folder’s first page.")
    next: str | None = Field(description="The cursor of the next page.")


class MoveIn(In):
    path: Text
