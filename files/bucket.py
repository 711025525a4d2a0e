"""The whole bucket, as whoever runs the site: for its commands, never within a request.

With the operator's own AWS credentials, which boto3 finds in the shell, as for `provision`; the site
itself has none. They need s3:ListBucket, ListBucketMultipartUploads, ListMultipartUploadParts,
AbortMultipartUpload, GetObject and DeleteObject.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, NoCredentialsError
from django.conf import settings

from files import s3

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "users/"  # all that the site keeps; what else there is in the bucket is not its business
PATIENCE = Config(read_timeout=60, retries={"mode": "standard", "total_max_attempts": 5})


class Unusable(Exception):
    """What S3 did not do, in one line for whoever ran the command; no credentials in it."""


@dataclass(frozen=True)
class Begun:
    """A multipart upload that S3 keeps parts of."""

    key: str
    multipart_id: str
    begun_at: datetime


@dataclass(frozen=True)
class Lying:
    """An object. modified_at of one made of parts is when its upload was begun."""

    key: str
    modified_at: datetime


class Bucket:
    """Each call raises Unusable, and can be repeated: what is over or gone already is no error."""

    def __init__(self) -> None:
        with _told("open"):
            # A new session: boto3's default one would keep the credentials that it once found.
            session = boto3.Session(region_name=settings.AWS_REGION)
            self._s3: S3Client = session.client(
                "s3", endpoint_url=settings.S3_ENDPOINT_URL or None, config=s3.config().merge(PATIENCE)
            )

    def uploads(self) -> Iterator[list[Begun]]:
        """Every multipart upload that is not over, in pages of up to 1,000."""
        with _told("list uploads in"):
            pages = self._s3.get_paginator("list_multipart_uploads")
            for page in pages.paginate(Bucket=settings.FILES_BUCKET, Prefix=PREFIX):
                found = page.get("Uploads", ())
                yield [Begun(one["Key"], one["UploadId"], one["Initiated"]) for one in found]

    def objects(self) -> Iterator[list[Lying]]:
        """Every object, in pages of up to 1,000."""
        with _told("list objects in"):
            pages = self._s3.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=settings.FILES_BUCKET, Prefix=PREFIX):
                yield [Lying(one["Key"], one["LastModified"]) for one in page.get("Contents", ())]

    def has(self, key: str) -> bool:
        """Whether there is such an object. Who may list the bucket is told 404, not 403, if not."""
        with _told("look into"):
            try:
                self._s3.head_object(Bucket=settings.FILES_BUCKET, Key=key)
            except ClientError as error:
                if error.response["Error"]["Code"] in {"404", "NoSuchKey"}:
                    return False
                raise
        return True

    def sent_since(self, key: str, multipart_id: str, moment: datetime) -> bool:
        """Whether a part of this upload has arrived since then."""
        with _told("list parts in"):
            pages = self._s3.get_paginator("list_parts")
            try:
                return any(
                    part["LastModified"] >= moment
                    for page in pages.paginate(
                        Bucket=settings.FILES_BUCKET, Key=key, UploadId=multipart_id
                    )
                    for part in page.get("Parts", ())
                )
            except self._s3.exceptions.NoSuchUpload:
                return False

    def abort(self, key: str, multipart_id: str) -> None:
        with _told("abort an upload in"):
            try:
                self._s3.abort_multipart_upload(
                    Bucket=settings.FILES_BUCKET, Key=key, UploadId=multipart_id
                )
            except self._s3.exceptions.NoSuchUpload:
                return

    def delete(self, key: str) -> None:
        with _told("delete from"):
            self._s3.delete_object(Bucket=settings.FILES_BUCKET, Key=key)


@contextmanager
def _told(what: str) -> Iterator[None]:
    where = settings.S3_ENDPOINT_URL or f"S3 in {settings.AWS_REGION}"
    try:
        yield
    except NoCredentialsError:
        raise Unusable(
            "no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and its secret"
        ) from None
    except EndpointConnectionError:
        raise Unusable(f"{where} does not answer") from None
    except ClientError as error:
        code = error.response["Error"].get("Code", "?")
        raise Unusable(
            f"{where} refused to {what} the bucket {settings.FILES_BUCKET} ({code})"
        ) from None
    except BotoCoreError as error:
        raise Unusable(f"{where}: {type(error).__name__}") from None
