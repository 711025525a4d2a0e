"""Cognito's hosted endpoints: the token endpoint, revocation, the signing keys, and two addresses.

The only module that speaks HTTP to them. Every call has a time-out, follows no redirect, and ends in
an answer of the expected shape or in one of this module's exceptions; none carries a token.
https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html
"""

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cache as once
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlencode

import requests
from django.conf import settings
from django.urls import reverse

from accounts.faults import Fault, Unavailable

logger = logging.getLogger(__name__)

TIMEOUT = (3.05, 6.0)  # seconds to connect (just over one TCP retransmission), and to answer
REST = 5.0  # seconds in which nobody asks, after an answer that did not come


@dataclass(frozen=True)
class Tokens:
    """What the token endpoint gives; a refresh brings no refresh_token unless rotation is on."""

    id_token: str = field(repr=False)
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False, default=None)

    def dump(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> "Tokens":
        return cls(**json.loads(text))


class Breaker:
    """After a call that timed out, the next ones fail at once; then one at a time tries again.

    Each would wait its whole time-out otherwise, while the process has 16 threads for everybody: those
    who need nothing of Cognito now would wait with them. Any answer, even a refusal, ends it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._out = False
        self._not_before = 0.0

    def lets_through(self) -> bool:
        """Whether to call; while Cognito is away, whoever may keeps the others back meanwhile."""
        with self._lock:
            if self._out and self._clock() < self._not_before:
                return False
            self._not_before = self._clock() + sum(TIMEOUT)
            return True

    def answered(self) -> None:
        self._out = False

    def timed_out(self) -> None:
        with self._lock:
            self._out, self._not_before = True, self._clock() + REST


breaker = Breaker()  # of this process, for /oauth2/token and /oauth2/revoke; accounts.tokens has its own


class InvalidGrant(Fault):
    """The code or refresh token is used, expired, revoked, or somebody else's."""

    status = 400
    title = "This sign-in cannot be finished"
    detail = "It was used already, or it took too long. Please sign in again."
    retry_after = None


class Misconfigured(Fault):
    """Cognito does not accept this app client: the site's configuration is wrong."""

    title = "Sign-in is misconfigured"
    detail = "Cognito does not accept this site's app client. Please tell an administrator."
    retry_after = None


def redirect_uri() -> str:
    """The callback registered with the app client, from SITE_URL: never from the Host header."""
    return f"{settings.SITE_URL}{reverse('oidc_authentication_callback')}"


def logout_url() -> str:
    """Where managed login's own session ends; Cognito ignores all but these two parameters.

    https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html
    """
    query = {"client_id": settings.COGNITO_CLIENT_ID, "logout_uri": f"{settings.SITE_URL}/"}
    return f"{settings.COGNITO_DOMAIN}/logout?{urlencode(query)}"


def exchange_code(*, code: str, code_verifier: str) -> Tokens:
    """Redeem an authorization code, once. Raises InvalidGrant, Misconfigured or Unavailable."""
    return _token_call(
        grant_type="authorization_code",
        code=code,
        code_verifier=code_verifier,
        redirect_uri=redirect_uri(),
    )


def refresh(refresh_token: str) -> Tokens:
    """New tokens for a refresh token. Raises InvalidGrant, Misconfigured or Unavailable."""
    return _token_call(grant_type="refresh_token", refresh_token=refresh_token)


def revoke(refresh_token: str) -> None:
    """End a refresh token and all that came of it; a dead one is no error (RFC 7009)."""
    answer = _post("/oauth2/revoke", {"token": refresh_token})
    if answer.status_code != requests.codes.ok:
        raise _refusal(answer, "revoke")


def fetch_keys() -> list[dict[str, Any]]:
    """The user pool's public keys (RFC 7517). Raises Unavailable."""
    try:
        answer = _http().get(settings.COGNITO_JWKS_URL, timeout=TIMEOUT, allow_redirects=False)
        keys = answer.json()["keys"] if answer.ok else None
    except (requests.RequestException, ValueError, TypeError, KeyError) as error:
        raise _unavailable("jwks", type(error).__name__) from None
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise _unavailable("jwks", f"status {answer.status_code}")
    return keys


def _token_call(**form: str) -> Tokens:
    answer = _post("/oauth2/token", form)
    if answer.status_code != requests.codes.ok:
        raise _refusal(answer, form["grant_type"])
    try:
        body = answer.json()
        tokens = Tokens(body["id_token"], body["access_token"], body.get("refresh_token"))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise _unavailable(form["grant_type"], "not a token answer") from None
    texts = (tokens.id_token, tokens.access_token, tokens.refresh_token or "")
    if not all(isinstance(text, str) for text in texts):
        raise _unavailable(form["grant_type"], "not a token answer")
    return tokens


def _post(path: str, form: dict[str, str]) -> requests.Response:
    if not breaker.lets_through():
        raise _unavailable(path, "it timed out a moment ago")
    try:
        answer = _http().post(
            settings.COGNITO_DOMAIN + path,
            data={"client_id": settings.COGNITO_CLIENT_ID, **form},
            auth=(settings.COGNITO_CLIENT_ID, settings.COGNITO_CLIENT_SECRET),
            timeout=TIMEOUT,
            allow_redirects=False,
        )
    except requests.Timeout as error:
        breaker.timed_out()
        raise _unavailable(path, type(error).__name__) from None
    except requests.RequestException as error:
        breaker.answered()  # with an error, but at once
        raise _unavailable(path, type(error).__name__) from None
    breaker.answered()
    return answer


def _refusal(answer: requests.Response, call: str) -> Fault:
    """RFC 6749 §5.2 answers 400 (401 for the client) with an error code; all else is an outage."""
    try:
        code = str(answer.json()["error"])
    except (ValueError, TypeError, KeyError):
        code = ""
    if answer.status_code not in {400, 401} or not code:
        return _unavailable(call, f"status {answer.status_code}")
    logger.warning("cognito refused", extra={"call": call, "code": code[:64]})
    return InvalidGrant() if code == "invalid_grant" else Misconfigured()


def _unavailable(call: str, why: str) -> Unavailable:
    logger.warning("cognito unavailable", extra={"call": call, "why": why})
    return Unavailable("The sign-in service is not answering. Please try again in a moment.")


@once
def _http() -> requests.Session:
    """Warm connections, shared by the process's threads; it keeps no cookies of Cognito's."""
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session
