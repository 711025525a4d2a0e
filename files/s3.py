"""S3 clients that carry one person's credentials, and S3's errors in the site's own words."""

import logging
import threading
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from functools import cache as once
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from boto3.exceptions import Boto3Error
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.utils import parse_timestamp
from django.conf import settings

from accounts.credentials import Credentials
from accounts.faults import Fault, Refused, Unavailable
from files.faults import Conflict

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

logger = logging.getLogger(__name__)

CONNECT_TIMEOUT = 3.05  # seconds; just over one TCP retransmission
# Seconds without a byte. Completing a large upload takes longer, but S3 sends blanks meanwhile.
READ_TIMEOUT = 15.0
ATTEMPTS = 2


class UploadOver(Conflict):
    """S3 knows no such multipart upload: complete, aborted, or swept away."""

    title = "This upload is over"
    detail = "It was completed, cancelled, or left for too long. Start it again."


class BadParts(Conflict):
    """S3 will not put these parts together."""

    title = "The parts do not fit together"
    detail = (
        "S3 does not hold the parts that this file is made of: one is missing, was replaced, or is "
        "smaller than 5 MiB. Send the file again."
    )


class NoObject(Fault):
    """There is no object at this key (a HEAD does not tell it from a missing bucket)."""

    status = 404
    title = "There is nothing here"
    detail = "S3 does not hold this file."
    retry_after = None


class CredentialsEnded(Unavailable):
    """S3 takes these credentials no more, though they should hold: others will do."""


class BucketMissing(Fault):
    title = "The storage is missing"
    detail = "The bucket that files are kept in is not there. Please tell an administrator."
    retry_after = None


# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_FAULTS: dict[str, type[Fault]] = {
    "NoSuchUpload": UploadOver,
    "InvalidPart": BadParts,
    "InvalidPartOrder": BadParts,
    "EntityTooSmall": BadParts,
    "NoSuchKey": NoObject,
    "404": NoObject,
    "NoSuchBucket": BucketMissing,
    "AccessDenied": Refused,
    "403": Refused,
    "ExpiredToken": CredentialsEnded,
    "InvalidToken": CredentialsEnded,
    "InvalidAccessKeyId": CredentialsEnded,
    "400": CredentialsEnded,  # to a HEAD, which is answered without a code
    # Clocks apart, or a role just changed: it passes.
    "SignatureDoesNotMatch": Unavailable,
    "RequestTimeTooSkewed": Unavailable,
    "SlowDown": Unavailable,
    "RequestTimeout": Unavailable,
    "OperationAborted": Unavailable,
}
_SERVER_ERROR = 500


@contextmanager
def translated(call: str, *, expected: Collection[str] = ()) -> Iterator[None]:
    """Whatever boto3 raises inside becomes a Fault, logged under this name without its message.

    expected: error codes that are an answer to this call, and no news.
    """
    try:
        yield
    except ClientError as error:
        raise _fault(call, error, expected) from None
    except (BotoCoreError, Boto3Error, KeyError, ValueError, TypeError, RecursionError) as error:
        # KeyError: an answer that lacks what S3's has, so it is not S3's. ValueError, TypeError: a date
        # or a length in it is none. RecursionError: to a redirect botocore reacts by asking for the
        # bucket's region; where all is redirected (to a proxy's sign-in page, say), that question is
        # too, without end.
        logger.warning("s3 unreachable", extra={"call": call, "error": type(error).__name__})
        raise Unavailable("The storage is not answering. Please try again in a moment.") from None


def check_each(answer: Any) -> None:
    """DeleteObjects answers 200 whatever comes of each object: the first refusal, as if of one call."""
    for refusal in answer.get("Errors", ()):
        raise ClientError({"Error": refusal}, "DeleteObjects")


def client(credentials: Credentials) -> "S3Client":
    """A client of this person's own (4 ms). All three keys are given: none comes from elsewhere."""
    return _make(
        aws_access_key_id=credentials.access_key,
        aws_secret_access_key=credentials.secret_key,
        aws_session_token=credentials.session_token,
        config=config(),
    )


@once
def anonymous() -> "S3Client":
    """One for the process, since it carries nobody's credentials."""
    return _make(config=config().merge(Config(signature_version=UNSIGNED)))


def bucket_urls() -> list[str]:
    """Where the bucket's keys begin, as botocore resolves it: there is one truth about hosts.

    The second, if there is one, has another host name of the same S3.
    """
    endpoints = [settings.S3_ENDPOINT_URL]
    if settings.S3_SECOND_ENDPOINT_URL != "off":
        endpoints.append(settings.S3_SECOND_ENDPOINT_URL)
    place = (settings.AWS_REGION, settings.S3_ADDRESSING_STYLE)
    return [_bucket_url(settings.FILES_BUCKET, endpoint, place) for endpoint in endpoints]


@lru_cache(maxsize=16)
def _bucket_url(bucket: str, endpoint: str, place: tuple[str, str]) -> str:  # noqa: ARG001 - a key of the cache
    anonymous = config().merge(Config(signature_version=UNSIGNED))
    with closing(_make(endpoint, config=anonymous)) as unsigned:
        url = unsigned.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "x"})
    return url.removesuffix("x")


def config() -> Config:
    style: Any = settings.S3_ADDRESSING_STYLE
    return Config(
        signature_version="s3v4",
        # The Content-Security-Policy names the region's own host, not the global one.
        s3={"addressing_style": style, "us_east_1_regional_endpoint": "regional"},
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        # Settings decide, not what else the environment says.
        ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]  # missing in the stubs
        # By default botocore adds a CRC to presigned requests, which the browser would have to send.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


_making = threading.Lock()  # a botocore session is not safe to make clients from in parallel


@once
def _session() -> botocore.session.Session:
    """Warm, and nobody's: it keeps the parsed service models (60 ms), never a credential."""
    made = botocore.session.Session()
    made.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_moment)
    return made


def _moment(text: str) -> datetime:
    """Listings have ISO 8601; botocore's own, for every form, would be half the cost of reading one."""
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return parse_timestamp(text)


def _make(endpoint: str | None = None, **how: Any) -> "S3Client":
    """endpoint: another than the site's own calls go to."""
    with _making:
        made = _session().create_client(
            "s3",
            region_name=settings.AWS_REGION,
            endpoint_url=(settings.S3_ENDPOINT_URL if endpoint is None else endpoint) or None,
            **how,
        )
    return cast("S3Client", made)


def _fault(call: str, error: ClientError, expected: Collection[str]) -> Fault:
    answer: dict[str, Any] = dict(error.response)
    code = str(answer.get("Error", {}).get("Code", ""))[:64]
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    level = logging.DEBUG if code in expected else logging.WARNING
    logger.log(level, "s3 refused", extra={"call": call, "code": code, "status": status})
    if code in _FAULTS:
        return _FAULTS[code]()
    return Unavailable() if status >= _SERVER_ERROR else Fault()
