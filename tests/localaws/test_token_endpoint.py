"""/oauth2/token and /oauth2/revoke keep to OAuth's rules (RFC 6749, 7009, 7636)."""

import secrets

import pytest
import requests

from tests.localaws.behaviours import claims, newcomer
from tests.stack import STACK

CALLBACK = f"{STACK.site_url}/oidc/callback/"
EVIL = "https://evil.example/callback"
BOB = "bob@example.com"


def redeem(code: str, verifier: str, **changes: str) -> requests.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": verifier,
        "redirect_uri": CALLBACK,
    }
    return STACK.token_endpoint(**{**form, **changes})


def refused(answer: requests.Response, error: str) -> bool:
    assert answer.headers["Content-Type"].startswith("application/json")
    return (answer.status_code, answer.json().get("error")) == (400, error)


def test_a_code_works_once() -> None:
    code, verifier = STACK.code(BOB)
    assert redeem(code, verifier).status_code == 200
    assert refused(redeem(code, verifier), "invalid_grant")


@pytest.mark.parametrize("verifier", ["", "x" * 43, "é" * 43, "\0"])
def test_a_code_belongs_to_its_verifier(verifier: str) -> None:
    code, _ = STACK.code(BOB)
    assert refused(redeem(code, verifier), "invalid_grant")


def test_a_code_belongs_to_its_redirect_uri() -> None:
    code, verifier = STACK.code(BOB)
    assert refused(redeem(code, verifier, redirect_uri=EVIL), "invalid_grant")


@pytest.fixture
def other_client() -> tuple[str, str]:
    made = STACK.admin("cognito-idp").create_user_pool_client(
        UserPoolId=STACK.env["COGNITO_USER_POOL_ID"],
        ClientName=f"other-{secrets.token_hex(4)}",
        GenerateSecret=True,
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid"],
        CallbackURLs=[CALLBACK],
    )["UserPoolClient"]
    return made["ClientId"], made["ClientSecret"]


def as_client(client: tuple[str, str], path: str = "token", **form: str) -> requests.Response:
    return requests.post(f"{STACK.endpoint}/oauth2/{path}", data=form, auth=client, timeout=10)


def test_codes_and_refresh_tokens_belong_to_their_client(other_client: tuple[str, str]) -> None:
    code, verifier = STACK.code(BOB)
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
    assert refused(as_client(other_client, **form, redirect_uri=CALLBACK), "invalid_grant")
    refresh_token = STACK.tokens(BOB)["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    assert refused(as_client(other_client, **form), "invalid_grant")
    assert STACK.token_endpoint(**form).status_code == 200


def test_the_client_must_know_its_secret() -> None:
    client = (STACK.env["COGNITO_CLIENT_ID"], "wrong")
    code, verifier = STACK.code(BOB)
    form = {"code": code, "code_verifier": verifier, "redirect_uri": CALLBACK}
    assert refused(as_client(client, grant_type="authorization_code", **form), "invalid_client")
    token = STACK.tokens(BOB)["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    assert refused(as_client(client, **form), "invalid_client")
    assert refused(as_client(("unknown", "x"), **form), "invalid_client")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "refresh_token", "refresh_token": ""}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "a.b.c"}, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": "made-up"}, "invalid_grant"),
        ({"grant_type": "password", "username": BOB}, "unsupported_grant_type"),
        ({}, "unsupported_grant_type"),
    ],
)
def test_the_token_endpoint_names_its_refusals(form: dict[str, str], error: str) -> None:
    assert refused(STACK.token_endpoint(**form), error)


def test_an_access_token_is_no_refresh_token() -> None:
    tokens = STACK.tokens(BOB)
    form = {"grant_type": "refresh_token", "refresh_token": tokens["access_token"]}
    assert refused(STACK.token_endpoint(**form), "invalid_grant")


