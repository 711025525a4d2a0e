"""Files that go to S3 through this process: the form without JavaScript."""

from boto3.s3.transfer import TransferConfig
from django.conf import settings
from storages.backends.s3 import S3Storage

from accounts.credentials import Credentials
from files import s3
from files.parts import MAX_PARTS, MIB

PART = 8 * MIB
# Two parts on their way and one being read: 24 MiB, whatever the file's size.
STREAM = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, max_concurrency=2)
STREAM.max_in_memory_upload_chunks = 3  # 10 unless told; boto3's constructor does not pass it on


def part_size(size: int) -> int:
    """Of the parts that boto3 cuts a file of this size into: larger ones where there are too many."""
    chosen = PART
    while -(-size // chosen) > MAX_PARTS:
        chosen *= 2
    return chosen


class FormStorage(S3Storage):  # type: ignore[misc]  # django-storages has no types
    """django-storages' S3 for one file of one person: it caches its connection, so it is never shared.

    Every setting that decides who calls, or where, is given here; the library would look for what is
    left out in Django's settings and in the environment of this process.
    """

    def __init__(self, credentials: Credentials, *, content_type: str, path: str) -> None:
        super().__init__(
            access_key=credentials.access_key,
            secret_key=credentials.secret_key,
            security_token=credentials.session_token,
            session_profile=None,
            bucket_name=settings.FILES_BUCKET,
            region_name=settings.AWS_REGION,
            endpoint_url=settings.S3_ENDPOINT_URL or None,
            location="",
            client_config=s3.config(),
            transfer_config=STREAM,
            querystring_auth=False,
            custom_domain=None,
            default_acl=None,
            gzip=False,
            file_overwrite=True,  # the key is new: no HEAD to find another
            object_parameters={
                "ContentType": content_type,
                "Metadata": {"path": path},
                "ChecksumAlgorithm": "SHA256",
            },
        )

    def close(self) -> None:
        self.connection.meta.client.close()

    def __reduce__(self) -> str:
        raise TypeError("a storage holds credentials: it is not pickled")
