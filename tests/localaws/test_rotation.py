"""Refresh tokens that are replaced with each use, and what stays the same in them."""

import time
from dataclasses import replace

import requests

from localaws.extensions.rotation import retire
from tests.localaws.behaviours import claims
from tests.localaws.sign_in_behaviours import refresh, rotating, signed
from tests.localaws.user_pool import PASSWORD, outcome, person, secret_hash, tokens
from tests.stack import STACK

GRACE = 60


def refused(answer: requests.Response) -> bool:
    return (answer.status_code, answer.json().get("error")) == (400, "invalid_grant")


def test_the_new_token_works_and_the_old_one_for_its_grace_period() -> None:
    app = rotating(STACK, GRACE)
    first = tokens(STACK, person(STACK), app=app)["RefreshToken"]
    second = refresh(STACK, app, first).json()["refresh_token"]
    third = refresh(STACK, app, second).json()["refresh_token"]
    assert len({first, second, third}) == 3
    retried = refresh(STACK, app, first)  # whose answer was lost
    assert retried.status_code == 200
    assert refresh(STACK, app, retried.json()["refresh_token"]).status_code == 200


def test_without_grace_the_old_token_dies_with_its_first_use() -> None:
    app = rotating(STACK, 0)
    first = tokens(STACK, person(STACK), app=app)["RefreshToken"]
    second = refresh(STACK, app, first).json()["refresh_token"]
    assert refused(refresh(STACK, app, first))
    assert refresh(STACK, app, second).status_code == 200


def test_the_grace_period_begins_with_the_first_use_and_ends() -> None:
    user: dict[str, object] = {}
    token = {"jti": "a", "exp": 10_000}
    assert retire(user, token, GRACE, now=1000)
    assert retire(user, token, GRACE, now=1000 + GRACE - 1)
    assert not retire(user, token, GRACE, now=1000 + GRACE)
    assert not retire(user, token, None, now=1000 + GRACE)  # nor when rotation is turned off
    assert retire(user, {"jti": "b", "exp": 10_000}, None, now=1000)


def test_the_new_token_ends_when_the_first_would_have_and_tells_the_same_sign_in() -> None:
    app = rotating(STACK, GRACE)
    first = tokens(STACK, person(STACK), app=app)["RefreshToken"]
    an_hour_ago = int(time.time()) - 3600
    old = signed(STACK, {**claims(first), "iat": an_hour_ago, "auth_time": an_hour_ago})
    answer = refresh(STACK, app, old).json()
    new = claims(answer["refresh_token"])
    for name in ("exp", "origin_jti", "sub", "client_id"):
        assert new[name] == claims(first)[name]
    assert new["iat"] > an_hour_ago
    again = refresh(STACK, app, answer["refresh_token"]).json()
    assert claims(again["id_token"])["auth_time"] == an_hour_ago


def test_a_client_with_a_secret_proves_itself_at_each_rotation() -> None:
    made = STACK.admin("cognito-idp").create_user_pool_client(
        UserPoolId=STACK.env["COGNITO_USER_POOL_ID"],
        ClientName="secretive",
        GenerateSecret=True,
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
        RefreshTokenRotation={"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
    )["UserPoolClient"]
    app = replace(
        STACK,
        env={
            **STACK.env,
            "COGNITO_CLIENT_ID": made["ClientId"],
            "COGNITO_CLIENT_SECRET": made["ClientSecret"],
        },
    )
    email = person(STACK)
    signed_in = STACK.public("cognito-idp").initiate_auth(
        ClientId=made["ClientId"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={
            "USERNAME": email,
            "PASSWORD": PASSWORD,
            "SECRET_HASH": secret_hash(app, email),
        },
    )
    first = signed_in["AuthenticationResult"]["RefreshToken"]
    stolen = refresh(STACK, made["ClientId"], first)
    assert stolen.json()["error"] == "invalid_client"
    answer = app.token_endpoint(grant_type="refresh_token", refresh_token=first)
    assert answer.status_code == 200  # the attempt without the secret did not cost the token
    second = answer.json()["refresh_token"]
    assert app.token_endpoint(grant_type="refresh_token", refresh_token=second).status_code == 200


def test_revoking_any_generation_ends_them_all() -> None:
    app = rotating(STACK, GRACE)
    first = tokens(STACK, person(STACK), app=app)["RefreshToken"]
    second = refresh(STACK, app, first).json()["refresh_token"]
    form = {"token": first, "client_id": app}
    revoked = requests.post(f"{STACK.endpoint}/oauth2/revoke", data=form, timeout=10)
    assert revoked.status_code == 200
    assert refused(refresh(STACK, app, first))
    assert refused(refresh(STACK, app, second))


def test_rotation_goes_with_the_call_that_was_made_for_it() -> None:
    app, public = rotating(STACK, 0), STACK.public("cognito-idp")
    token = tokens(STACK, person(STACK), app=app)["RefreshToken"]
    old_call = {"AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": {"REFRESH_TOKEN": token}}
    assert outcome(public.initiate_auth, ClientId=app, **old_call) == "InvalidParameterException"
    new_call = public.get_tokens_from_refresh_token
    assert "RefreshToken" in new_call(ClientId=app, RefreshToken=token)["AuthenticationResult"]
    reused = outcome(new_call, ClientId=app, RefreshToken=token)
    assert reused == "RefreshTokenReuseException"


def test_cognito_takes_rotation_and_the_old_call_for_a_contradiction() -> None:
    create = STACK.admin("cognito-idp").create_user_pool_client
    refusal = outcome(
        create,
        UserPoolId=STACK.env["COGNITO_USER_POOL_ID"],
        ClientName="contradiction",
        ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH"],
        RefreshTokenRotation={"Feature": "ENABLED", "RetryGracePeriodSeconds": 60},
    )
    assert refusal == "InvalidParameterException"


def test_an_expired_refresh_token_refreshes_nothing() -> None:
    app = rotating(STACK, GRACE)
    first = claims(tokens(STACK, person(STACK), app=app)["RefreshToken"])
    expired = signed(STACK, {**first, "exp": int(time.time()) - 1})
    assert refused(refresh(STACK, app, expired))
    call = STACK.public("cognito-idp").get_tokens_from_refresh_token
    assert outcome(call, ClientId=app, RefreshToken=expired) == "NotAuthorizedException"


def test_the_sites_client_rotates_only_when_the_stack_says_so() -> None:
    first = STACK.tokens("bob@example.com")["refresh_token"]
    answer = STACK.token_endpoint(grant_type="refresh_token", refresh_token=first)
    assert "refresh_token" not in answer.json()
