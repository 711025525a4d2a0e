"""The template itself: what it must never contain, and what is deployed from it."""

import json
import shutil
import subprocess
from typing import Any

import pytest
import requests

from config import settings as site
from tests.localaws.user_pool import outcome, secret_hash
from tests.stack import ROOT, STACK

TEMPLATE = ROOT / "infra" / "stack.yaml"
BUCKET = STACK.env["FILES_BUCKET"]


def documents() -> list[dict[str, Any]]:
    """Every policy document that grants a person something."""
    iam = STACK.admin("iam")
    found = []
    for policy in iam.list_policies(Scope="Local")["Policies"]:
        if not policy["PolicyName"].startswith("strongbox-"):
            continue
        version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
        document = version["PolicyVersion"]["Document"]
        found.append(json.loads(document) if isinstance(document, str) else document)
    return found


def test_cfn_lint_finds_nothing() -> None:
    lint = shutil.which("cfn-lint", path=str(ROOT / ".venv" / "bin")) or "cfn-lint"
    run = subprocess.run([lint, str(TEMPLATE)], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, "")


def test_no_policy_allows_an_action_with_a_wildcard() -> None:
    statements = [statement for document in documents() for statement in document["Statement"]]
    assert len(statements) == 5
    for statement in statements:
        actions = statement["Action"]
        for action in [actions] if isinstance(actions, str) else actions:
            assert action.startswith("s3:")
            assert "*" not in action
        assert statement["Resource"] != "*"


def test_every_output_is_a_setting_and_none_a_secret() -> None:
    outputs = STACK.admin("cloudformation").describe_stacks(StackName="strongbox")["Stacks"][0][
        "Outputs"
    ]
    from accounts.cloudformation import environment_name

    for output in outputs:
        assert hasattr(site, environment_name(output["OutputKey"])), output
        assert STACK.env["COGNITO_CLIENT_SECRET"] not in output["OutputValue"]


def test_roles_trust_the_identity_pool_and_nothing_else() -> None:
    roles = STACK.admin("iam").list_roles()["Roles"]
    ours = [role for role in roles if role["RoleName"].startswith("strongbox-")]
    assert len(ours) == 3
    for role in ours:
        document = role["AssumeRolePolicyDocument"]
        (statement,) = (json.loads(document) if isinstance(document, str) else document)["Statement"]
        assert statement["Principal"] == {"Federated": "cognito-identity.amazonaws.com"}
        assert statement["Condition"] == {
            "StringEquals": {
                "cognito-identity.amazonaws.com:aud": STACK.env["COGNITO_IDENTITY_POOL_ID"]
            },
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
        }


def test_the_app_client_signs_in_by_code_only() -> None:
    client = STACK.admin("cognito-idp").describe_user_pool_client(
        UserPoolId=STACK.env["COGNITO_USER_POOL_ID"], ClientId=STACK.env["COGNITO_CLIENT_ID"]
    )["UserPoolClient"]
    assert client["AllowedOAuthFlows"] == ["code"]
    # By API the second asks for the client's secret; it makes managed login offer codes by e-mail.
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_AUTH"]
    assert client["WriteAttributes"] == ["email", "locale", "name"]
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert client["EnableTokenRevocation"] is True
    assert client["CallbackURLs"] == [f"{STACK.site_url}/oidc/callback/"]
    assert client["RefreshTokenValidity"] == 30


@pytest.mark.parametrize("flow", ["USER_PASSWORD_AUTH", "USER_AUTH"])
def test_passwords_cannot_be_tried_by_api(flow: str) -> None:
    call = STACK.public("cognito-idp").initiate_auth
    attempt = {"USERNAME": "bob@example.com", "PASSWORD": STACK.password}
    refused = outcome(
        call,
        AuthFlow=flow,
        ClientId=STACK.env["COGNITO_CLIENT_ID"],
        AuthParameters={**attempt, "PREFERRED_CHALLENGE": "PASSWORD"},
    )
    assert refused in {"NotAuthorizedException", "InvalidParameterException"}


def test_not_even_with_the_clients_secret_by_the_flow_for_passwords() -> None:
    email = "bob@example.com"
    attempt = {"USERNAME": email, "PASSWORD": STACK.password, "SECRET_HASH": secret_hash(STACK, email)}
    call, client = STACK.public("cognito-idp").initiate_auth, STACK.env["COGNITO_CLIENT_ID"]
    for flow in ("USER_PASSWORD_AUTH", "CUSTOM_AUTH"):
        refused = outcome(call, AuthFlow=flow, ClientId=client, AuthParameters=attempt)
        assert refused == "InvalidParameterException"


def test_the_user_pool_asks_for_long_passwords_and_verified_addresses() -> None:
    pool = STACK.admin("cognito-idp").describe_user_pool(UserPoolId=STACK.env["COGNITO_USER_POOL_ID"])
    found = pool["UserPool"]
    assert found["Policies"]["PasswordPolicy"]["MinimumLength"] == 12
    assert found["UsernameAttributes"] == found["AutoVerifiedAttributes"] == ["email"]
    assert found["MfaConfiguration"] == "OPTIONAL"
    assert found["DeletionProtection"] == "ACTIVE"


def test_the_bucket_is_private_encrypted_and_tidy() -> None:
    s3 = STACK.admin("s3")
    block = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    rules = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    owner = s3.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"]["Rules"]
    assert owner == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    (statement,) = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    # The emulator ignores this property, so that only the template can be asked.
    assert (
        "AbortIncompleteMultipartUpload:\n              DaysAfterInitiation: 7" in TEMPLATE.read_text()
    )


def preflight(origin: str, method: str, headers: str = "content-type") -> requests.Response:
    return requests.options(
        f"{STACK.endpoint}/{BUCKET}/users/x",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": headers,
        },
        timeout=10,
    )


def test_browsers_may_upload_from_the_sites_origin() -> None:
    asked = "content-type, if-none-match, x-amz-checksum-sha256, x-amz-meta-path"
    answer = preflight(STACK.site_url, "PUT", asked)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == STACK.site_url
    exposed = answer.headers["Access-Control-Expose-Headers"]
    assert "ETag" in exposed
    assert "x-amz-checksum-sha256" in exposed


@pytest.mark.parametrize(
    ("origin", "method", "headers"),
    [
        ("https://evil.example", "PUT", "content-type"),
        ("null", "PUT", "content-type"),
        (STACK.site_url, "DELETE", "content-type"),
        (STACK.site_url, "POST", "content-type"),
        (STACK.site_url, "PUT", "x-amz-acl"),
    ],
)
def test_browsers_may_do_nothing_else(origin: str, method: str, headers: str) -> None:
    answer = preflight(origin, method, headers)
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers
