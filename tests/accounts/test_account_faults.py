"""The account page while Cognito fails, and for people whom another provider signs in."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.dispatch import Signal
from django.test import Client
from pytest_django import Settings

from accounts import claims, credentials, leaving, sealed_cache, user_pool
from accounts.models import AuditEvent, Kind, PendingRevocation, Session, User
from accounts.tokens import claims_of_verified
from tests.accounts.signing_in import sign_in
from tests.accounts.test_account import words
from tests.accounts.test_user_pool import count, will_answer
from tests.fakes import OPERATIONS, FakeCognito

pytestmark = pytest.mark.django_db

CHANGES: dict[str, dict[str, str]] = {
    "/account/profile/": {"name": "Robert", "locale": "de"},
    "/account/email/": {"email": "robert@example.com"},
    "/account/email/code/": {"code": "123456"},
    "/account/password/": {"old": "SECRET-OLD-ONE", "new": "SECRET-NEW-ONE", "again": "SECRET-NEW-ONE"},
    "/account/authenticator/": {},
    "/account/authenticator/confirm/": {"code": "123456"},
    "/account/authenticator/remove/": {},
    "/account/delete/": {"confirmation": "bob@example.com"},
}
FAILURES: dict[str, dict[str, Any]] = {
    "500": {"status": 500, "body": b""},
    "503": {"status": 503, "body": {"__type": "ServiceUnavailable", "message": "SECRET-REASON"}},
    "400": {"status": 400, "body": {"__type": "NewException", "message": "SECRET-REASON"}},
    "garbage": {"status": 200, "body": b"<html>SECRET-REASON"},
    "reset": {"reset": True},
}
REVOKED = {"__type": "NotAuthorizedException", "message": "Access Token has been revoked"}


@pytest.fixture
def pool(cognito: FakeCognito, settings: Settings) -> Iterator[FakeCognito]:
    """Bob's Cognito, its API included, that can be told to fail."""
    settings.AWS_ENDPOINT_URL = cognito.url
    user_pool._client.cache_clear()
    yield cognito
    user_pool._client.cache_clear()


@pytest.fixture
def bob(client: Client, pool: FakeCognito) -> Client:
    sign_in(client, pool)
    session = client.session
    session["new_email"] = "robert@example.com"
    session.save()
    return client


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("path", CHANGES)
def test_a_change_that_cognito_fails_is_told_in_words(
    bob: Client, pool: FakeCognito, path: str, failure: str
) -> None:
    will_answer(pool, **FAILURES[failure])
    answer = bob.post(path, CHANGES[path])
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert "The sign-in service " in words(answer)
    assert "SECRET" not in answer.content.decode()
    changes = {Kind.FIRST_SEEN, Kind.SIGNED_IN, Kind.GROUPS_CHANGED}
    assert set(AuditEvent.objects.values_list("kind", flat=True)) <= changes, "nothing has changed"


@pytest.mark.parametrize("path", ["/account/profile/", "/account/email/", "/account/email/code/"])
def test_what_was_typed_stays_when_cognito_fails(bob: Client, pool: FakeCognito, path: str) -> None:
    will_answer(pool, 503, b"")
    page = bob.post(path, CHANGES[path]).content.decode()
    assert f'value="{next(iter(CHANGES[path].values()))}"' in page


@pytest.mark.parametrize("path", CHANGES)
def test_too_many_attempts_are_told_with_a_time_to_wait(
    bob: Client, pool: FakeCognito, path: str
) -> None:
    will_answer(pool, 400, {"__type": "LimitExceededException", "message": "SECRET"})
    answer = bob.post(path, CHANGES[path])
    assert (answer.status_code, answer["Retry-After"]) in {(429, "60"), (503, "5")}
    assert "SECRET" not in answer.content.decode()


@pytest.mark.parametrize("path", CHANGES)
def test_whom_cognito_has_signed_out_is_asked_to_sign_in_again(
    bob: Client, pool: FakeCognito, path: str
) -> None:
    will_answer(pool, 400, REVOKED)
    answer = bob.post(path, CHANGES[path])
    assert answer.status_code == 401
    assert "Please sign in again" in words(answer)
    assert not Session.objects.exclude(user=None).exists(), "and is signed out here as well"


