"""The proxy in front of S3 changes nothing unless told to, least of all who may do what."""

from collections.abc import Iterator
from dataclasses import replace
from threading import Thread
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import requests
from botocore.exceptions import ClientError

from tests.browser.faults import Fault, FaultyS3, Op, Refusal, Trouble
from tests.browser.faulty_s3 import faulty_s3
from tests.stack import STACK, credentials

BUCKET = STACK.env["FILES_BUCKET"]
CONTENT = b"some content" * 100_000


@pytest.fixture
def s3() -> Iterator[FaultyS3]:
    with faulty_s3(STACK.endpoint, STACK.site_url) as proxy:
        yield proxy


@pytest.fixture
def key() -> str:
    return key_of("bob")


@pytest.fixture
def url(s3: FaultyS3, key: str) -> str:
    """Where bob may PUT an object."""
    where = {"Bucket": BUCKET, "Key": key}
    signed: str = client_of("bob", s3).generate_presigned_url("put_object", Params=where)
    return signed


def key_of(name: str) -> str:
    return f"users/{credentials(name)['IdentityId']}/{uuid4()}"


def client_of(name: str, s3: FaultyS3) -> Any:
    return replace(STACK, endpoint=s3.url).as_person("s3", credentials(name)["Credentials"])


def put(url: str, **headers: str) -> requests.Response:
    return requests.put(url, data=CONTENT, headers=headers, timeout=30)


def stored(key: str) -> bytes | None:
    admin = STACK.admin("s3")
    try:
        content: bytes = admin.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    except admin.exceptions.NoSuchKey:
        return None
    finally:
        admin.close()
    return content


def test_what_is_signed_for_its_address_reaches_s3_and_comes_back(
    s3: FaultyS3, url: str, key: str
) -> None:
    assert put(url).status_code == 200
    assert stored(key) == CONTENT
    bob = client_of("bob", s3)
    assert bob.get_object(Bucket=BUCKET, Key=key)["Body"].read() == CONTENT
    assert bob.head_object(Bucket=BUCKET, Key=key)["ContentLength"] == len(CONTENT)
    assert [(call.op, call.size, call.status) for call in s3.calls] == [
        (Op.PUT, len(CONTENT), 200),
        (Op.OTHER, 0, 200),
        (Op.HEAD, 0, 200),
    ]


def test_a_stranger_is_kept_out_behind_it_as_well(s3: FaultyS3, url: str, key: str) -> None:
    put(url)
    mallory = client_of("mallory", s3)
    with pytest.raises(ClientError, match="AccessDenied"):
        mallory.get_object(Bucket=BUCKET, Key=key)
    with pytest.raises(ClientError, match="AccessDenied"):
        mallory.create_multipart_upload(Bucket=BUCKET, Key=key)
    elsewhere = url.replace(quote(key), quote(key_of("mallory")))
    assert (elsewhere != url, put(elsewhere).status_code) == (True, 403)


def test_the_operations_of_a_multipart_upload_are_told_apart(s3: FaultyS3, key: str) -> None:
    bob, where = client_of("bob", s3), {"Bucket": BUCKET, "Key": key}
    for end in ("complete", "abort"):
        upload = where | {"UploadId": bob.create_multipart_upload(**where)["UploadId"]}
        tag = bob.upload_part(**upload, PartNumber=7, Body=CONTENT)["ETag"]
        bob.list_parts(**upload)
        if end == "complete":
            parts = {"Parts": [{"PartNumber": 7, "ETag": tag}]}
            bob.complete_multipart_upload(**upload, MultipartUpload=parts)
        else:
            bob.abort_multipart_upload(**upload)
    assert [call.op for call in s3.calls] == [
        *[Op.CREATE, Op.PART, Op.PARTS, Op.COMPLETE],
        *[Op.CREATE, Op.PART, Op.PARTS, Op.ABORT],
    ]
    assert s3.calls[1].part == 7
    assert s3.parts_taken == {7: 2}


def test_a_refusal_is_s3s_own_with_cors_headers_for_the_site_only(
    s3: FaultyS3, url: str, key: str
) -> None:
    s3.will(Op.PUT, Refusal(503, "SlowDown"), times=2)
    refused = put(url, Origin=STACK.site_url)
    assert (refused.status_code, "<Code>SlowDown</Code>" in refused.text) == (503, True)
    assert refused.headers["Access-Control-Allow-Origin"] == STACK.site_url
    assert "Access-Control-Allow-Origin" not in put(url, Origin="http://evil.localhost").headers
    assert stored(key) is None
    assert put(url).status_code == 200


@pytest.mark.parametrize(
    ("fault", "arrives"),
    [
        pytest.param(Trouble.RESET, False, id="reset"),
        pytest.param(Trouble.TORN, False, id="torn"),
        pytest.param(Trouble.LOST, True, id="lost"),
    ],
)
def test_a_connection_breaks_before_or_after_s3_has_done_it(
    s3: FaultyS3, url: str, key: str, fault: Fault, arrives: bool
) -> None:
    s3.will(Op.PUT, fault)
    with pytest.raises(requests.ConnectionError, match="Connection aborted"):
        put(url)
    assert (stored(key) == CONTENT) is arrives


def test_an_answer_ends_in_the_middle(s3: FaultyS3, key: str) -> None:
    s3.will(Op.OTHER, Trouble.CUT)
    signed = client_of("bob", s3).generate_presigned_url(
        "list_object_versions", Params={"Bucket": BUCKET, "Prefix": key}
    )
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        requests.get(signed, timeout=30)


@pytest.mark.parametrize("fault", [Trouble.HELD, Trouble.LATE])
def test_a_request_waits_until_the_test_lets_it_go(
    s3: FaultyS3, url: str, key: str, fault: Fault
) -> None:
    rule = s3.will(Op.PUT, fault)
    answers: list[int] = []
    sender = Thread(target=lambda: answers.append(put(url).status_code))
    sender.start()
    rule.wait()
    assert not answers
    rule.let_go()
    sender.join(30)
    assert answers == [200]
    assert stored(key) == CONTENT


def test_what_is_held_may_be_dropped_instead(s3: FaultyS3, url: str, key: str) -> None:
    rule = s3.will(Op.PUT, Trouble.HELD)
    broken: list[Exception] = []

    def send() -> None:
        try:
            put(url)
        except requests.ConnectionError as error:
            broken.append(error)

    sender = Thread(target=send)
    sender.start()
    rule.wait()
    rule.drop()
    sender.join(30)
    assert broken
    assert stored(key) is None


def test_rules_count_and_a_well_behaved_proxy_has_none(s3: FaultyS3, url: str, key: str) -> None:
    s3.will(Op.PUT, Refusal(500, "InternalError"), after=1, times=1)
    assert [put(url).status_code for _ in range(3)] == [200, 500, 200]
    s3.will(Op.PUT, Refusal(500, "InternalError"))
    assert put(url).status_code == 500
    s3.behave()
    assert put(url).status_code == 200
