"""S3 itself keeps people apart: each with the temporary credentials that the identity pool gives."""

from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import requests
from botocore.exceptions import ClientError

from tests.localaws.behaviours import allowed
from tests.stack import STACK, credentials

BUCKET = STACK.env["FILES_BUCKET"]
WRITERS = ["alice", "bob", "mallory"]


def s3(name: str) -> Any:
    return STACK.as_person("s3", credentials(name)["Credentials"])


def prefix(name: str) -> str:
    return f"users/{credentials(name)['IdentityId']}/"


def object_of(name: str) -> dict[str, str]:
    """A new object under the person's prefix, put there by the account's administrator."""
    where = {"Bucket": BUCKET, "Key": f"{prefix(name)}{uuid4()}"}
    STACK.admin("s3").put_object(**where, Body=f"{name}'s".encode())
    return where


def upload_of(name: str) -> dict[str, str]:
    """A multipart upload under way under the person's prefix."""
    where = {"Bucket": BUCKET, "Key": f"{prefix(name)}{uuid4()}"}
    return {**where, "UploadId": STACK.admin("s3").create_multipart_upload(**where)["UploadId"]}


def unchanged(where: dict[str, str], name: str) -> bool:
    body: bytes = STACK.admin("s3").get_object(**where)["Body"].read()
    return body == f"{name}'s".encode()


@pytest.mark.parametrize("name", WRITERS)
def test_writers_do_everything_under_their_own_prefix(name: str) -> None:
    client, where = s3(name), object_of(name)
    upload = upload_of(name)
    assert allowed(client.put_object, **where, Body=b"new")
    assert allowed(client.get_object, **where)
    assert allowed(client.upload_part, **upload, PartNumber=1, Body=b"x")
    assert allowed(client.list_parts, **upload)
    assert allowed(client.abort_multipart_upload, **upload)
    assert allowed(client.list_objects_v2, Bucket=BUCKET, Prefix=prefix(name))
    assert allowed(client.delete_object, **where)


