"""The hosted endpoints, well and unwell."""

from typing import Any

import pytest
from pytest_django import Settings

from accounts import cognito as edge
from accounts.cognito import InvalidGrant, Misconfigured, Tokens
from accounts.faults import Fault, Unavailable
from tests.fakes import FakeCognito

CALLS = {
    "/oauth2/token": lambda: edge.exchange_code(code="c", code_verifier="v"),
    "/oauth2/revoke": lambda: edge.revoke("r"),
    "/jwks.json": edge.fetch_keys,
}
UNWELL: list[dict[str, Any]] = [
    {"status": 500, "body": {"error": "oops"}},
    {"status": 503, "body": b"<html>busy</html>"},
    {"status": 429, "body": {"error": "TooManyRequestsException"}},
    {"status": 400, "body": b"not json"},
    {"status": 302, "body": {"error": "elsewhere"}},
    {"reset": True},
]
GARBAGE: list[object] = [
    b"",
    b"\xff\xfe",
    b"[]",
    b"null",
    b"{}",
    b'{"id_token": 1, "access_token": 2}',
    b'{"id_token": "i", "access_token": "a", "refresh_token": 7}',
]


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize("how", UNWELL, ids=str)
def test_pitfall_03_an_outage_is_told_as_one(
    cognito: FakeCognito, path: str, how: dict[str, Any]
) -> None:
    """An error of the token endpoint is an outage to wait for, not a crash."""
    # A connection that breaks may be tried again by the HTTP library; it breaks again.
    cognito.will_answer(path, times=4, **how)
    with pytest.raises(Unavailable):
        CALLS[path]()


@pytest.mark.parametrize("path", CALLS)
def test_pitfall_14_every_call_has_a_time_out(
    cognito: FakeCognito, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "TIMEOUT", (0.2, 0.2))
    cognito.will_answer(path, slow=True, times=4)
    with pytest.raises(Unavailable):
        CALLS[path]()


@pytest.mark.parametrize("path", ["/oauth2/token", "/jwks.json"])
@pytest.mark.parametrize("body", GARBAGE, ids=repr)
def test_garbage_is_told_as_an_outage(cognito: FakeCognito, path: str, body: object) -> None:
    cognito.will_answer(path, body=body)
    with pytest.raises(Unavailable):
        CALLS[path]()


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        ("invalid_grant", InvalidGrant),
        ("invalid_client", Misconfigured),
        ("unauthorized_client", Misconfigured),
        ("unsupported_grant_type", Misconfigured),
        ("invalid_request", Misconfigured),
    ],
)
def test_a_refusal_is_told_as_one(cognito: FakeCognito, error: str, fault: type[Fault]) -> None:
    cognito.will_answer("/oauth2/token", 400, {"error": error, "error_description": "SECRET"})
    with pytest.raises(fault) as told:
        edge.refresh("r")
    assert "SECRET" not in str(told.value)


def test_the_code_goes_with_its_verifier_to_the_registered_callback(
    cognito: FakeCognito, settings: Settings
) -> None:
    edge.exchange_code(code="the-code", code_verifier="the-verifier")
    form = cognito.calls[0].form
    assert form["code"] == "the-code"
    assert form["code_verifier"] == "the-verifier"
    assert form["redirect_uri"] == f"{settings.SITE_URL}/oidc/callback/"


def test_tokens_never_show_in_a_repr() -> None:
    shown = repr(Tokens("the-id", "the-access", "the-refresh"))
    assert not any(secret in shown for secret in ("the-id", "the-access", "the-refresh"))


def test_revoking_a_dead_token_is_no_error(cognito: FakeCognito) -> None:
    cognito.will_answer("/oauth2/revoke", 200, b"")
    edge.revoke("long-dead")


# --- Away ------------------------------------------------------------------------------------------


class Away:
    """A breaker and its clock."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.breaker = edge.Breaker(lambda: self.now)
        assert self.breaker.lets_through()
        self.breaker.timed_out()


def test_after_a_time_out_calls_fail_at_once(
    cognito: FakeCognito, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise each request would wait, and sixteen of them would stop the whole process."""
    monkeypatch.setattr(edge, "TIMEOUT", (0.2, 0.2))
    cognito.will_answer("/oauth2/token", slow=True)
    for _ in range(20):
        with pytest.raises(Unavailable):
            edge.refresh("r")
    assert cognito.count("/oauth2/token") == 1


def test_a_quick_failure_stops_nobody_else_from_trying(cognito: FakeCognito) -> None:
    cognito.will_answer("/oauth2/token", 503, b"")
    with pytest.raises(Unavailable):
        edge.refresh("r")
    assert edge.refresh("r")


def test_after_a_rest_one_call_at_a_time_tries_again() -> None:
    away = Away()
    assert not away.breaker.lets_through()
    away.now += edge.REST
    assert [away.breaker.lets_through() for _ in range(3)] == [True, False, False]
    away.breaker.timed_out()
    away.now += edge.REST - 0.1
    assert not away.breaker.lets_through()


def test_a_call_that_never_came_back_lets_another_one_try() -> None:
    away = Away()
    away.now += edge.REST
    assert away.breaker.lets_through()
    away.now += sum(edge.TIMEOUT)
    assert away.breaker.lets_through()


def test_the_first_answer_lets_everybody_call_again() -> None:
    away = Away()
    away.now += edge.REST
    assert away.breaker.lets_through()
    away.breaker.answered()
    assert all(away.breaker.lets_through() for _ in range(3))
