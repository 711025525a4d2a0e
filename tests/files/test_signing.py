"""Our presigned URLs, against boto3's: byte for byte."""

import base64
import pickle
from contextlib import closing
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import boto3
import pytest
from botocore.config import Config
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.credentials import Credentials
from files import paths, s3
from files.disposition import content_disposition
from files.signing import Signer

# Where: AWS in its partitions, the bucket in the host name or (dots, other endpoints) in the path.
PLACES = [
    ("strongbox", "us-east-1", "", "virtual"),
    ("strongbox", "eu-central-1", "", "virtual"),
    ("strongbox", "ap-southeast-2", "", "path"),
    ("strongbox", "us-gov-west-1", "", "virtual"),
    ("strongbox", "cn-north-1", "", "virtual"),
    ("my.strong.box", "eu-central-1", "", "virtual"),
    ("my.strong.box", "us-east-1", "", "path"),
    ("strongbox", "us-east-1", "http://localhost:4566", "path"),
    ("strongbox", "us-east-1", "http://127.0.0.1:80", "path"),
    ("strongbox", "us-east-1", "https://S3.example:443", "path"),
    ("strongbox", "us-east-1", "https://s3.example:8443", "path"),
    ("strongbox", "us-east-1", "http://[::1]:9000", "path"),
    ("my.strong.box", "eu-west-1", "https://storage.example", "path"),
]
ASCII = st.characters(min_codepoint=0x20, max_codepoint=0x7E)

