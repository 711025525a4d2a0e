"""What lies on disk is the object that S3 would have made of it."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from tests.localaws.large_objects import MIB, Multipart
from tests.stack import STACK

BUCKET = "large-objects"
SPOOL = STACK.folder / "aws/uploads"


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    client = STACK.admin("s3")
    client.create_bucket(Bucket=BUCKET)
    yield client
    client.close()


@pytest.fixture
def upload(s3: Any, request: pytest.FixtureRequest) -> Multipart:
    return Multipart(s3, BUCKET, f"users/x/{request.node.name}")


def content(upload: Multipart) -> bytes:
    got: bytes = upload.s3.get_object(**upload.where)["Body"].read()
    return got


def check(upload: Multipart, expected: bytes) -> None:
    """Completes to this content, with the ETag and the SHA-256 of S3; nothing stays in the spool."""
    done = upload.complete()
    assert (done["ETag"], done["ChecksumSHA256"]) == (upload.etag, upload.sha256)
    head = upload.s3.head_object(**upload.where, ChecksumMode="ENABLED")
    assert (head["ContentLength"], head["ETag"]) == (len(expected), upload.etag)
    assert (head["ChecksumSHA256"], head["ChecksumType"]) == (upload.sha256, "COMPOSITE")
    assert content(upload) == expected
    assert not (SPOOL / upload.id["UploadId"]).exists()


@pytest.mark.parametrize(
    ("sizes", "order"),
    [
        ([5, 5, 5, 2], [1, 2, 3, 4]),
        ([5, 5, 5, 2], [4, 2, 1, 3]),  # the first to come is the shortest
        ([5, 6, 7, 8], [1, 2, 3, 4]),  # S3 takes parts of any sizes
        ([8, 5, 8, 5], [3, 1, 2, 4]),
        ([5], [1]),
    ],
)
def test_parts_of_any_size_and_order_become_the_object(
    upload: Multipart, sizes: list[int], order: list[int]
) -> None:
    bodies = [os.urandom(size * MIB + number) for number, size in enumerate(sizes)]
    for number in order:
        upload.send(number, bodies[number - 1])
    check(upload, b"".join(bodies))


def test_numbers_may_have_gaps(upload: Multipart) -> None:
    bodies = {number: os.urandom(5 * MIB) for number in (2, 9, 40)}
    for number, body in bodies.items():
        upload.send(number, body)
    check(upload, b"".join(bodies.values()))


@pytest.mark.parametrize("size", [5, 6, 4])
def test_a_part_that_is_sent_again_replaces_the_first(upload: Multipart, size: int) -> None:
    bodies = [os.urandom(5 * MIB) for _ in range(3)]
    for number, body in enumerate(bodies, 1):
        upload.send(number, body)
    bodies[1] = os.urandom(size * MIB)
    upload.send(2, bodies[1])
    check(upload, b"".join(bodies))


def test_a_part_that_is_not_named_is_left_out(upload: Multipart) -> None:
    bodies = [os.urandom(5 * MIB) for _ in range(3)]
    for number, body in enumerate(bodies, 1):
        upload.send(number, body)
    del upload.parts[2]
    check(upload, bodies[0] + bodies[2])


def test_a_copied_part_is_a_part(upload: Multipart) -> None:
    source = {"Bucket": BUCKET, "Key": "source"}
    body = os.urandom(9 * MIB)
    upload.s3.put_object(**source, Body=body)
    copied = upload.s3.upload_part_copy(**upload.id, PartNumber=1, CopySource=source)
    listed = [{"PartNumber": 1, "ETag": copied["CopyPartResult"]["ETag"]}]
    upload.s3.complete_multipart_upload(**upload.id, MultipartUpload={"Parts": listed})
    assert content(upload) == body


def test_an_object_is_replaced_by_the_next(upload: Multipart) -> None:
    upload.send(1, b"first")
    check(upload, b"first")
    again = Multipart(upload.s3, BUCKET, upload.where["Key"])
    again.send(1, b"second")
    check(again, b"second")


def test_a_wrong_hash_leaves_the_upload_as_it_was(upload: Multipart) -> None:
    upload.send(1, b"right")
    right = upload.parts[1]
    upload.parts[1] = {**right, "ETag": '"00000000000000000000000000000000"'}
    with pytest.raises(ClientError, match="InvalidPart"):
        upload.complete()
    upload.parts[1] = right
    check(upload, b"right")


def test_a_replica_has_the_same_content(s3: Any) -> None:
    for bucket in ("original", "replica"):
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    upload = Multipart(s3, "original", "users/x/replicated")
    upload.send(1, b"first")
    role = STACK.admin("iam").create_role(RoleName="replicating", AssumeRolePolicyDocument="{}")["Role"]
    rule = {
        "ID": "all",
        "Priority": 1,
        "Filter": {},
        "Status": "Enabled",
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": "arn:aws:s3:::replica"},
    }
    s3.put_bucket_replication(
        Bucket="original", ReplicationConfiguration={"Role": role["Arn"], "Rules": [rule]}
    )
    right = upload.parts[1]
    upload.parts[1] = {**right, "ETag": '"00000000000000000000000000000000"'}
    with pytest.raises(ClientError, match="InvalidPart"):
        upload.complete()
    upload.parts[1] = right
    check(upload, b"first")
    replica = s3.get_object(Bucket="replica", Key=upload.where["Key"])
    assert replica["Body"].read() == b"first"


def test_versions_keep_their_own_content(s3: Any) -> None:
    s3.create_bucket(Bucket="versioned")
    s3.put_bucket_versioning(Bucket="versioned", VersioningConfiguration={"Status": "Enabled"})
    bodies = [os.urandom(9 * MIB) for _ in range(2)]
    versions = []
    for body in bodies:
        upload = Multipart(s3, "versioned", "users/x/twice")
        upload.send(1, body)
        check(upload, body)
        versions.append(s3.head_object(**upload.where)["VersionId"])
    for version, body in zip(versions, bodies, strict=True):
        got = s3.get_object(Bucket="versioned", Key="users/x/twice", VersionId=version)
        assert got["Body"].read() == body


def test_an_aborted_upload_gives_the_disk_back(upload: Multipart) -> None:
    upload.send(1, os.urandom(5 * MIB))
    folder = SPOOL / upload.id["UploadId"]
    assert (folder / "whole").stat().st_size == 5 * MIB
    upload.s3.abort_multipart_upload(**upload.id)
    assert not folder.exists()


def test_a_full_disk_costs_nothing_that_was_there(upload: Multipart) -> None:
    upload.send(1, b"kept")
    folder = SPOOL / upload.id["UploadId"]
    (folder / "2").mkdir()  # where a longer part would go
    with pytest.raises(ClientError, match="InternalError"):
        upload.send(2, b"longer than the first")
    (folder / "2").rmdir()
    assert [part["PartNumber"] for part in upload.s3.list_parts(**upload.id)["Parts"]] == [1]
    (folder / "joined").mkdir()  # where parts are joined that do not lie in a row
    upload.send(2, b"longer than the first")
    with pytest.raises(ClientError, match="InternalError"):
        upload.complete()
    with pytest.raises(ClientError, match="404"):
        upload.s3.head_object(**upload.where)
    (folder / "joined").rmdir()
    check(upload, b"keptlonger than the first")


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=9000000-9999999", 9_000_000, 10_000_000),
        ("bytes=12582900-", 12_582_900, 12_582_912),
        ("bytes=-5", 12_582_907, 12_582_912),
        ("bytes=5-99999999", 5, 12_582_912),
    ],
)
def test_a_range_is_those_bytes(s3: Any, asked: str, start: int, end: int) -> None:
    body = os.urandom(12 * MIB)
    s3.put_object(Bucket=BUCKET, Key="ranges", Body=body)
    got = s3.get_object(Bucket=BUCKET, Key="ranges", Range=asked)
    assert got["ContentRange"] == f"bytes {start}-{end - 1}/{len(body)}"
    assert got["Body"].read() == body[start:end]


def test_a_range_beyond_the_end_is_refused(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="short", Body=os.urandom(9 * MIB))
    with pytest.raises(ClientError, match="InvalidRange"):
        s3.get_object(Bucket=BUCKET, Key="short", Range=f"bytes={9 * MIB}-")


def test_whoever_reads_goes_on_reading_what_is_deleted_meanwhile(s3: Any) -> None:
    body = os.urandom(64 * MIB)
    s3.put_object(Bucket=BUCKET, Key="deleted", Body=body)
    reader = s3.get_object(Bucket=BUCKET, Key="deleted")["Body"]
    s3.delete_object(Bucket=BUCKET, Key="deleted")
    assert reader.read() == body


def test_a_reader_who_goes_away_holds_nobody_up(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="left", Body=os.urandom(64 * MIB))
    where = {"Bucket": BUCKET, "Key": "left"}
    url = s3.generate_presigned_url("get_object", Params=where)
    with requests.get(url, stream=True, timeout=10) as answer:
        next(answer.iter_content(1000))
    s3.delete_object(**where)
    assert requests.get(f"{STACK.endpoint}/_ministack/health", timeout=5).ok
