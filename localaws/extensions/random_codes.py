"""Codes that nobody can guess, for confirming a sign-up and for a forgotten password.

ministack mails the constants 123456 and 654321. Here each is random, expires, dies of wrong answers
and works once (localaws.codes). With PreventUserExistenceErrors nobody can tell who exists: strangers
get codes too, which are mailed to nobody.
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ConfirmForgotPassword.html
"""

from typing import Any

from localaws import codes
from localaws.codes import Purpose, Verdict
from localaws.seam import Function, replace

Pool = dict[str, Any]
User = dict[str, Any]
REFUSALS = {
    Verdict.WRONG: (
        "CodeMismatchException",
        "Invalid verification code provided, please try again.",
    ),
    Verdict.EXPIRED: (
        "ExpiredCodeException",
        "Invalid code provided, please request a code again.",
    ),
    Verdict.SPENT: (
        "LimitExceededException",
        "Attempt limit exceeded, please try after some time.",
    ),
}


def install() -> None:
    from ministack.services import cognito

    replace(cognito, "_send_verification_email", _with_a_random_code)
    replace(cognito, "_confirmation_code_error", _check)
    replace(cognito, "_forgot_password", _forgot_password)
    replace(cognito, "_resend_confirmation_code", _resend)
    replace(cognito, "_confirm_sign_up", _verify_the_address)


def error(code: str, why: str) -> Any:
    from ministack.core.responses import error_response_json

    return error_response_json(code, why, 400)


def refusal(verdict: Verdict) -> Any:
    """The error for a code that is not right; None for one that is."""
    return error(*REFUSALS[verdict]) if verdict in REFUSALS else None


def attributes(user: User) -> dict[str, str]:
    return {entry["Name"]: entry["Value"] for entry in user.get("Attributes", [])}


def mail(pool: Pool, user: User, purpose: Purpose, *, to: str) -> None:
    """A new code, to an address that is not yet the person's own."""
    from ministack.services import cognito

    code = codes.issue(pool["Id"], user["Username"], purpose)
    send = cognito._send_verification_email.__wrapped__
    send(pool, user["Username"], {**attributes(user), "email": to}, code)


def _with_a_random_code(original: Function) -> Function:
    def _send_verification_email(
        pool: Pool, username: str, attr_dict: Any, code: str, attribute_name: str = "email"
    ) -> Any:
        from ministack.services import cognito

        user, _ = cognito._resolve_user(pool, username)
        purpose = Purpose.RESET if attribute_name == "password" else Purpose.SIGN_UP
        code = codes.issue(pool["Id"], user["Username"], purpose)
        return original(pool, username, attr_dict, code, attribute_name)

    return _send_verification_email


def _check(original: Function) -> Function:  # noqa: ARG001
    """In the original's place: it knows the constants, and no limit of attempts."""

    def _confirmation_code_error(action: str, data: dict[str, Any]) -> Any:
        from ministack.services import cognito

        if action not in {"ConfirmSignUp", "ConfirmForgotPassword"}:
            return None
        pool, user = _who(data)
        if pool is None:
            return None
        if action == "ConfirmForgotPassword":
            # First, for everybody: a password that does not do must not cost the code.
            weak = cognito._validate_password(pool, data.get("Password", ""))
            return weak or _right(pool, user, data, Purpose.RESET)
        if user and user.get("UserStatus") != "UNCONFIRMED":
            status = user.get("UserStatus")
            why = f"User cannot be confirmed. Current status is {status}"
            return error("NotAuthorizedException", why)
        return _right(pool, user, data, Purpose.SIGN_UP)

    return _confirmation_code_error


def _right(pool: Pool, user: User | None, data: dict[str, Any], purpose: Purpose) -> Any:
    from ministack.services import cognito

    if user is None and not cognito._hides_user_existence(pool, data.get("ClientId")):
        # Said here, for the original would go on with somebody disabled, whatever the code.
        return cognito._client_user_not_found()
    person = _name(user, data)
    if user is None and purpose is Purpose.SIGN_UP and not codes.issued(pool["Id"], person, purpose):
        codes.issue(pool["Id"], person, purpose)  # somebody unconfirmed would have one
    verdict = codes.check(pool["Id"], person, purpose, data.get("ConfirmationCode"))
    return refusal(verdict if user or verdict is not Verdict.RIGHT else Verdict.WRONG)


def _who(data: dict[str, Any]) -> tuple[Pool | None, User | None]:
    """The pool, and the person who may use codes there."""
    from ministack.services import cognito

    pool, _ = cognito._pool_for_client(data.get("ClientId"))
    user = cognito._resolve_user(pool, data.get("Username"))[0] if pool else None
    return pool, user if user and user.get("Enabled", True) else None


def _name(user: User | None, data: dict[str, Any]) -> str:
    """Under which a code is kept; strangers have one too."""
    return user["Username"] if user else f"nobody:{str(data.get('Username')).casefold()}"


def _pretend(pool: Pool, user: User | None, data: dict[str, Any], purpose: Purpose) -> Any:
    """The answer that a person of this name would get, if all were well with them; and no mail."""
    from ministack.services import cognito

    codes.issue(pool["Id"], _name(user, data), purpose)
    return cognito._code_delivery_response(cognito._masked_destination(data.get("Username") or ""))


def _forgot_password(original: Function) -> Function:
    """Only a verified address gets a code, or whoever typed it first would own the account."""

    def _forgot_password(data: dict[str, Any]) -> Any:
        from ministack.services import cognito

        pool, user = _who(data)
        if pool is None:
            return original(data)
        why_not = _not_resettable(user)
        if why_not and cognito._hides_user_existence(pool, data.get("ClientId")):
            return _pretend(pool, user, data, Purpose.RESET)
        return why_not or original(data)

    return _forgot_password


def _not_resettable(user: User | None) -> Any:
    from ministack.services import cognito

    if user is None:
        return cognito._client_user_not_found()
    if user.get("UserStatus") not in {"CONFIRMED", "RESET_REQUIRED", "UNCONFIRMED"}:
        why = "User password cannot be reset in the current state."
        return error("NotAuthorizedException", why)
    if user["UserStatus"] == "UNCONFIRMED" or attributes(user).get("email_verified") != "true":
        why = "Cannot reset password for the user as there is no registered/verified email"
        return error("InvalidParameterException", f"{why} or phone_number")
    return None


def _resend(original: Function) -> Function:
    def _resend_confirmation_code(data: dict[str, Any]) -> Any:
        from ministack.services import cognito

        pool, user = _who(data)
        if pool and user is None and cognito._hides_user_existence(pool, data.get("ClientId")):
            return _pretend(pool, None, data, Purpose.SIGN_UP)
        if user and user.get("UserStatus") != "UNCONFIRMED":
            return error("InvalidParameterException", "User is already confirmed.")
        return original(data)

    return _resend_confirmation_code


def _verify_the_address(original: Function) -> Function:
    """Whoever confirms with the mailed code has verified the address."""

    def _confirm_sign_up(data: dict[str, Any]) -> Any:
        from ministack.services import cognito

        answer = original(data)
        pool, user = _who(data)
        if answer[0] == 200 and pool and user and "email" in pool.get("AutoVerifiedAttributes", []):
            verified = [{"Name": "email_verified", "Value": "true"}]
            user["Attributes"] = cognito._merge_attributes(user["Attributes"], verified)
        return answer

    return _confirm_sign_up
