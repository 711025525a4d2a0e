"""Verification of Cognito's tokens, in full, with keys fetched once.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
"""

import base64
import hashlib
import hmac
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jwt
from django.conf import settings

from accounts import cognito
from accounts.faults import Unavailable

Claims = dict[str, Any]

LEEWAY = 120  # seconds that our clock and Cognito's may differ by, either way
KEYS_TTL = 6 * 3600  # seconds; Cognito announces no rotation, and an unknown `kid` refetches anyway
COOLDOWN = 60  # seconds between fetches for unknown `kid`s, so that forged ones cost nothing
LATEST = 2**33  # the year 2242: later times are none, and datetime would not take them all
RETRY = 5  # seconds before asking a key endpoint again that has just failed


class BadToken(Exception):
    """Not a token that this site accepts; the text says which check failed, never the token."""


class UnknownKey(BadToken):
    """Signed by a key that the user pool did not have when it was last asked."""


class KeySet:
    """The user pool's keys by `kid`: one fetch per TTL, and at most one per cooldown for unknowns."""

    def __init__(
        self,
        fetch: Callable[[], list[dict[str, Any]]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = self._tried_at = float("-inf")

    def get(self, kid: str) -> jwt.PyJWK:
        """The key; BadToken when there is none of that name, Unavailable when nobody can tell."""
        key = self._keys.get(kid)
        if key and (self._clock() - self._fetched_at < KEYS_TTL or self._lock.locked()):
            return key  # also when it is due, but somebody is fetching already
        with self._lock:  # those who wait here find the first one's keys
            if self._may_fetch(kid):
                self._refetch(keep_old=kid in self._keys)
            if kid in self._keys:
                return self._keys[kid]
        if self._tried_at > self._fetched_at:
            raise Unavailable("The sign-in service is not answering. Please try again in a moment.")
        raise UnknownKey("unknown key id")

    def warm(self) -> None:
        """Fetch the keys unless some are held; Unavailable when they cannot be had."""
        with self._lock:
            if self._keys:
                return
            if self._clock() - self._tried_at < RETRY:
                raise Unavailable
            self._refetch(keep_old=False)

    def _may_fetch(self, kid: str) -> bool:
        now = self._clock()
        if self._tried_at > self._fetched_at:
            return now - self._tried_at >= RETRY
        wait = KEYS_TTL if kid in self._keys else COOLDOWN
        return now - self._fetched_at >= wait

    def _refetch(self, *, keep_old: bool) -> None:
        try:
            fetched = self._fetch()
        except Unavailable:
            self._tried_at = self._clock()  # from its end: a time-out lasts longer than RETRY
            if not keep_old:  # a known key stays good while the endpoint is away
                raise
            return
        # Only RSA keys for signatures; anything else in the set is not for us to use.
        usable = [key for key in fetched if key.get("kty") == "RSA" and key.get("kid")]
        self._keys = {str(key["kid"]): jwt.PyJWK(key, algorithm="RS256") for key in usable}
        self._fetched_at = self._tried_at = self._clock()


keys = KeySet(lambda: cognito.fetch_keys())


def verify_id_token(token: str, *, nonce: str | None = None, access_token: str | None = None) -> Claims:
    """The claims of a genuine ID token for this app client, or BadToken.

    nonce: the one sent to /oauth2/authorize, at sign-in; access_token: checked against `at_hash`.
    """
    claims = _verify(token, use="id", audience=settings.COGNITO_CLIENT_ID)
    if nonce is not None and not _same(claims.get("nonce"), nonce):
        raise BadToken("wrong nonce")
    if access_token is not None and "at_hash" in claims:
        digest = hashlib.sha256(access_token.encode()).digest()
        half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
        if not _same(claims["at_hash"], half):
            raise BadToken("wrong at_hash")
    return claims


def verify_access_token(token: str) -> Claims:
    """The claims of a genuine access token for this app client: it has `client_id`, not `aud`."""
    claims = _verify(token, use="access", audience=None)
    if not _same(claims.get("client_id"), settings.COGNITO_CLIENT_ID):
        raise BadToken("wrong client_id")
    return claims


def claims_of_verified(token: str) -> Claims:
    """The claims of a token that this site has verified before and kept sealed since."""
    claims: Claims = jwt.decode(token, options={"verify_signature": False})
    return claims


def _verify(token: str, *, use: str, audience: str | None) -> Claims:
    try:
        key = keys.get(_key_id(token.partition(".")[0]))
        claims: Claims = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            issuer=settings.COGNITO_ISSUER,
            audience=audience,
            leeway=LEEWAY,
            options={
                "require": ["exp", "iat", "iss", "sub", "token_use"],
                "verify_aud": audience is not None,
                "strict_aud": audience is not None,
            },
        )
    except (jwt.PyJWTError, UnicodeError) as error:
        raise BadToken(type(error).__name__) from None
    if not all(isinstance(claims[name], int) and claims[name] < LATEST for name in ("exp", "iat")):
        raise BadToken("not a time")
    if claims["token_use"] != use:
        raise BadToken("wrong token_use")
    return claims


@lru_cache(maxsize=64)
def _key_id(header: str) -> str:
    """The `kid` of a token's first part, which is the same text in all tokens that a key has signed.

    Reading it takes a third of what verifying the token does; jwt.decode reads the header once more.
    """
    return str(jwt.get_unverified_header(f"{header}..").get("kid"))


def _same(left: object, right: str) -> bool:
    return isinstance(left, str) and hmac.compare_digest(left.encode(), right.encode())
