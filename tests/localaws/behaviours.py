"""What AWS does, as questions to a stack: each returns whether the stack does it too.

localaws must (test_extensions.py), and ministack alone must not yet: once it does, the extension of
the same name can be deleted.
"""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import requests
from botocore.exceptions import ClientError

from tests.stack import Stack

USERS = "users"


def allowed(call: Callable[..., Any], **arguments: Any) -> bool:
    """Whether the call goes through; anything but a refusal is an error of the test."""
    try:
        call(**arguments)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        assert code in {
            "AccessDenied",
            "AccessDeniedException",
            "NotAuthorizedException",
            "InvalidParameterException",
        }, code
        return False
    return True


def policy(*statements: dict[str, Any], version: str = "2012-10-17") -> str:
    return json.dumps({"Version": version, "Statement": list(statements)})


def user(stack: Stack, name: str, document: str, service: str) -> Any:
    """A client of an IAM user with this policy."""
    iam = stack.admin("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return stack.as_person(
        service,
        {
            "AccessKeyId": key["AccessKeyId"],
            "SecretKey": key["SecretAccessKey"],
            "SessionToken": None,
        },
    )


def newcomer(stack: Stack, name: str, group: str = "members") -> str:
    """The e-mail of a person of whom no other test knows."""
    cognito, pool = stack.admin("cognito-idp"), stack.env["COGNITO_USER_POOL_ID"]
    email = f"{name}@example.com"
    cognito.admin_create_user(
        UserPoolId=pool,
        Username=email,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
    )
    cognito.admin_set_user_password(
        UserPoolId=pool, Username=email, Password=stack.password, Permanent=True
    )
    cognito.admin_add_user_to_group(UserPoolId=pool, Username=email, GroupName=group)
    return email