def test_a_refresh_keeps_the_person_and_the_role() -> None:
    tokens = STACK.tokens(BOB)
    fresh = STACK.token_endpoint(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert "refresh_token" not in fresh.json()
    before, after = claims(tokens["id_token"]), claims(fresh.json()["id_token"])
    kept = ("iss", "sub", "aud", "email", "cognito:groups", "cognito:preferred_role", "origin_jti")
    assert {name: before[name] for name in kept} == {name: after[name] for name in kept}


def test_a_refresh_brings_new_groups() -> None:
    email = newcomer(STACK, "promoted", "viewers")
    tokens = STACK.tokens(email)
    STACK.admin("cognito-idp").admin_add_user_to_group(
        UserPoolId=STACK.env["COGNITO_USER_POOL_ID"], Username=email, GroupName="members"
    )
    fresh = STACK.token_endpoint(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert "MemberRole" in claims(fresh.json()["id_token"])["cognito:preferred_role"]


@pytest.mark.parametrize(
    "how", ["admin_disable_user", "admin_user_global_sign_out", "admin_delete_user"]
)
def test_a_refresh_ends_with_the_person(how: str) -> None:
    email = newcomer(STACK, how.replace("_", "-"))
    tokens = STACK.tokens(email)
    cognito = STACK.admin("cognito-idp")
    getattr(cognito, how)(UserPoolId=STACK.env["COGNITO_USER_POOL_ID"], Username=email)
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert refused(STACK.token_endpoint(**form), "invalid_grant")
    public = STACK.public("cognito-identity")
    with pytest.raises(public.exceptions.NotAuthorizedException):
        STACK.identity(tokens["id_token"])


def test_revoking_is_final_and_may_be_repeated() -> None:
    tokens = STACK.tokens(BOB)
    for _ in range(2):
        answer = STACK.token_endpoint("revoke", token=tokens["refresh_token"])
        assert (answer.status_code, answer.content) == (200, b"")
    public = STACK.public("cognito-identity")
    with pytest.raises(public.exceptions.NotAuthorizedException):
        STACK.identity(tokens["id_token"])


def test_revoking_one_sign_in_leaves_the_others() -> None:
    one, other = STACK.tokens(BOB), STACK.tokens(BOB)
    STACK.token_endpoint("revoke", token=one["refresh_token"])
    form = {"grant_type": "refresh_token", "refresh_token": other["refresh_token"]}
    assert STACK.token_endpoint(**form).status_code == 200


@pytest.mark.parametrize(
    ("form", "error"), [({}, "invalid_request"), ({"token": ""}, "invalid_request")]
)
def test_revoking_nothing_is_an_error(form: dict[str, str], error: str) -> None:
    assert refused(STACK.token_endpoint("revoke", **form), error)


def test_an_unknown_token_is_as_good_as_revoked() -> None:
    assert STACK.token_endpoint("revoke", token="made.up.token").status_code == 200


def test_only_the_client_itself_revokes_and_only_refresh_tokens(other_client: tuple[str, str]) -> None:
    tokens = STACK.tokens(BOB)
    token = tokens["refresh_token"]
    assert refused(as_client(other_client, "revoke", token=token), "unauthorized_client")
    assert as_client((STACK.env["COGNITO_CLIENT_ID"], "x"), "revoke", token=token).status_code == 401
    access = STACK.token_endpoint("revoke", token=tokens["access_token"])
    assert refused(access, "unsupported_token_type")
    form = {"grant_type": "refresh_token", "refresh_token": token}
    assert STACK.token_endpoint(**form).status_code == 200


@pytest.mark.parametrize(
    "authorization", ["Basic", "Basic !", "Basic " + "ÿ" * 4, "Bearer x", "Basic Og=="]
)
def test_malformed_authorization_is_no_client(authorization: str) -> None:
    answer = requests.post(
        f"{STACK.endpoint}/oauth2/revoke",
        data={"token": "x"},
        headers={"Authorization": authorization.encode("latin-1")},
        timeout=10,
    )
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