@pytest.mark.parametrize("failure", FAILURES)
def test_the_overview_is_of_use_while_cognito_fails(
    bob: Client, pool: FakeCognito, failure: str
) -> None:
    will_answer(pool, **FAILURES[failure])
    answer = bob.get("/account/")
    page = words(answer)
    assert answer.status_code == 200
    assert "The sign-in service is not answering" in page
    assert "bob@example.com" in page
    assert "As one of the group members" in page
    assert "Signed in" in page
    assert "Not known at the moment" in page


def test_a_view_of_the_overview_costs_one_call(bob: Client, pool: FakeCognito) -> None:
    bob.get("/account/")
    assert count(pool) == 1


def test_the_other_pages_cost_none(bob: Client, pool: FakeCognito) -> None:
    for path in CHANGES:
        bob.get(path)
    assert count(pool) == 0


def test_signing_out_everywhere_holds_here_while_cognito_is_away(bob: Client, pool: FakeCognito) -> None:
    will_answer(pool, 503, b"")
    pool.will_answer("/oauth2/revoke", 503, b"", times=3)
    assert bob.post("/account/sign-out/")["Location"].startswith(f"{pool.url}/logout?")
    assert not Session.objects.exclude(user=None).exists()
    assert PendingRevocation.objects.count() == 1
    assert "other apps may still know you" in words(bob.get("/"))


def test_signed_out_everywhere_is_not_claimed_when_only_this_sign_in_is_known_to_have_ended(
    bob: Client, pool: FakeCognito
) -> None:
    """A dead access token says nothing of the person's other sign-ins."""
    will_answer(pool, 400, REVOKED)
    bob.post("/account/sign-out/")
    assert "other apps may still know you" in words(bob.get("/"))
    assert pool.count("/oauth2/revoke") == 1, "and what is known here is ended one by one"


def test_signing_out_everywhere_is_one_call_when_cognito_does_it(bob: Client, pool: FakeCognito) -> None:
    sign_in(Client(), pool)
    bob.post("/account/sign-out/")
    assert (pool.count("GlobalSignOut"), pool.count("/oauth2/revoke")) == (1, 0)
    assert not PendingRevocation.objects.exists()
    assert "other apps may still know you" not in words(bob.get("/"))


def test_signing_out_everywhere_holds_here_even_with_tokens_that_ran_out(
    bob: Client, pool: FakeCognito
) -> None:
    Session.objects.update(tokens_expire_at="2020-01-01T00:00:00Z")
    pool.will_answer("/oauth2/token", 503, b"", times=3)
    assert bob.post("/account/sign-out/").status_code == 302
    assert not Session.objects.exclude(user=None).exists()


def test_signing_out_everywhere_as_nobody_leads_to_signing_in(client: Client, pool: FakeCognito) -> None:
    assert client.post("/account/sign-out/")["Location"] == "/oidc/authenticate/"


@pytest.mark.parametrize(
    "path",
    [
        "/account/email/",
        "/account/authenticator/",
        "/account/authenticator/confirm/",
        "/account/authenticator/remove/",
        "/account/delete/",
    ],
)
def test_an_old_sign_in_does_not_open_what_could_take_an_account_over(
    client: Client, pool: FakeCognito, path: str
) -> None:
    pool.claims["auth_time"] = int(time.time()) - 7200
    sign_in(client, pool)
    for answer in (client.get(path), client.post(path, CHANGES[path])):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/oidc/authenticate/?next=%2Faccount%2F")
    assert count(pool) == 0


def test_an_attribute_that_the_app_client_may_not_write_ends_no_sign_in(
    bob: Client, pool: FakeCognito
) -> None:
    message = "A client attempted to write unauthorized attribute"
    will_answer(pool, 400, {"__type": "NotAuthorizedException", "message": message})
    answer = bob.post("/account/profile/", CHANGES["/account/profile/"])
    assert answer.status_code == 502
    assert "may not change this" in words(answer)
    assert bob.get("/account/").status_code == 200


