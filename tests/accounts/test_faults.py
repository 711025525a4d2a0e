"""What a person gets to see when Cognito fails: each of its calls, in each way to fail.

None of it is a crash, loses anything, or shows or logs a secret. TABLE is to be read: for each call what
the answer is, in the order of FAULTS.
"""

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from botocore.config import Config
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from pythonjsonlogger.json import JsonFormatter

from accounts import cognito as edge
from accounts import credentials, tokens, user_pool
from accounts.models import PendingRevocation, Session, User
from files.models import File
from tests.accounts.signing_in import Answer, begin, finish, sign_in
from tests.fakes import FakeCognito

pytestmark = pytest.mark.django_db

SOON = 0.5  # seconds: as good as the real time-outs, which are tested where they are set, and yet
# more than a busy machine takes for a call that is not slow
OAUTH = {"error": "invalid_grant", "error_description": "WORDS OF COGNITO"}
API = {"__type": "InvalidParameterException", "message": "WORDS OF COGNITO"}

# How Cognito fails. A connection that breaks may be tried again by the HTTP library: it breaks again.
FAULTS: dict[str, dict[str, Any]] = {
    "400": {"status": 400},
    "500": {"status": 500, "body": {"__type": "InternalErrorException", "message": "WORDS OF COGNITO"}},
    "503": {"status": 503, "body": b"<html>WORDS OF COGNITO</html>"},
    "slow": {"slow": True},
    "reset": {"reset": True},
    "garbage": {"body": b'{"WORDS OF COGNITO": \xff'},
    "another shape": {"body": b'{"UserAttributes": 7, "keys": 7, "id_token": 7}'},
}

# The answer's status, and words on its page or where it leads; the button on it.
AWAY = (503, "is not answering", "Sign in again")
AWAY_WHILE_SIGNED_IN = (503, "is not answering", "Try again")
FINE = (200, "Your files", "")
TABLE: dict[str, list[tuple[int, str, str]]] = {
    # The browser comes back with an error, too late, not at all, or with what we never sent.
    "authorize": [
        (403, "The sign-in service says: “WORDS OF COGNITO”", "Sign in again"),
        (403, "The sign-in was cancelled, or refused", "Sign in again"),
        (403, "The sign-in was cancelled, or refused", "Sign in again"),
        (400, "That sign-in page was out of date", "Sign in again"),
        (200, "Sign in", "Sign in"),
        (400, "That sign-in page was out of date", "Sign in again"),
        (400, "That sign-in page was out of date", "Sign in again"),
    ],
    "token, with a code": [(400, "This sign-in cannot be finished", "Sign in again"), *6 * [AWAY]],
    "keys, at a sign-in": 7 * [AWAY],
    "token, with a refresh while the tokens hold": [(302, "/oidc/authenticate/", ""), *6 * [FINE]],
    "token, with a refresh when they have run out": [
        (302, "/oidc/authenticate/", ""),
        *6 * [AWAY_WHILE_SIGNED_IN],
    ],
    "keys, at a refresh while the tokens hold": 7 * [FINE],
    "keys, at a refresh when they have run out": 7 * [AWAY_WHILE_SIGNED_IN],
    "revoke, at a sign-out": 7 * [(302, "/logout?client_id=", "")],
    "identity pool, GetId": 7 * [AWAY_WHILE_SIGNED_IN],
    "identity pool, GetCredentialsForIdentity": 7 * [AWAY_WHILE_SIGNED_IN],
    "user pool, GetUser": 7 * [(200, "Your account", "")],
    "user pool, UpdateUserAttributes": [
        (422, "Cognito does not accept this.", "Save"),
        *5 * [(503, "is not answering", "Save")],
        (302, "/account/", ""),  # all of its answer is a status
    ],
}
CASES = [
    pytest.param(call, fault, expected, id=f"{call}: {fault}")
    for call, outcomes in TABLE.items()
    for fault, expected in zip(FAULTS, outcomes, strict=True)
]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, cognito: FakeCognito, settings: Settings) -> None:
    """Every call ends soon, and goes to the fake."""
    settings.AWS_ENDPOINT_URL = cognito.url
    monkeypatch.setattr(edge, "TIMEOUT", (SOON, SOON))
    shorter = {"connect_timeout": SOON, "read_timeout": SOON, "retries": {"total_max_attempts": 1}}
    for module in (credentials, user_pool):
        monkeypatch.setattr(module, "Config", lambda **usual: Config(**{**usual, **shorter}))
        monkeypatch.setattr(module, "_client", module._client.__wrapped__)


@pytest.mark.parametrize(("call", "fault", "expected"), CASES)
def test_a_fault_of_cognitos_is_told_in_words_and_loses_nothing(
    client: Client,
    cognito: FakeCognito,
    impatient: None,
    caplog: pytest.LogCaptureFixture,
    call: str,
    fault: str,
    expected: tuple[int, str, str],
) -> None:
    status, words, button = expected
    caplog.set_level("INFO")
    answer = JOURNEYS[call](client, cognito, fault)
    page = answer.content.decode() + answer.get("Location", "")
    assert answer.status_code == status
    assert words in page
    assert_button(page, button)
    assert "WORDS OF COGNITO" not in page.replace(words, "")
    assert_no_secret(page + logged(caplog), cognito)
    cognito.answers.clear()
    edge.breaker = edge.Breaker()
    tokens.keys = tokens.KeySet(edge.fetch_keys)
    AFTERWARDS.get(call, goes_on)(client, cognito)