def policy_variables(stack: Stack) -> bool:
    """A user's own name in a Resource."""
    stack.admin("s3").create_bucket(Bucket="by-name")
    own = {
        "Effect": "Allow",
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::by-name/${aws:username}/*",
    }
    s3 = user(stack, "carol", policy(own), "s3")
    assert not allowed(s3.put_object, Bucket="by-name", Key="dave/x", Body=b"")
    return allowed(s3.put_object, Bucket="by-name", Key="carol/x", Body=b"")


def identity_keys(stack: Stack) -> bool:
    """The identity pool in a Condition."""
    cognito, iam = stack.admin("cognito-identity"), stack.admin("iam")
    provider = f"cognito-idp.us-east-1.amazonaws.com/{stack.env['COGNITO_USER_POOL_ID']}"
    pool = cognito.create_identity_pool(
        IdentityPoolName="plain",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[
            {"ProviderName": provider, "ClientId": stack.env["COGNITO_CLIENT_ID"]}
        ],
    )["IdentityPoolId"]
    aud = {"StringEquals": {"cognito-identity.amazonaws.com:aud": pool}}
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": aud,
    }
    role = iam.create_role(RoleName="plain", AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    may = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*", "Condition": aud}
    iam.put_role_policy(RoleName="plain", PolicyName="plain", PolicyDocument=policy(may))
    cognito.set_identity_pool_roles(IdentityPoolId=pool, Roles={"authenticated": role})
    public, logins = stack.public("cognito-identity"), stack.logins(id_token(stack, "bob"))
    identity = public.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
    answer = public.get_credentials_for_identity(IdentityId=identity, Logins=logins)
    return allowed(stack.as_person("s3", answer["Credentials"]).list_buckets)


def id_token(stack: Stack, name: str) -> str:
    token: str = stack.tokens(f"{name}@example.com")["id_token"]
    return token


def claims(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def role_claims(stack: Stack) -> bool:
    """The role of a person's group in the ID token."""
    return "MemberRole" in claims(id_token(stack, "bob")).get("cognito:preferred_role", "")


def refreshed_groups(stack: Stack) -> bool:
    """Groups in refreshed tokens."""
    refresh_token = stack.tokens("bob@example.com")["refresh_token"]
    answer = stack.token_endpoint(grant_type="refresh_token", refresh_token=refresh_token)
    return "cognito:groups" in claims(answer.json()["id_token"])


def refreshing_clients_prove_themselves(stack: Stack) -> bool:
    """No refresh without the client's secret."""
    refresh_token = stack.tokens("bob@example.com")["refresh_token"]
    form = {
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
        "client_id": stack.env["COGNITO_CLIENT_ID"],
    }
    answer = requests.post(f"{stack.endpoint}/oauth2/token", data=form, timeout=10)
    return (answer.status_code, answer.json()["error"] if answer.status_code != 200 else "") == (
        400,
        "invalid_client",
    )


def guests(stack: Stack) -> bool:
    """No identity for somebody without a login."""
    pool = stack.env["COGNITO_IDENTITY_POOL_ID"]
    return not allowed(stack.public("cognito-identity").get_id, IdentityPoolId=pool)


def token_check(stack: Stack) -> bool:
    """No credentials for somebody who was signed out everywhere."""
    email = newcomer(stack, "signed-out")
    token = stack.tokens(email)["id_token"]
    stack.admin("cognito-idp").admin_user_global_sign_out(
        UserPoolId=stack.env["COGNITO_USER_POOL_ID"], Username=email
    )
    pool = stack.env["COGNITO_IDENTITY_POOL_ID"]
    get_id = stack.public("cognito-identity").get_id
    return not allowed(get_id, IdentityPoolId=pool, Logins=stack.logins(token))


def role_mapping(stack: Stack) -> bool:
    """The group's role for bob."""
    credentials = stack.identity(id_token(stack, "bob"))["Credentials"]
    who = stack.as_person("sts", credentials).get_caller_identity()["Arn"]
    return "MemberRole" in who and who.endswith("/CognitoIdentityCredentials")


def web_identity(stack: Stack) -> bool:
    """No role for a token that somebody wrote themselves."""
    roles = stack.admin("iam").list_roles()["Roles"]
    role = next(role["Arn"] for role in roles if "AdminRole" in role["RoleName"])
    forged = {
        "iss": "https://cognito-identity.amazonaws.com",
        "aud": stack.env["COGNITO_IDENTITY_POOL_ID"],
        "sub": "us-east-1:00000000-0000-0000-0000-000000000000",
        "amr": ["authenticated"],
        "exp": int(time.time()) + 600,
    }
    parts = [{"alg": "RS256", "kid": "x"}, forged]
    texts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts]
    return not allowed(
        stack.public("sts").assume_role_with_web_identity,
        RoleArn=role,
        RoleSessionName="forged",
        WebIdentityToken=b".".join([*texts, b"c2ln"]).decode(),
    )


def classic_flow(stack: Stack) -> bool:
    """No OpenID token from a pool whose classic flow is off."""
    public, logins = stack.public("cognito-identity"), stack.logins(id_token(stack, "bob"))
    identity = public.get_id(IdentityPoolId=stack.env["COGNITO_IDENTITY_POOL_ID"], Logins=logins)[
        "IdentityId"
    ]
    return not allowed(public.get_open_id_token, IdentityId=identity, Logins=logins)


def leading_keys(stack: Stack) -> bool:
    """One's own items in a table, nobody else's."""
    stack.admin("dynamodb").create_table(
        TableName="preferences",
        KeySchema=[{"AttributeName": "who", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "who", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    own = {
        "Effect": "Allow",
        "Action": ["dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:BatchWriteItem"],
        "Resource": "arn:aws:dynamodb:us-east-1:*:table/preferences",
        "Condition": {
            "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["erin"]},
            "Null": {"dynamodb:LeadingKeys": "false"},
        },
    }
    table = user(stack, "erin", policy(own), "dynamodb")
    strangers = {"who": {"S": "frank"}}
    batch = {"preferences": [{"PutRequest": {"Item": {"who": {"S": who}}}} for who in ("erin", "frank")]}
    assert not allowed(table.put_item, TableName="preferences", Item=strangers)
    assert not allowed(table.scan, TableName="preferences")
    assert not allowed(table.batch_write_item, RequestItems=batch)
    assert not allowed(
        table.query,
        TableName="preferences",
        KeyConditionExpression="#w = :w",
        ExpressionAttributeNames={"#w": "who"},
        ExpressionAttributeValues={":w": {"S": "frank"}},
    )
    return allowed(table.put_item, TableName="preferences", Item={"who": {"S": "erin"}}) and allowed(
        table.query,
        TableName="preferences",
        KeyConditionExpression="#w = :w",
        ExpressionAttributeNames={"#w": "who"},
        ExpressionAttributeValues={":w": {"S": "erin"}},
    )


def listed_checksums(stack: Stack) -> bool:
    """Which objects of a listing S3 has a SHA-256 of, whatever is in their names."""
    s3, bucket = stack.admin("s3"), "with-checksums"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="a&<ä +>/b", Body=b"abc", ChecksumAlgorithm="SHA256")
    s3.put_object(Bucket=bucket, Key="c", Body=b"abc", ChecksumAlgorithm="CRC32")
    listed = s3.list_objects_v2(Bucket=bucket)["Contents"]
    told = {one["Key"]: one.get("ChecksumAlgorithm") for one in listed}
    return told == {"a&<ä +>/b": ["SHA256"], "c": ["CRC32"]}


def revocation(stack: Stack) -> bool:
    """A refresh token's end, by /oauth2/revoke."""
    refresh_token = stack.tokens("bob@example.com")["refresh_token"]
    revoked = stack.token_endpoint("revoke", token=refresh_token)
    after = stack.token_endpoint(grant_type="refresh_token", refresh_token=refresh_token)
    return revoked.status_code == 200 and after.status_code == 400


def readable_errors(stack: Stack) -> bool:
    """A page, not JSON, for a person who follows a wrong link."""
    answer = requests.get(f"{stack.endpoint}/logout", params={"client_id": "unknown"}, timeout=10)
    return answer.headers["Content-Type"].startswith("text/html")


BEHAVIOURS = (
    policy_variables,
    identity_keys,
    role_claims,
    refreshed_groups,
    refreshing_clients_prove_themselves,
    guests,
    token_check,
    role_mapping,
    web_identity,
    classic_flow,
    leading_keys,
    listed_checksums,
    revocation,
    readable_errors,
)
