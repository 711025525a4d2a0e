"""Choice-based sign-in: USER_AUTH, where a person picks a password or a code by e-mail.

Only where the app client has ALLOW_USER_AUTH, among the pool's AllowedFirstAuthFactors. People whom
nobody knows get the same answers, and a code that is mailed to nobody. A code alone is one factor, so
people with an authenticator app are offered their password only, as on AWS.
https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-selection-sdk.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html
"""

import secrets
from typing import Any

from localaws import attempts, challenges, codes
from localaws.challenges import Challenge
from localaws.extensions.challenge_sessions import answered, begin, invalid_session
from localaws.extensions.random_codes import Pool, User, attributes, error
from localaws.seam import Function, replace

PASSWORD, EMAIL_OTP, SELECT = "PASSWORD", "EMAIL_OTP", "SELECT_CHALLENGE"


def install() -> None:
    from ministack.services import cognito

    replace(cognito, "_initiate_auth", _initiate)
    replace(cognito, "_respond_to_auth_challenge", _respond)


def _initiate(original: Function) -> Function:
    def _initiate_auth(data: dict[str, Any]) -> Any:
        from ministack.services import cognito

        pool, _ = cognito._pool_for_client(data.get("ClientId"))
        if data.get("AuthFlow") != "USER_AUTH" or pool is None:
            return original(data)
        flows = pool["_clients"][data["ClientId"]].get("ExplicitAuthFlows") or []
        if "ALLOW_USER_AUTH" not in flows:
            return error("InvalidParameterException", "USER_AUTH flow not enabled for this client")
        given = data.get("AuthParameters") or {}
        username = given.get("USERNAME")
        if not isinstance(username, str) or not username:
            return error("InvalidParameterException", "Missing required parameter USERNAME")
        preferred = given.get("PREFERRED_CHALLENGE")
        if preferred in factors(pool, _person(pool, username)):
            missing = _missing_password(preferred, given)
            return missing or _go_on(pool, data["ClientId"], preferred, given)
        return _choose(pool, data["ClientId"], username)

    return _initiate_auth


def _respond(original: Function) -> Function:
    def _respond_to_auth_challenge(data: dict[str, Any]) -> Any:
        name = data.get("ChallengeName")
        if name not in {SELECT, EMAIL_OTP}:
            return original(data)
        found = answered(data)
        if found is None:
            return invalid_session()
        challenge, pool, user = found
        if name == EMAIL_OTP:
            return _check_code(challenge, pool, user, data)
        given = data["ChallengeResponses"]
        if given.get("ANSWER") not in factors(pool, user):
            return error("InvalidParameterException", "ANSWER is not among the available challenges")
        missing = _missing_password(given["ANSWER"], given)
        if missing:
            return missing
        if not challenges.finish(data["Session"]):
            return invalid_session()
        return _go_on(pool, challenge.client, given["ANSWER"], given)

    return _respond_to_auth_challenge


def factors(pool: Pool, user: User | None) -> list[str]:
    """What this person may begin with. Somebody unknown may choose as freely as most people."""
    if user and user.get("_mfa_enabled"):
        return [PASSWORD]
    policy = (pool.get("Policies") or {}).get("SignInPolicy") or {}
    allowed = policy.get("AllowedFirstAuthFactors") or [PASSWORD]
    # Where everybody must have a second factor, AWS allows no code as the first.
    supported = [PASSWORD] if pool.get("MfaConfiguration") == "ON" else [PASSWORD, EMAIL_OTP]
    return [name for name in supported if name in allowed]


def _person(pool: Pool, username: str) -> User | None:
    from ministack.services import cognito

    found: User | None = cognito._resolve_user(pool, username)[0]
    return found


def _choose(pool: Pool, client: str, username: str) -> Any:
    from ministack.core.responses import json_response

    user = _person(pool, username)
    name = user["Username"] if user else username
    return json_response(
        {
            "ChallengeName": SELECT,
            "Session": begin(SELECT, pool=pool, client=client, username=name),
            "ChallengeParameters": {},
            "AvailableChallenges": factors(pool, user),
        }
    )


def _missing_password(factor: str, given: dict[str, str]) -> Any:
    if factor == PASSWORD and not given.get(PASSWORD):
        return error("InvalidParameterException", "Missing required parameter PASSWORD")
    return None


def _go_on(pool: Pool, client: str, factor: str, given: dict[str, str]) -> Any:
    if factor == EMAIL_OTP:
        return _mail_code(pool, client, given["USERNAME"])
    from ministack.services import cognito

    # What a right password leads to (a new one, a second factor, tokens) is the other flow's affair.
    password = {"USERNAME": given["USERNAME"], PASSWORD: given.get(PASSWORD, "")}
    return cognito._initiate_auth(
        {"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": password}
    )


def _mail_code(pool: Pool, client: str, username: str) -> Any:
    from ministack.core.responses import json_response
    from ministack.services import cognito

    user, code = _person(pool, username), codes.digits()
    address = attributes(user).get("email", username) if user else username
    if user and _may_sign_in(user):
        cognito._send_email_otp(pool, user["Username"], attributes(user), code)
    name = user["Username"] if user else username
    return json_response(
        {
            "ChallengeName": EMAIL_OTP,
            "Session": begin(EMAIL_OTP, pool=pool, client=client, username=name, code=code),
            "ChallengeParameters": {
                "CODE_DELIVERY_DELIVERY_MEDIUM": "EMAIL",
                "CODE_DELIVERY_DESTINATION": cognito._masked_destination(address),
            },
        }
    )


def _may_sign_in(user: User) -> bool:
    verified = attributes(user).get("email_verified") == "true"
    return bool(user.get("Enabled", True) and user.get("UserStatus") == "CONFIRMED" and verified)


def _check_code(challenge: Challenge, pool: Pool, user: User | None, data: dict[str, Any]) -> Any:
    from ministack.core.responses import json_response
    from ministack.services import cognito

    key, given = (pool["Id"], challenge.username, EMAIL_OTP), data["ChallengeResponses"]
    if not challenges.attempt(data["Session"]):
        return invalid_session()
    if attempts.locked(*key):
        return error("NotAuthorizedException", "Password attempts exceeded")
    code = given.get("EMAIL_OTP_CODE")
    right = isinstance(code, str) and code.isascii() and secrets.compare_digest(challenge.code, code)
    # Asked again: a second factor may have been turned on, or the person off, since the code was sent.
    if not (right and user and _may_sign_in(user) and EMAIL_OTP in factors(pool, user)):
        attempts.failed(*key)
        return error("CodeMismatchException", "Invalid code received for user")
    if not challenges.finish(data["Session"]):
        return invalid_session()
    attempts.succeeded(*key)
    tokens = cognito._build_auth_result(pool["Id"], challenge.client, user)
    return json_response({"AuthenticationResult": tokens})