FLAMES = "\N{FIRE}" * 200


@pytest.mark.parametrize(
    "who",
    [{"email": None, "name": FLAMES}, {"email": f"{FLAMES}@example.com"}],
    ids=["name", "e-mail"],
)
def test_whoever_has_a_long_name_can_add_an_authenticator_app(
    client: Client, pool: FakeCognito, who: dict[str, str | None]
) -> None:
    pool.claims.update(who)
    sign_in(client, pool)
    pool.will_answer("AssociateSoftwareToken", 200, {"SecretCode": "JBSWY3DPEHPK3PXP" * 4})
    answer = client.post("/account/authenticator/")
    assert answer.status_code == 200
    assert "<svg viewBox=" in answer.content.decode()


# --- Leaving, when Cognito's answer is lost ----------------------------------------------------------

GONE = {"__type": "UserNotFoundException", "message": "User does not exist."}


def leave(client: Client) -> Any:
    return client.post("/account/delete/", CHANGES["/account/delete/"])


def then(pool: FakeCognito, **second: Any) -> None:
    """What GetUser answers after DeleteUser; before it, bob is there."""
    pool.will_answer("GetUser", 200, OPERATIONS["GetUser"])
    pool.will_answer("GetUser", **second)


def test_an_account_that_cognito_did_not_delete_can_be_deleted_again(
    bob: Client, pool: FakeCognito
) -> None:
    pool.will_answer("DeleteUser", 503, b"")
    answer = leave(bob)
    assert answer.status_code == 503
    assert "Press the button once more" in words(answer)
    assert User.objects.exists()
    pool.will_answer("DeleteUser", 400, GONE)  # the first call had arrived after all
    assert leave(bob).status_code == 302
    assert not User.objects.exists()


def test_too_many_deletions_at_once_are_told_to_wait(bob: Client, pool: FakeCognito) -> None:
    pool.will_answer("DeleteUser", 400, {"__type": "TooManyRequestsException"})
    assert "Press the button once more" in words(leave(bob))
    assert User.objects.exists()


@pytest.mark.parametrize("gone", [GONE, REVOKED], ids=["not found", "revoked"])
def test_a_deletion_whose_answer_was_lost_is_finished_here(
    bob: Client, pool: FakeCognito, gone: dict[str, str]
) -> None:
    pool.will_answer("DeleteUser", reset=True)
    then(pool, status=400, body=gone)
    assert leave(bob)["Location"].startswith(f"{pool.url}/logout?")
    assert not User.objects.exists()
    assert AuditEvent.objects.filter(kind=Kind.ACCOUNT_DELETED, subject="bob-sub").count() == 1
    assert "if it still works" in words(bob.get("/"))


def test_a_token_that_dies_with_the_account_does_not_keep_the_rest_of_it(
    bob: Client, pool: FakeCognito
) -> None:
    pool.will_answer("DeleteUser", 400, REVOKED)
    assert leave(bob).status_code == 302
    assert not User.objects.exists()


def test_when_nobody_can_tell_whether_cognito_deleted_it_nothing_is_kept_here_and_it_is_said(
    bob: Client, pool: FakeCognito
) -> None:
    sign_in(Client(), pool)
    pool.will_answer("DeleteUser", 503, b"")
    then(pool, status=503, body=b"")
    assert leave(bob).status_code == 302
    assert not User.objects.exists()
    assert not Session.objects.exclude(user=None).exists()
    assert PendingRevocation.objects.count() == 2, "what may still live at Cognito is ended later"
    assert "if it still works" in words(bob.get("/"))


def test_an_account_that_cognito_deleted_costs_no_further_calls(bob: Client, pool: FakeCognito) -> None:
    assert leave(bob).status_code == 302
    assert (count(pool), pool.count("/oauth2/revoke")) == (2, 0)
    assert not PendingRevocation.objects.exists()
    assert "Your account is deleted, and everything that you kept here." in words(bob.get("/"))