@pytest.mark.parametrize("name", WRITERS)
def test_writers_complete_what_they_started(name: str) -> None:
    client = s3(name)
    where = {"Bucket": BUCKET, "Key": f"{prefix(name)}{uuid4()}"}
    upload_id = client.create_multipart_upload(**where, ChecksumAlgorithm="SHA256")["UploadId"]
    part = client.upload_part(
        **where, UploadId=upload_id, PartNumber=1, Body=b"part", ChecksumAlgorithm="SHA256"
    )
    parts = [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumSHA256": part["ChecksumSHA256"]}]
    client.complete_multipart_upload(**where, UploadId=upload_id, MultipartUpload={"Parts": parts})
    assert client.get_object(**where)["Body"].read() == b"part"


@pytest.mark.parametrize("name", ["mallory", "victor"])
def test_nobody_reads_bobs_files(name: str) -> None:
    where = object_of("bob")
    client = s3(name)
    assert not allowed(client.get_object, **where)
    assert not allowed(client.get_object_attributes, **where, ObjectAttributes=["ETag"])
    assert not allowed(client.get_object_tagging, **where)
    with pytest.raises(ClientError, match="403"):
        client.head_object(**where)


@pytest.mark.parametrize("name", ["mallory", "victor", "alice"])
def test_nobody_writes_under_bobs_prefix(name: str) -> None:
    where, upload, client = object_of("bob"), upload_of("bob"), s3(name)
    assert not allowed(client.put_object, **where, Body=b"x")
    assert not allowed(client.delete_object, **where)
    assert not allowed(client.put_object_tagging, **where, Tagging={"TagSet": []})
    assert not allowed(client.put_object_acl, **where, ACL="public-read")
    assert not allowed(client.create_multipart_upload, **where)
    assert not allowed(client.upload_part, **upload, PartNumber=1, Body=b"x")
    assert not allowed(client.list_parts, **upload)
    assert not allowed(client.abort_multipart_upload, **upload)
    assert not allowed(
        client.complete_multipart_upload,
        **upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": "x"}]},
    )
    assert unchanged(where, "bob")


def test_one_request_cannot_delete_bobs_files_beside_ones_own() -> None:
    bobs, own = object_of("bob"), object_of("mallory")
    keys = [{"Key": where["Key"]} for where in (own, bobs)]
    try:
        answer = s3("mallory").delete_objects(Bucket=BUCKET, Delete={"Objects": keys})
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDenied"  # noqa: PT017 - S3 may refuse either way
    else:
        assert [error["Key"] for error in answer["Errors"]] == [bobs["Key"]]
    assert unchanged(bobs, "bob")


def test_a_copy_needs_both_ends() -> None:
    bobs, own = object_of("bob"), object_of("mallory")
    client = s3("mallory")
    assert not allowed(client.copy_object, **own, CopySource=bobs)
    assert not allowed(client.copy_object, **bobs, CopySource=own)
    upload = upload_of("mallory")
    assert not allowed(client.upload_part_copy, **upload, PartNumber=1, CopySource=bobs)
    assert unchanged(own, "mallory")


@pytest.mark.parametrize(
    "trick",
    [
        "{own}../{others_id}/x",
        "{own}..%2F..%2F{others}x",
        "/{others}x",
        "users/{OTHERS_ID}/x",
        "users/{others_id}",
        "users/x",
        "users/{own_id}",
        "users/{own_id}x/x",
        "x",
    ],
)
def test_no_spelling_of_a_key_leaves_ones_prefix(trick: str) -> None:
    """A key that only looks like a path out of the prefix is a name within it, and nothing more."""
    own, others = prefix("mallory"), prefix("bob")
    own_id, others_id = own.split("/")[1], others.split("/")[1]
    names = {"own": own, "others": others, "own_id": own_id, "others_id": others_id}
    key = trick.format(**names, OTHERS_ID=others_id.upper())
    where = object_of("bob")
    went_through = allowed(s3("mallory").put_object, Bucket=BUCKET, Key=key, Body=b"x")
    assert went_through == key.startswith(own)
    assert unchanged(where, "bob")
    listed = STACK.admin("s3").list_objects_v2(Bucket=BUCKET, Prefix=others)
    assert not [item for item in listed["Contents"] if item["Key"].endswith("/x")]


@pytest.mark.parametrize("name", ["bob", "mallory", "victor"])
def test_members_and_viewers_list_their_own_prefix_only(name: str) -> None:
    client, own = s3(name), prefix(name)
    stranger = prefix("mallory" if name == "bob" else "bob")
    assert allowed(client.list_objects_v2, Bucket=BUCKET, Prefix=own)
    for wanted in ("", "users/", stranger, own.rstrip("/"), own[:-5], "users/*", f"{own[:-2]}*/"):
        assert not allowed(client.list_objects_v2, Bucket=BUCKET, Prefix=wanted), wanted
        assert not allowed(client.list_objects, Bucket=BUCKET, Prefix=wanted), wanted
    assert not allowed(client.list_objects_v2, Bucket=BUCKET)
    assert not allowed(client.list_multipart_uploads, Bucket=BUCKET)
    assert not allowed(client.list_object_versions, Bucket=BUCKET, Prefix=stranger)


def test_a_viewer_reads_and_writes_nothing() -> None:
    client, where, upload = s3("victor"), object_of("victor"), upload_of("victor")
    assert client.get_object(**where)["Body"].read() == b"victor's"
    assert not allowed(client.put_object, **where, Body=b"x")
    assert not allowed(client.delete_object, **where)
    assert not allowed(client.copy_object, **where, CopySource=where)
    assert not allowed(client.create_multipart_upload, **where)
    assert not allowed(client.upload_part, **upload, PartNumber=1, Body=b"x")
    assert not allowed(client.abort_multipart_upload, **upload)
    assert unchanged(where, "victor")


def test_an_admin_reads_and_lists_every_prefix_but_not_the_bucket() -> None:
    client = s3("alice")
    for name in ("bob", "victor", "alice"):
        assert client.get_object(**object_of(name))["Body"].read() == f"{name}'s".encode()
        assert allowed(client.list_objects_v2, Bucket=BUCKET, Prefix=prefix(name))
    assert allowed(client.list_objects_v2, Bucket=BUCKET, Prefix="users/")
    assert not allowed(client.list_objects_v2, Bucket=BUCKET)


def test_somebody_without_a_group_gets_no_credentials() -> None:
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        STACK.identity(STACK.tokens("nora@example.com")["id_token"])


PRESIGNED = [("get_object", "GET"), ("put_object", "PUT"), ("delete_object", "DELETE")]


@pytest.mark.parametrize(("call", "method"), PRESIGNED)
@pytest.mark.parametrize("name", ["mallory", "victor"])
def test_a_presigned_url_gives_no_more_than_its_signer_has(name: str, call: str, method: str) -> None:
    where = object_of("bob")
    url = s3(name).generate_presigned_url(call, Params=where)
    assert requests.request(method, url, timeout=10).status_code == 403
    assert unchanged(where, "bob")


def test_a_presigned_url_serves_its_own_key_only() -> None:
    own, bobs = object_of("mallory"), object_of("bob")
    url = s3("mallory").generate_presigned_url("get_object", Params=own)
    assert requests.get(url, timeout=10).content == b"mallory's"
    moved = url.replace(quote(own["Key"]), quote(bobs["Key"]))
    assert moved != url
    assert requests.get(moved, timeout=10).status_code == 403
    assert requests.put(url, data=b"x", timeout=10).status_code == 403


def test_a_presigned_listing_of_the_bucket_is_refused() -> None:
    for wanted in ({}, {"Prefix": prefix("bob")}):
        url = s3("mallory").generate_presigned_url(
            "list_objects_v2", Params={"Bucket": BUCKET, **wanted}
        )
        assert requests.get(url, timeout=10).status_code == 403


def test_without_credentials_there_is_nothing() -> None:
    where = object_of("bob")
    url = f"{STACK.endpoint}/{BUCKET}/{where['Key']}"
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        assert requests.request(method, url, timeout=10).status_code == 403
    assert requests.get(f"{STACK.endpoint}/{BUCKET}", timeout=10).status_code == 403
    assert unchanged(where, "bob")


def test_keys_without_their_session_token_are_worth_nothing() -> None:
    keys = {**credentials("bob")["Credentials"], "SessionToken": None}
    client = STACK.as_person("s3", keys)
    with pytest.raises(ClientError) as refusal:
        client.get_object(**object_of("bob"))
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] in {400, 403}


