"""Refresh-token rotation: with each refresh a new refresh token, and soon the end of the old.

The new one ends when the first would have, and belongs to the same sign-in (origin_jti), so that
revoking any of them ends them all. The old one is good for RetryGracePeriodSeconds after its first
use, for a client that never got the answer. A rotating app client has no REFRESH_TOKEN_AUTH.
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RefreshTokenRotationType.html
"""

import json
import time
import uuid
from contextvars import ContextVar
from threading import Lock
from typing import Any

from localaws.extensions.random_codes import Pool, User, error
from localaws.seam import Function, replace

PROPERTY, LONGEST_GRACE = "RefreshTokenRotation", 60
RETIRED = "_retired_refresh_tokens"  # in the person's record: jti → [good until, would have ended]
_lock = Lock()
_issued: ContextVar[str] = ContextVar("issued", default="")


def install() -> None:
    from ministack.services import cognito
    from ministack.services.cloudformation import provisioners

    replace(cognito, "_create_user_pool_client", _keep_setting)
    replace(cognito, "_update_user_pool_client", _keep_setting)
    replace(cognito, "_refresh_auth_result", _rotate)
    replace(cognito, "_oauth2_refresh_api_issued_token", _hand_out)
    replace(cognito, "_initiate_auth", _not_by_old_call)
    # CloudFormation hands on only what is named here; None is what a dropped property becomes.
    provisioners._COGNITO_USER_POOL_CLIENT_UPDATABLE.setdefault(PROPERTY, None)


def grace(client: dict[str, Any]) -> int | None:
    """For how many seconds an old token stays good; None for a client that does not rotate."""
    setting = client.get(PROPERTY) or {}
    if setting.get("Feature") != "ENABLED":
        return None
    return int(setting.get("RetryGracePeriodSeconds") or 0)


def _keep_setting(original: Function) -> Function:
    def _user_pool_client(data: dict[str, Any]) -> Any:
        from ministack.core.responses import json_response
        from ministack.services import cognito

        if PROPERTY not in data:
            return original(data)
        seconds = grace(data)
        flows = data.get("ExplicitAuthFlows") or []
        if seconds is not None and not 0 <= seconds <= LONGEST_GRACE:
            return error("InvalidParameterException", "RetryGracePeriodSeconds must be from 0 to 60")
        if seconds is not None and "ALLOW_REFRESH_TOKEN_AUTH" in flows:
            why = "Refresh token rotation cannot be enabled together with ALLOW_REFRESH_TOKEN_AUTH"
            return error("InvalidParameterException", why)
        status, headers, body = original(data)
        if status != 200:
            return status, headers, body
        made = json.loads(body)["UserPoolClient"]
        client = cognito._user_pools.get(made["UserPoolId"])["_clients"][made["ClientId"]]
        client[PROPERTY] = data[PROPERTY]
        return json_response({"UserPoolClient": {k: v for k, v in client.items() if v is not None}})

    return _user_pool_client


def _rotate(original: Function) -> Function:
    def _refresh_auth_result(pool: Pool, pid: str, cid: str, refresh_token: str) -> Any:
        from ministack.services import cognito

        user, refused = cognito._refresh_auth_user(pool, pid, cid, refresh_token)
        if refused:
            return None, refused
        claims, now = cognito._token_claims(refresh_token), time.time()
        seconds = grace(pool["_clients"].get(cid) or {})
        if claims.get("exp", 0) <= now:
            return None, error("NotAuthorizedException", "Refresh Token has expired")
        if not retire(user, claims, seconds, now):
            why = "Refresh Token has been replaced by a newer one"
            return None, error("RefreshTokenReuseException", why)
        result, refused = original(pool, pid, cid, refresh_token)
        if result and seconds is not None:
            result["RefreshToken"] = _successor(claims, pid)
            _issued.set(result["RefreshToken"])
        return result, refused

    return _refresh_auth_result


def retire(user: User, claims: dict[str, Any], seconds: int | None, now: float) -> bool:
    """Whether the token may be used once more; with seconds of grace this use begins its end.

    A token that was retired stays so when rotation is turned off later.
    """
    with _lock:
        retired: dict[str, list[float]] = user.setdefault(RETIRED, {})
        for jti in [jti for jti, (_, end) in retired.items() if end <= now]:
            del retired[jti]
        if claims["jti"] in retired:
            return retired[claims["jti"]][0] > now
        if seconds is not None:
            retired[claims["jti"]] = [now + seconds, claims["exp"]]
        return True


def _successor(claims: dict[str, Any], pid: str) -> str:
    from ministack.services import cognito

    signed_in = claims.get("auth_time", claims["iat"])
    fresh = {"jti": str(uuid.uuid4()), "iat": int(time.time()), "auth_time": signed_in}
    token: str = cognito._signed_jwt({**claims, **fresh}, pid, "access")
    return token


def _hand_out(original: Function) -> Function:
    """/oauth2/token makes an answer of its own, without the refresh token."""

    def _oauth2_refresh_api_issued_token(refresh_val: str, cid: str, csec: str) -> Any:
        before = _issued.set("")
        try:
            status, headers, body = original(refresh_val, cid, csec)
            if status == 200 and _issued.get():
                body = json.dumps({**json.loads(body), "refresh_token": _issued.get()}).encode()
            return status, headers, body
        finally:
            _issued.reset(before)

    return _oauth2_refresh_api_issued_token


def _not_by_old_call(original: Function) -> Function:
    """REFRESH_TOKEN_AUTH would leave the old token alive; GetTokensFromRefreshToken is for rotation."""

    def _initiate_auth(data: dict[str, Any]) -> Any:
        from ministack.services import cognito

        pool, _ = cognito._pool_for_client(data.get("ClientId"))
        if pool and data.get("AuthFlow") in {"REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"}:
            client = pool["_clients"][data["ClientId"]]
            flows = client.get("ExplicitAuthFlows") or []
            named = any(flow.startswith("ALLOW_") for flow in flows)
            if grace(client) is not None or (named and "ALLOW_REFRESH_TOKEN_AUTH" not in flows):
                why = "REFRESH_TOKEN_AUTH flow not enabled for this client"
                return error("InvalidParameterException", why)
        return original(data)

    return _initiate_auth