def test_a_deletion_that_a_killed_process_left_half_done_can_be_finished(
    bob: Client, pool: FakeCognito, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(access_token: str) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(user_pool, "delete_user", killed)
        with pytest.raises(SystemExit):
            leave(bob)
    assert User.objects.exists()
    will_answer(pool, 400, REVOKED)
    assert leave(bob).status_code == 302
    assert not User.objects.exists()


def test_with_a_dead_token_nothing_is_deleted(
    bob: Client, pool: FakeCognito, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving.leaving, "send", lambda **_: pytest.fail("files would go"))
    pool.will_answer("GetUser", 400, REVOKED)
    assert leave(bob).status_code == 401
    assert User.objects.exists()


def test_a_second_tab_that_deletes_the_same_account_changes_nothing_more(
    bob: Client, pool: FakeCognito, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_tab = Client()
    other_tab.cookies["sessionid"] = bob.cookies["sessionid"].value
    signal, calls = Signal(), []
    monkeypatch.setattr(leaving, "leaving", signal)

    def meanwhile(**_: object) -> None:
        calls.append(1)
        if len(calls) == 1:
            assert leave(other_tab).status_code == 302

    signal.connect(meanwhile)
    assert leave(bob).status_code == 302
    assert AuditEvent.objects.filter(kind=Kind.ACCOUNT_DELETED).count() == 1


def test_a_session_that_was_ended_meanwhile_deletes_nothing(
    bob: Client, pool: FakeCognito, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = user_pool.profile

    def meanwhile(access_token: str) -> user_pool.Profile:
        Session.objects.all().delete()
        return real(access_token)

    monkeypatch.setattr(user_pool, "profile", meanwhile)
    assert leave(bob).status_code == 401
    assert pool.count("DeleteUser") == 0


def test_the_persons_aws_credentials_are_not_kept_in_the_cache(bob: Client, pool: FakeCognito) -> None:
    bob.get("/account/")
    user = User.objects.get()
    identity = claims.identity(claims_of_verified(pool.id_token()))
    key = credentials.cache_key(user, identity)
    sealed_cache.keep(key, {"access_key": "ASIAFAKE"}, 3600)
    assert leave(bob).status_code == 302
    assert sealed_cache.get(key) is None


# --- People of other providers ---------------------------------------------------------------------

GOOGLES = {
    "cognito:username": "Google_1234",
    "identities": [{"userId": "1234", "providerName": "Google", "providerType": "Google"}],
}


@pytest.fixture
def grace(client: Client, pool: FakeCognito) -> Client:
    """Signs in with Google."""
    pool.claims.update(GOOGLES)
    sign_in(client, pool)
    return client


def test_people_of_another_provider_are_told_where_things_are_managed(grace: Client) -> None:
    page = words(grace.get("/account/"))
    assert "You sign in with Google." in page
    assert "Authenticator app" not in page
    assert "Change your password" not in page
    assert "Delete your account" in page


@pytest.mark.parametrize(
    "path", [path for path in CHANGES if path not in {"/account/profile/", "/account/delete/"}]
)
def test_people_of_another_provider_cannot_change_here_what_is_managed_there(
    grace: Client, pool: FakeCognito, path: str
) -> None:
    for answer in (grace.get(path), grace.post(path, CHANGES[path])):
        assert answer.status_code == 403
        assert "You sign in with Google" in words(answer)
    assert count(pool) == 0


def test_people_of_the_pool_with_a_linked_provider_keep_their_sections(
    client: Client, pool: FakeCognito
) -> None:
    pool.claims.update({**GOOGLES, "cognito:username": "5f3c-bob"})
    sign_in(client, pool)
    assert "Change your password" in words(client.get("/account/"))


def test_somebody_without_an_address_types_words_to_delete_the_account(
    client: Client, pool: FakeCognito
) -> None:
    pool.claims.update({"email": None, **GOOGLES})
    sign_in(client, pool)
    assert "delete my account" in words(client.get("/account/delete/"))
    assert client.post("/account/delete/", {"confirmation": ""}).status_code == 422
    assert client.post("/account/delete/", {"confirmation": "Delete my account"}).status_code == 302
