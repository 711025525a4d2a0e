"""When and how a person really signed in: auth_time, and amr and acr where they were asked for.

The moment of the sign-in, not that of the token: a refresh keeps it, and so does a sign-in that
managed login's cookie let through. A max_age or a fresh sign-in could not be told otherwise, for
ministack writes the time of minting. The refresh token carries the facts, so a restart loses none.
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html
https://openid.net/specs/openid-connect-core-1_0.html#IDToken
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import parse_qs

from localaws.seam import Function, replace

FACTS = ("auth_time", "amr", "acr")
Facts = dict[str, Any]
_facts: ContextVar[Facts | None] = ContextVar("facts", default=None)


def install() -> None:
    from ministack.services import cognito

    replace(cognito, "_oauth2_token", _of_code)
    replace(cognito, "_refresh_auth_result", _of_refresh_token)
    replace(cognito, "_signed_jwt", _into_tokens)


def remember(code: str, *, auth_time: int, amr: list[str], acr: str | None) -> None:
    """Note on an authorization code when and how the person signed in.

    The tokens made from it, and those refreshed later, carry auth_time (seconds since 1970); amr and
    acr only when acr is given, which is when acr_values was asked for. KeyError for an unknown code.
    """
    from ministack.services import cognito

    facts: Facts = {"auth_time": auth_time}
    if acr is not None:
        facts |= {"amr": amr, "acr": acr}
    cognito._authorization_codes[code]["authentication"] = facts


@contextmanager
def _signed_in(facts: Facts | None) -> Iterator[None]:
    """Tokens that are minted meanwhile carry these facts."""
    before = _facts.set(facts)
    try:
        yield
    finally:
        _facts.reset(before)


def _of_code(original: Function) -> Function:
    def _oauth2_token(
        data: Any, query_params: Any, raw_body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Any:
        from ministack.services import cognito

        codes = parse_qs(raw_body.decode("utf-8", "replace")).get("code", [""])
        entry = cognito._authorization_codes.get(codes[0]) or {}
        with _signed_in(entry.get("authentication")):
            return original(data, query_params, raw_body, headers)

    return _oauth2_token


def _of_refresh_token(original: Function) -> Function:
    """The claims are believed only as far as the original believes the token."""

    def _refresh_auth_result(pool: Any, pid: str, cid: str, refresh_token: str) -> Any:
        from ministack.services import cognito

        claims = cognito._token_claims(refresh_token)
        facts = {name: claims[name] for name in FACTS if name in claims}
        # One from before this extension: it was issued when the person signed in.
        with _signed_in(facts or {"auth_time": claims.get("iat")}):
            return original(pool, pid, cid, refresh_token)

    return _refresh_auth_result


def _into_tokens(original: Function) -> Function:
    """After the trigger, which may not change these claims on AWS either."""

    def _signed_jwt(claims: dict[str, Any], pool_id: str = "", use: str = "") -> Any:
        if claims.get("token_use") in {"id", "access", "refresh"}:
            claims = {**claims, **(_facts.get() or {})}
        if claims.get("token_use") == "refresh":
            claims.setdefault("auth_time", claims["iat"])
        return original(claims, pool_id, use)

    return _signed_jwt