places = st.sampled_from(PLACES)
keys = st.text(min_size=1).filter(lambda key: not key.startswith("/") and key.isprintable())
tokens = st.text("ABCDEFabcdef0123456789+/=", min_size=1)
moments = st.datetimes(datetime(2015, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001 - made UTC below
lives = st.integers(1, 604_800)
sizes = st.integers(0, 5 * 2**30)
hashes = st.binary(min_size=32, max_size=32).map(lambda raw: base64.b64encode(raw).decode())
# A header's value has no white space at its ends: clients drop it.
header_values = st.text(ASCII, min_size=1).map(str.strip).filter(bool)
names = st.text(min_size=1).map(lambda text: paths.one_line(text).replace("/", "")).filter(bool)
whens = st.tuples(places, tokens, moments, lives)

unhurried = settings(deadline=None)  # boto3 makes a client for each example

When = tuple[tuple[str, str, str, str], str, datetime, int]


def keys_of(token: str) -> Credentials:
    return Credentials(
        identity_id="us-east-1:x",
        access_key="ASIAEXAMPLE",
        secret_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        session_token=token,
        expires_at=datetime(2100, 1, 1, tzinfo=UTC),
    )


def agree(when: When, operation: str, key: str, params: dict[str, Any], **ours: Any) -> None:
    """Whether ours signs this as boto3 does, at the same moment and in the same place."""
    (bucket, region, endpoint, style), token, now, life = when
    place = {
        "FILES_BUCKET": bucket,
        "AWS_REGION": region,
        "S3_ENDPOINT_URL": endpoint,
        "S3_SECOND_ENDPOINT_URL": "off",
    }
    with (
        override_settings(**place, S3_ADDRESSING_STYLE=style),
        mock.patch("botocore.auth.get_current_datetime", return_value=now),
        closing(s3.client(keys_of(token))) as client,
    ):
        about = {"Bucket": bucket, "Key": key, **params}
        theirs = client.generate_presigned_url(operation, Params=about, ExpiresIn=life)
        signer = Signer(keys_of(token), region=region, bucket_url=s3.bucket_urls()[0])
    method = "GET" if operation == "get_object" else "PUT"
    moment = now.replace(tzinfo=UTC)
    for _ in range(2):  # with the signing key new, and kept
        assert signer.presign(method, key, now=moment, life=life, **ours) == theirs


@unhurried
@given(whens, keys, sizes, header_values, names, st.one_of(st.just(""), hashes))
def test_a_put_is_signed_as_boto3_does(
    when: When, key: str, size: int, kind: str, name: str, sha256: str
) -> None:
    path = paths.encoded(name)
    params = {
        "ContentType": kind,
        "IfNoneMatch": "*",
        "Metadata": {"path": path},
        "ContentLength": size,
        **({"ChecksumSHA256": sha256} if sha256 else {}),
    }
    headers = {
        "content-type": kind,
        "if-none-match": "*",
        "x-amz-meta-path": path,
        "content-length": str(size),
        **({"x-amz-checksum-sha256": sha256} if sha256 else {}),
    }
    agree(when, "put_object", key, params, headers=headers)


@unhurried
@given(whens, keys, sizes, st.text(min_size=1), st.integers(1, 10_000), st.one_of(st.just(""), hashes))
def test_a_part_is_signed_as_boto3_does(
    when: When, key: str, size: int, multipart_id: str, number: int, sha256: str
) -> None:
    params = {
        "UploadId": multipart_id,
        "PartNumber": number,
        "ContentLength": size,
        **({"ChecksumSHA256": sha256} if sha256 else {}),
    }
    headers = {
        "content-length": str(size),
        **({"x-amz-checksum-sha256": sha256} if sha256 else {}),
    }
    query = {"uploadId": multipart_id, "partNumber": str(number)}
    agree(when, "upload_part", key, params, query=query, headers=headers)


@unhurried
@given(whens, keys, names, st.text(min_size=1), st.booleans())
def test_a_get_is_signed_as_boto3_does(when: When, key: str, name: str, kind: str, inline: bool) -> None:
    disposition = content_disposition(name, inline=inline)
    params = {"ResponseContentDisposition": disposition, "ResponseContentType": kind}
    query = {"response-content-disposition": disposition, "response-content-type": kind}
    agree(when, "get_object", key, params, query=query)


@unhurried
@given(whens, keys)
def test_a_get_without_anything_is_signed_as_boto3_does(when: When, key: str) -> None:
    agree(when, "get_object", key, {})


def test_the_signing_key_follows_the_day() -> None:
    signer = Signer(keys_of("t"), region="eu-central-1", bucket_url="https://b.example/")
    signed = []
    for day in (1, 2, 1):
        now = datetime(2026, 1, day, 12, tzinfo=UTC)
        again = Signer(keys_of("t"), region="eu-central-1", bucket_url="https://b.example/")
        url = signer.presign("GET", "k", now=now, life=60)
        assert url == again.presign("GET", "k", now=now, life=60)
        signed.append(url)
    assert signed[0] == signed[2] != signed[1]


def test_a_signer_shows_no_secret_and_is_not_pickled() -> None:
    signer = Signer(keys_of("TOKENSECRET"), region="eu-central-1", bucket_url="https://b.example/")
    signer.presign("GET", "k", now=datetime(2026, 1, 1, tzinfo=UTC), life=60)
    for shown in (repr(signer), str(signer)):
        assert shown.startswith("<files.signing.Signer object")
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(signer)


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_the_second_host_name_is_what_botocore_calls_dual_stack(
    region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    second = f"https://s3.dualstack.{region}.amazonaws.com"
    place = {"FILES_BUCKET": "strongbox-example", "AWS_REGION": region, "S3_ENDPOINT_URL": ""}
    with override_settings(**place, S3_ADDRESSING_STYLE="virtual", S3_SECOND_ENDPOINT_URL=second):
        ours = s3.bucket_urls()[1]
    made = boto3.client(
        "s3",
        region_name=region,
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(use_dualstack_endpoint=True, s3={"addressing_style": "virtual"}),
    )
    with closing(made) as client:
        about = {"Bucket": "strongbox-example", "Key": "x"}
        theirs = client.generate_presigned_url("get_object", Params=about)
    assert theirs.startswith(f"{ours}x?")
