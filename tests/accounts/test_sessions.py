"""Tokens that are kept, and kept fresh."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts import cognito as edge
from accounts.models import Session, User
from accounts.sessions import SessionStore
from tests.accounts.signing_in import sign_in
from tests.fakes import FakeCognito

pytestmark = pytest.mark.django_db


def let_tokens_run(left: timedelta) -> None:
    """As if the hour had passed: so much of the ID token's life is left."""
    Session.objects.update(tokens_expire_at=timezone.now() + left)


def refresh_token(client: Client) -> str | None:
    store: Any = client.session
    token: str | None = store.tokens.refresh_token
    return token


def page(client: Client) -> int:
    return client.get("/files/").status_code


def test_tokens_are_refreshed_before_they_expire(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    let_tokens_run(timedelta(minutes=4))
    cognito.calls.clear()
    assert page(client) == page(client) == 200
    assert cognito.count("/oauth2/token") == 1


def test_tokens_with_time_left_are_not_refreshed(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    let_tokens_run(timedelta(minutes=6))
    cognito.calls.clear()
    assert page(client) == 200
    assert cognito.calls == []


def test_a_post_refreshes_as_well_as_a_get(client: Client, cognito: FakeCognito) -> None:
    """Pitfall 8: whatever the method, nobody is sent anywhere to refresh."""
    sign_in(client, cognito)
    let_tokens_run(timedelta(minutes=-1))
    cognito.calls.clear()
    client.post("/files/upload/", {"folder": ""})
    assert cognito.count("/oauth2/token") == 1


def test_without_rotation_the_refresh_token_and_a_new_id_token_are_kept(
    client: Client, cognito: FakeCognito
) -> None:
    """Pitfall 9: a refresh that brings no refresh token loses none, and brings an ID token."""
    sign_in(client, cognito)
    before = refresh_token(client)
    let_tokens_run(timedelta(0))
    assert page(client) == 200
    assert refresh_token(client) == before
    row = Session.objects.get()
    assert row.tokens_expire_at is not None
    assert row.tokens_expire_at > timezone.now() + timedelta(minutes=55)


def test_with_rotation_the_new_refresh_token_is_kept(client: Client, cognito: FakeCognito) -> None:
    """Pitfalls 10 and 19."""
    cognito.rotate = True
    sign_in(client, cognito)
    before = refresh_token(client)
    let_tokens_run(timedelta(0))
    assert page(client) == 200
    assert refresh_token(client) not in {before, None}


def test_groups_are_taken_away_at_the_refresh(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    cognito.claims = {"cognito:groups": None}
    let_tokens_run(timedelta(0))
    page(client)
    assert not User.objects.get().groups.exists()


def test_a_sign_in_that_cognito_has_ended_ends_here(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    let_tokens_run(timedelta(minutes=4))
    cognito.will_answer("/oauth2/token", 400, {"error": "invalid_grant"})
    assert page(client) == 302
    assert not Session.objects.exclude(user=None).exists()


@pytest.mark.parametrize("left", [timedelta(minutes=4), timedelta(minutes=-1)], ids=str)
def test_a_misconfigured_client_ends_no_sign_in_and_blocks_nobody(
    client: Client, cognito: FakeCognito, left: timedelta
) -> None:
    sign_in(client, cognito)
    let_tokens_run(left)
    cognito.will_answer("/oauth2/token", 400, {"error": "invalid_client"})
    assert page(client) == (200 if left > timedelta(0) else 502)
    assert Session.objects.get().refreshing_until is None
    assert page(client) == 200


def test_tokens_that_another_request_has_rotated_meanwhile_are_taken(
    client: Client, cognito: FakeCognito
) -> None:
    """Pitfall 10: after `invalid_grant` the row is read again."""
    sign_in(client, cognito)
    slow: Any = SessionStore(client.session.session_key)
    let_tokens_run(timedelta(minutes=4))
    assert slow.person
    rotated = edge.Tokens(cognito.id_token(), cognito.access_token(), "rotated")
    client.session.keep_tokens(rotated)  # type: ignore[attr-defined]
    cognito.will_answer("/oauth2/token", 400, {"error": "invalid_grant"})
    slow._renew()
    assert slow.tokens.refresh_token == "rotated"


def test_a_refresh_that_answers_for_somebody_else_ends_the_sign_in(
    client: Client, cognito: FakeCognito
) -> None:
    sign_in(client, cognito)
    cognito.claims = {"sub": "mallory-sub"}
    let_tokens_run(timedelta(minutes=4))
    assert page(client) == 302


@pytest.mark.parametrize("how", [{"status": 503, "body": b""}, {"reset": True}], ids=str)
def test_while_cognito_is_away_people_go_on_working(
    client: Client, cognito: FakeCognito, how: dict[str, Any]
) -> None:
    """Pitfall 10: tokens are kept on a passing error."""
    sign_in(client, cognito)
    before = refresh_token(client)
    let_tokens_run(timedelta(minutes=4))
    cognito.will_answer("/oauth2/token", **how)
    assert page(client) == 200
    assert refresh_token(client) == before
    assert page(client) == 200
    assert Session.objects.get().tokens_expire_at > timezone.now() + timedelta(minutes=55)  # type: ignore[operator]


def test_when_cognito_is_away_and_the_tokens_have_run_out_a_page_says_so(
    client: Client, cognito: FakeCognito
) -> None:
    sign_in(client, cognito)
    let_tokens_run(timedelta(minutes=-1))
    cognito.will_answer("/oauth2/token", 503, b"")
    answer = client.get("/files/")
    assert answer.status_code == 503
    assert "not answering" in answer.content.decode()
    assert page(client) == 200, "and the sign-in is not lost"


def test_an_api_call_is_told_the_same_as_a_problem_document(
    client: Client, cognito: FakeCognito
) -> None:
    """Pitfall 8: a program gets a status that it understands, not a redirect."""
    sign_in(client, cognito)
    let_tokens_run(timedelta(minutes=-1))
    cognito.will_answer("/oauth2/token", 503, b"")
    answer = client.get("/api/v1/files")
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert answer["Retry-After"] == "5"


def test_sessions_survive_a_new_secret_key(
    client: Client, cognito: FakeCognito, settings: Settings
) -> None:
    sign_in(client, cognito)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "n" * 50
    assert page(client) == 200


def test_saving_the_session_does_not_write_back_old_tokens(client: Client, cognito: FakeCognito) -> None:
    """Pitfall 10: a slow request must not undo another one's refresh."""
    cognito.rotate = True
    sign_in(client, cognito)
    slow = SessionStore(client.session.session_key)
    slow["note"] = "read before the refresh"
    let_tokens_run(timedelta(0))
    page(client)
    refreshed = refresh_token(client)
    slow.save()
    assert refresh_token(client) == refreshed


def test_expired_sessions_are_cleared_with_their_tokens(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    sign_in(Client(), cognito)
    Session.objects.filter(pk=client.session.session_key).update(expire_date=timezone.now())
    call_command("clearsessions")
    assert Session.objects.get().pk != client.session.session_key


@pytest.mark.django_db(transaction=True)
def test_many_requests_at_once_refresh_once(
    client: Client, cognito: FakeCognito, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pitfall 10: one refresh per session at a time, and nobody fails."""
    cognito.rotate = True
    sign_in(client, cognito)
    let_tokens_run(timedelta(seconds=-1))
    cognito.calls.clear()
    _hold_back(monkeypatch, until=threading.Event())
    key = client.cookies["sessionid"].value

    def one_request(_: int) -> int:
        other = Client()
        other.cookies["sessionid"] = key
        try:
            return other.get("/").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(64) as pool:
        statuses = list(pool.map(one_request, range(64)))
    assert statuses == [302] * 64
    assert cognito.count("/oauth2/token") == 1


def _hold_back(monkeypatch: pytest.MonkeyPatch, until: threading.Event) -> None:
    """Make the refresh take long enough for the other requests to run into it."""
    real: Callable[[str], edge.Tokens] = edge.refresh

    def slow(token: str) -> edge.Tokens:
        until.wait(0.5)
        return real(token)

    monkeypatch.setattr(edge, "refresh", slow)