@pytest.mark.parametrize("name", ["alice", "bob", "victor"])
def test_nobodys_credentials_do_anything_else(name: str) -> None:
    keys = credentials(name)["Credentials"]
    pool = STACK.env["COGNITO_USER_POOL_ID"]
    another = f"another-{name}"
    STACK.admin("s3").create_bucket(Bucket=another)

    def client(service: str) -> Any:
        return STACK.as_person(service, keys)

    for call, arguments in (
        (client("iam").list_users, {}),
        (client("iam").create_user, {"UserName": "eve"}),
        (client("sts").assume_role, {"RoleArn": admin_role(), "RoleSessionName": "eve"}),
        (client("cognito-idp").list_users, {"UserPoolId": pool}),
        (
            client("cognito-idp").admin_add_user_to_group,
            {"UserPoolId": pool, "Username": f"{name}@example.com", "GroupName": "admins"},
        ),
        (client("cognito-identity").list_identity_pools, {"MaxResults": 1}),
        (client("dynamodb").list_tables, {}),
        (client("cloudformation").describe_stacks, {}),
        (client("s3").list_buckets, {}),
        (client("s3").get_bucket_policy, {"Bucket": BUCKET}),
        (client("s3").put_bucket_policy, {"Bucket": BUCKET, "Policy": "{}"}),
        (client("s3").delete_bucket, {"Bucket": BUCKET}),
        (client("s3").put_object, {"Bucket": another, "Key": f"{prefix(name)}x", "Body": b""}),
    ):
        assert not allowed(call, **arguments), call


def admin_role() -> str:
    roles = STACK.admin("iam").list_roles()["Roles"]
    return next(str(role["Arn"]) for role in roles if "AdminRole" in role["RoleName"])


def test_bobs_login_does_not_open_mallorys_identity() -> None:
    public = STACK.public("cognito-identity")
    logins = STACK.logins(STACK.tokens("bob@example.com")["id_token"])
    for answer in (logins, {}):
        with pytest.raises(ClientError, match="NotAuthorizedException"):
            public.get_credentials_for_identity(
                IdentityId=credentials("mallory")["IdentityId"], Logins=answer
            )


def test_an_invented_identity_has_no_credentials() -> None:
    public = STACK.public("cognito-identity")
    logins = STACK.logins(STACK.tokens("bob@example.com")["id_token"])
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        public.get_credentials_for_identity(IdentityId=f"us-east-1:{uuid4()}", Logins=logins)


def test_access_tokens_and_altered_tokens_are_no_logins() -> None:
    tokens = STACK.tokens("bob@example.com")
    head, body, signature = tokens["id_token"].split(".")
    for token in (tokens["access_token"], f"{head}.{body}.{signature[::-1]}", f"{head}.{body}."):
        with pytest.raises(ClientError, match="NotAuthorizedException"):
            STACK.identity(token)


def test_a_person_keeps_one_identity() -> None:
    first, second = (STACK.identity(STACK.tokens("bob@example.com")["id_token"]) for _ in range(2))
    assert first["IdentityId"] == second["IdentityId"] == credentials("bob")["IdentityId"]
