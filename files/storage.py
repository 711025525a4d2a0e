"""S3, as one person: the only module of files/ that knows it.

Every call is signed with that person's temporary credentials, so that IAM decides; this process has
none of its own. Vendor errors end here as accounts.faults.Fault; no credential, URL or file name is
logged or put into an exception.
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.core.files.base import File

from accounts.credentials import Credentials, drop
from accounts.faults import Refused, Unavailable
from files import s3
from files.disposition import content_disposition, inline_type
from files.s3 import BadParts, BucketMissing, CredentialsEnded, NoObject, UploadOver, translated
from files.signing import Signer
from files.streaming import FormStorage
from files.streaming import part_size as streamed_part

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

__all__ = [
    "BadParts",
    "BucketMissing",
    "Part",
    "Prefix",
    "Signed",
    "Stored",
    "UploadOver",
    "check_bucket",
    "streamed_part",
]

URL_LIFE = timedelta(hours=1)
LIST_PAGE = 1_000  # the most that S3 lists, or deletes, at once
LAST = chr(0x10FFFF)  # after every key


@dataclass(frozen=True)
class Signed:
    """A presigned request: whoever sends it acts as the person, so it is never logged.

    headers: to send exactly so; Content-Length and Host are signed too, and sent by any client.
    """

    url: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class Part:
    """A part that S3 holds. etag comes with its quotes; sha256 is base64, "" when S3 has none."""

    number: int
    size: int
    etag: str
    sha256: str = ""


@dataclass(frozen=True)
class Stored:
    """An object that S3 holds."""

    size: int
    etag: str
    sha256: str


class Prefix:
    """One person's prefix of the bucket, opened with their credentials. Made per request, never shared.

    A context manager: leaving it closes its connections. Credentials that S3 takes no more are dropped,
    so that the next request gets others.
    """

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        # As IAM's condition on s3:prefix has it: users/<identity id>/*
        self._start = f"users/{credentials.identity_id}/"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if "_s3" in vars(self):
            self._s3.close()
        if isinstance(error, CredentialsEnded):
            drop(self._credentials)

    def __reduce__(self) -> str:
        raise TypeError("an opened prefix holds credentials: it is not pickled")

    @cached_property
    def _s3(self) -> "S3Client":
        """Made by the first call: to sign, none is needed."""
        return s3.client(self._credentials)

    @cached_property
    def _signers(self) -> list[Signer]:
        """One for each host name of the bucket."""
        with translated("sign"):
            return [
                Signer(self._credentials, region=settings.AWS_REGION, bucket_url=url)
                for url in s3.bucket_urls()
            ]

    @property
    def expires_at(self) -> datetime:
        """When URLs signed now stop working: after an hour, or with the credentials."""
        return self._end(datetime.now(UTC))

    # --- Uploading --------------------------------------------------------------------------------

    def create_multipart(self, key: str, *, content_type: str, path: str, checksums: bool) -> str:
        """S3's id for a new multipart upload. path: percent-encoded, kept as metadata."""
        more: dict[str, Any] = {"ChecksumAlgorithm": "SHA256"} if checksums else {}
        with translated("create"):
            answer = self._s3.create_multipart_upload(
                **_at(key), ContentType=content_type, Metadata={"path": path}, **more
            )
            return answer["UploadId"]

    def sign_put(
        self, key: str, *, size: int, content_type: str, path: str, sha256: str, host: int = 0
    ) -> Signed:
        """One PUT of the whole object, of this size and hash, which cannot overwrite anything.

        host: the bucket's host names are taken in turn; 0 is its first.
        """
        headers = {"content-type": content_type, "if-none-match": "*", "x-amz-meta-path": path}
        return self._sign(key, size, sha256, query={}, headers=headers, host=host)

    def sign_part(
        self, key: str, multipart_id: str, number: int, *, size: int, sha256: str, host: int = 0
    ) -> Signed:
        """The PUT of one part, of this size and (unless it is "") this hash. host: as above."""
        query = {"uploadId": multipart_id, "partNumber": str(number)}
        return self._sign(key, size, sha256, query=query, headers={}, host=host)

    def list_parts(self, key: str, multipart_id: str, *, after: int = 0, limit: int = 0) -> list[Part]:
        """The parts that S3 holds, by number: all of them, or the first `limit` after one."""
        found: list[Part] = []
        with translated("list parts"):
            while True:
                answer = self._s3.list_parts(
                    **_at(key),
                    UploadId=multipart_id,
                    PartNumberMarker=after,
                    MaxParts=min(limit or LIST_PAGE, LIST_PAGE),
                )
                found += [_part(one) for one in answer.get("Parts", ())]
                if limit or not answer.get("IsTruncated") or not answer.get("Parts"):
                    return found
                after = found[-1].number

    def complete_multipart(self, key: str, multipart_id: str, parts: list[Part]) -> None:
        """Make the object of these parts. Raises UploadOver and BadParts beside the usual faults."""
        listed: list[Any] = [
            {"PartNumber": part.number, "ETag": part.etag}
            | ({"ChecksumSHA256": part.sha256} if part.sha256 else {})
            for part in parts
        ]
        with translated("complete"):
            self._s3.complete_multipart_upload(
                **_at(key), UploadId=multipart_id, MultipartUpload={"Parts": listed}
            )

    def abort_multipart(self, key: str, multipart_id: str) -> None:
        """Drop the upload and its parts; one that is over already is no error."""
        try:
            with translated("abort"):
                self._s3.abort_multipart_upload(**_at(key), UploadId=multipart_id)
        except UploadOver:
            return

    def put_stream(self, key: str, content: "File[bytes]", *, content_type: str, path: str) -> None:
        """Send a file through this process, with bounded memory (the form without JavaScript)."""
        storage = FormStorage(self._credentials, content_type=content_type, path=path)
        with translated("put"), closing(storage):
            storage.save(key, content)

    # --- What is there ----------------------------------------------------------------------------

    def head(self, key: str) -> Stored | None:
        """The object, or None. AWS answers 403 for a missing one: ListBucket is for listings only."""
        try:
            with translated("head", expected={"403", "404"}):
                answer = self._s3.head_object(**_at(key), ChecksumMode="ENABLED")
                sha256 = answer.get("ChecksumSHA256", "")
                return Stored(answer["ContentLength"], answer["ETag"], sha256)
        except (NoObject, Refused):
            return None

    def found(self, hashes: Mapping[str, str]) -> dict[str, Stored]:
        """Those of the keys that S3 holds: one listing if they are close together, as new keys are.

        hashes: by key, the SHA-256 that its PUT was signed with, or "". A listing tells which objects
        have one; of one that should and has none, as elsewhere than on AWS, a HEAD tells what it has.
        Never more listings than keys, however much lies between: a HEAD each for those that are left.
        """
        told: dict[str, Stored | None] = {}
        left, after = sorted(hashes), ""
        for _ in hashes:
            after = max(after, left[0][:-1])  # just before the first
            with translated("list"):
                # No more than are likely to be asked for: to read a page costs what is on it.
                answer = self._list(min(2 * len(left), LIST_PAGE), StartAfter=after)
                page = answer.get("Contents", [])
                ours = [one for one in page if one["Key"] in hashes]
                told |= {one["Key"]: _listed(one, hashes[one["Key"]]) for one in ours}
                after = page[-1]["Key"] if page and answer.get("IsTruncated") else LAST
            left = [key for key in left if key > after]
            if not left:
                break
        unsure = [*left, *(key for key, stored in told.items() if stored is None)]
        told |= {key: self.head(key) for key in unsure}
        return {key: stored for key in hashes if (stored := told.get(key))}

    def delete(self, key: str) -> None:
        """Delete the object; one that is not there is no error."""
        with translated("delete"):
            self._s3.delete_object(**_at(key))

    def keys(self) -> list[str]:
        """The keys of what lies in the prefix, in order: the first 1,000 of them."""
        with translated("list"):
            return [one["Key"] for one in self._list(LIST_PAGE).get("Contents", ())]

    def _list(self, limit: int, **more: Any) -> Any:
        bucket = settings.FILES_BUCKET
        return self._s3.list_objects_v2(Bucket=bucket, Prefix=self._start, MaxKeys=limit, **more)

    def delete_all(self, keys: list[str]) -> None:
        """Delete up to 1,000 objects in one call; a Fault when one of them stays."""
        listed: Any = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
        with translated("delete all"):
            s3.check_each(self._s3.delete_objects(Bucket=settings.FILES_BUCKET, Delete=listed))

    def sign_get(self, key: str, *, name: str, content_type: str, inline: bool) -> str:
        """The URL of a download that is saved under this name, or shown if its type is harmless."""
        shown = inline_type(content_type) if inline else None
        query = {
            "response-content-disposition": content_disposition(name, inline=shown is not None),
            "response-content-type": shown or content_type,
        }
        return self._presign("GET", key, query=query, headers={})

    # --- Signing ----------------------------------------------------------------------------------

    def _sign(
        self,
        key: str,
        size: int,
        sha256: str,
        *,
        query: dict[str, str],
        headers: dict[str, str],
        host: int,
    ) -> Signed:
        """A PUT. Its length is signed as well, and sent by any client: not one to be told."""
        if sha256:
            headers["x-amz-checksum-sha256"] = sha256
        signed = {"content-length": str(size), **headers}
        return Signed(self._presign("PUT", key, query=query, headers=signed, host=host), headers)

    def _presign(
        self, method: str, key: str, *, query: dict[str, str], headers: dict[str, str], host: int = 0
    ) -> str:
        now = datetime.now(UTC)
        life = int((self._end(now) - now).total_seconds())
        if life < 1:
            raise Unavailable
        signer = self._signers[host % len(self._signers)]
        return signer.presign(method, key, now=now, life=life, query=query, headers=headers)

    def _end(self, now: datetime) -> datetime:
        return min(now + URL_LIFE, self._credentials.expires_at)


def check_bucket() -> None:
    """Whether the bucket is there, asked without credentials (the site has none): 403 is a yes.

    Raises BucketMissing, or another Fault when nobody can tell.
    """
    try:
        with translated("head bucket", expected={"403"}):
            s3.anonymous().head_bucket(Bucket=settings.FILES_BUCKET)
    except Refused:
        return
    except NoObject:
        raise BucketMissing from None


def _at(key: str) -> dict[str, Any]:
    return {"Bucket": settings.FILES_BUCKET, "Key": key}


def _listed(answer: Any, sha256: str) -> Stored | None:
    """An object of a listing, signed with this hash; None when S3 has not compared it."""
    if sha256 and "SHA256" not in answer.get("ChecksumAlgorithm", ()):
        return None
    return Stored(answer["Size"], answer["ETag"], sha256)


def _part(answer: Any) -> Part:
    return Part(answer["PartNumber"], answer["Size"], answer["ETag"], answer.get("ChecksumSHA256", ""))