def assert_button(page: str, button: str) -> None:
    """The one thing to press, if there is one."""
    primary = re.findall(r'class="button primary[^>]*>\s*([^<]*?)\s*<', page)
    assert not button or primary == [button]


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """The lines, as the site writes them."""
    formatters = (handler.formatter for handler in logging.getLogger().handlers)
    (json,) = {one for one in formatters if isinstance(one, JsonFormatter)}
    return "\n".join(json.format(record) for record in caplog.records)


def assert_no_secret(shown: str, cognito: FakeCognito) -> None:
    kept = [row.sealed_tokens for row in Session.objects.all()]
    secrets = [value for one in cognito.calls for name, value in one.form.items() if name in SECRET]
    for secret in (*kept, *secrets, "the-c0de", "secret-key-of-bobs", "session-token-of-bobs", "eyJ"):
        assert not secret or secret not in shown


SECRET = {"code", "code_verifier", "refresh_token", "token"}


# --- Who does what when it fails -------------------------------------------------------------------


def fail(cognito: FakeCognito, path: str, fault: str, body: object = OAUTH) -> None:
    cognito.will_answer(path, times=5, **{"body": body, **FAULTS[fault]})


def authorize(client: Client, cognito: FakeCognito, fault: str) -> Answer:
    state = begin(client, "/files/?folder=a/")["state"]
    if fault == "reset":  # managed login is away: the person comes back to the front page
        return client.get("/")
    if fault == "slow":
        client.session.flush()
    back: dict[str, dict[str, str]] = {
        "400": {"error": "invalid_request", "error_description": "WORDS OF COGNITO", "state": state},
        "500": {"error": "server_error", "state": state},
        "503": {"error": "temporarily_unavailable", "state": state},
        "slow": {"code": "the-c0de", "state": state},
        "garbage": {"code": "\x00", "state": "\x00"},
        "another shape": {"error_description": "WORDS OF COGNITO"},
    }
    return client.get("/oidc/callback/", back[fault])


def code(client: Client, cognito: FakeCognito, fault: str) -> Answer:
    asked = begin(client, "/files/?folder=a/")
    fail(cognito, "/oauth2/token", fault)
    answer = finish(client, cognito, asked)
    assert "next=%2Ffiles%2F%3Ffolder%3Da%2F" in answer.content.decode()
    return answer


def keys(client: Client, cognito: FakeCognito, fault: str) -> Answer:
    fail(cognito, "/jwks.json", fault)
    return sign_in(client, cognito)


def refresh(client: Client, cognito: FakeCognito, fault: str, *, left: int, path: str) -> Answer:
    sign_in(client, cognito)
    Session.objects.update(tokens_expire_at=timezone.now() + timedelta(minutes=left))
    tokens.keys = tokens.KeySet(edge.fetch_keys)  # as a process has them that has just started
    cognito.rotate = True
    fail(cognito, path, fault)
    return client.get("/files/")


def revoke(client: Client, cognito: FakeCognito, fault: str) -> Answer:
    sign_in(client, cognito)
    fail(cognito, "/oauth2/revoke", fault)
    return client.post("/oidc/logout/")


def download(client: Client, cognito: FakeCognito, fault: str, *, operation: str) -> Answer:
    sign_in(client, cognito)
    fail(cognito, operation, fault, API)
    return client.get(f"/files/{a_file().pk}/content/")


def account(client: Client, cognito: FakeCognito, fault: str) -> Answer:
    sign_in(client, cognito)
    fail(cognito, "GetUser", fault, API)
    return client.get("/account/")


def rename(client: Client, cognito: FakeCognito, fault: str) -> Answer:
    sign_in(client, cognito)
    fail(cognito, "UpdateUserAttributes", fault, API)
    return client.post("/account/profile/", {"name": "Robert", "locale": "en"})


def a_file() -> File:
    return File.objects.create(
        owner=User.objects.get(), name="a.txt", folded="a.txt", key=f"users/x/{uuid4()}", size=1
    )


JOURNEYS: dict[str, Callable[[Client, FakeCognito, str], Answer]] = {
    "authorize": authorize,
    "token, with a code": code,
    "keys, at a sign-in": keys,
    "token, with a refresh while the tokens hold": partial(refresh, left=4, path="/oauth2/token"),
    "token, with a refresh when they have run out": partial(refresh, left=-1, path="/oauth2/token"),
    "keys, at a refresh while the tokens hold": partial(refresh, left=4, path="/jwks.json"),
    "keys, at a refresh when they have run out": partial(refresh, left=-1, path="/jwks.json"),
    "revoke, at a sign-out": revoke,
    "identity pool, GetId": partial(download, operation="GetId"),
    "identity pool, GetCredentialsForIdentity": partial(download, operation="GetCredentialsForIdentity"),
    "user pool, GetUser": account,
    "user pool, UpdateUserAttributes": rename,
}


# --- And when Cognito is back ----------------------------------------------------------------------


def goes_on(client: Client, cognito: FakeCognito) -> None:
    """Whoever was signed in still is; the others, and those whom Cognito has put out, can sign in."""
    if client.get("/files/").status_code != 200:
        sign_in(client, cognito)
    assert client.get("/files/").status_code == 200


def is_out(client: Client, cognito: FakeCognito) -> None:
    """Here at once, whatever Cognito said; there as soon as it says so."""
    assert client.get("/files/").status_code == 302
    assert PendingRevocation.objects.count() + cognito.count("/oauth2/revoke") >= 1


AFTERWARDS = {"revoke, at a sign-out": is_out}
