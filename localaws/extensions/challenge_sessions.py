"""A challenge is answered with the Session that it was given with, or not at all.

ministack answers NEW_PASSWORD_REQUIRED, SOFTWARE_TOKEN_MFA, SMS_MFA and MFA_SETUP to whoever names a
person: tokens without the password. Here the Session proves what came before (localaws.challenges), a
new password must fit the policy, a code works once, and MFA is asked for after a new password too.
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-totp.html
"""

import json
import secrets
import time
from threading import Lock
from typing import Any

from localaws import attempts, challenges
from localaws.challenges import Challenge
from localaws.extensions.random_codes import Pool, User, error
from localaws.seam import Function, replace

NEW_PASSWORD, TOTP = "NEW_PASSWORD_REQUIRED", "SOFTWARE_TOKEN_MFA"
UNSUPPORTED = {"SMS_MFA", "MFA_SETUP"}  # ministack hands out no Session for them
STEP_SECONDS = 30
_lock = Lock()


def install() -> None:
    from ministack.services import cognito

    replace(cognito, "_password_auth_result", _begin)
    replace(cognito, "_respond_to_auth_challenge", _only_with_session)
    replace(cognito, "_admin_respond_to_auth_challenge", _only_with_session)


def invalid_session() -> Any:
    return error("NotAuthorizedException", "Invalid session for the user.")


def begin(name: str, *, pool: Pool, client: str, username: str, code: str = "") -> str:
    minutes = int(pool["_clients"][client].get("AuthSessionValidity") or challenges.MINUTES)
    return challenges.begin(
        name, pool=pool["Id"], client=client, username=username, minutes=minutes, code=code
    )


def answered(data: dict[str, Any]) -> tuple[Challenge, Pool, User | None] | None:
    """The challenge that this request answers, its pool, and the person if there is one.

    None unless the Session is good for this challenge, app client and USERNAME.
    """
    from ministack.services import cognito

    client, given = data.get("ClientId"), (data.get("ChallengeResponses") or {}).get("USERNAME")
    name = str(data.get("ChallengeName"))
    challenge = challenges.find(data.get("Session"), name=name, client=str(client))
    pool, _ = cognito._pool_for_client(client)
    if challenge is None or not pool or not isinstance(given, str):
        return None
    user = cognito._resolve_user(pool, given)[0]
    if (user["Username"] if user else given) != challenge.username:
        return None
    return challenge, pool, user


def _begin(original: Function) -> Function:
    """ministack's Session is a random word that it does not keep: ours takes its place."""

    def _password_auth_result(
        pool: Pool, pid: str, cid: str, user: User, username: str, *rest: Any, **more: Any
    ) -> Any:
        status, headers, body = original(pool, pid, cid, user, username, *rest, **more)
        answer = json.loads(body)
        if "ChallengeName" not in answer:
            return status, headers, body
        return _with_session(answer, pool, cid, user)

    return _password_auth_result


def _with_session(answer: dict[str, Any], pool: Pool, cid: str, user: User) -> Any:
    from ministack.core.responses import json_response

    session = begin(answer["ChallengeName"], pool=pool, client=cid, username=user["Username"])
    return json_response({**answer, "Session": session})


def _only_with_session(original: Function) -> Function:
    def _respond_to_auth_challenge(data: dict[str, Any]) -> Any:
        name = data.get("ChallengeName")
        if name in UNSUPPORTED:
            return invalid_session()
        if name not in {NEW_PASSWORD, TOTP}:
            return original(data)
        _, pool, user = answered(data) or (None, {}, None)
        if user is None:
            return invalid_session()
        if not user.get("Enabled", True):
            return error("NotAuthorizedException", "User is disabled.")
        check = _new_password_refused if name == NEW_PASSWORD else _code_refused
        refused = check(pool, user, data)
        if refused:
            return refused
        if not challenges.finish(data["Session"]):
            return invalid_session()
        return _then_mfa(original, pool, user, data)

    return _respond_to_auth_challenge


def _then_mfa(original: Function, pool: Pool, user: User, data: dict[str, Any]) -> Any:
    from ministack.services import cognito

    answer = original(data)
    if data["ChallengeName"] != NEW_PASSWORD or answer[0] != 200:
        return answer
    mfa = cognito._mfa_challenge_for_user(pool, user, pool["Id"], user["Username"])
    return _with_session(mfa, pool, data["ClientId"], user) if mfa else answer


def _new_password_refused(pool: Pool, user: User, data: dict[str, Any]) -> Any:
    from ministack.services import cognito

    password = data["ChallengeResponses"].get("NEW_PASSWORD")
    if not isinstance(password, str) or not password:
        return error("InvalidParameterException", "Missing required parameter NEW_PASSWORD")
    if user.get("UserStatus") != "FORCE_CHANGE_PASSWORD":
        return invalid_session()
    return cognito._validate_password(pool, password)


def _code_refused(pool: Pool, user: User, data: dict[str, Any]) -> Any:
    key = (pool["Id"], user["Username"], TOTP)
    if not challenges.attempt(data["Session"]):
        return invalid_session()
    if attempts.locked(*key):
        return error("NotAuthorizedException", "Password attempts exceeded")
    step = step_of(user.get("_totp_secret"), data["ChallengeResponses"].get("SOFTWARE_TOKEN_MFA_CODE"))
    if step is None:
        attempts.failed(*key)
        return error("CodeMismatchException", "Invalid code received for user")
    with _lock:
        if step <= user.get("_totp_step", 0):
            return error("ExpiredCodeException", "Your software token has already been used once.")
        user["_totp_step"] = step
    attempts.succeeded(*key)
    return None


def step_of(secret: str | None, code: Any) -> int | None:
    """The time step whose code this is, among the current one and its neighbours (RFC 6238 §5.2)."""
    from ministack.services import cognito

    if not secret or not isinstance(code, str) or not code.isascii():
        return None
    now = int(time.time() // STEP_SECONDS)
    offsets = (-1, 0, 1)
    return next(
        (now + by for by in offsets if secrets.compare_digest(cognito._totp_code(secret, by), code)),
        None,
    )
