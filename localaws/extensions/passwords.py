"""A password is tried a few times only, and somebody without one has none that fits.

ministack lets anybody in as a person without a password (one of an external provider, say), whatever
they type, and never tires of wrong ones. The brake is localaws.attempts, at ChangePassword too.
https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html
"""

from typing import Any

from localaws import attempts
from localaws.codes import Verdict
from localaws.extensions.random_codes import REFUSALS, Pool, User, error
from localaws.seam import Function, replace

PASSWORD = "PASSWORD"  # noqa: S105 - the factor's name
SIGN_IN_LOCKED = ("NotAuthorizedException", "Password attempts exceeded")
CHANGE_LOCKED = REFUSALS[Verdict.SPENT]
FLOWS = {"USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"}


def install() -> None:
    from ministack.services import cognito

    replace(cognito, "_initiate_auth", _sign_in)
    replace(cognito, "_admin_initiate_auth", _sign_in)
    replace(cognito, "_change_password", _change)
    replace(cognito, "_confirm_forgot_password", _unlock)
    replace(cognito, "_admin_set_user_password", _unlock)


def _sign_in(original: Function) -> Function:
    def _initiate_auth(data: dict[str, Any]) -> Any:
        from ministack.services import cognito

        pool, _ = cognito._pool_for_client(data.get("ClientId"))
        if data.get("AuthFlow") not in FLOWS or pool is None:
            return original(data)
        name = str((data.get("AuthParameters") or {}).get("USERNAME"))
        user = cognito._resolve_user(pool, name)[0]
        return _tried(pool, user, name, lambda: original(data), SIGN_IN_LOCKED)

    return _initiate_auth


def _change(original: Function) -> Function:
    def _change_password(data: dict[str, Any]) -> Any:
        from ministack.services import cognito

        user, pool = cognito._user_pool_for_access_token(data.get("AccessToken"))
        if user is None:
            return original(data)
        return _tried(pool, user, "", lambda: original(data), CHANGE_LOCKED)

    return _change_password


def _unlock(original: Function) -> Function:
    """Whoever has a new password is not kept out by guesses at the old one."""

    def _new_password(data: dict[str, Any]) -> Any:
        from ministack.services import cognito

        answer = original(data)
        pool = cognito._user_pools.get(data.get("UserPoolId"))
        pool = pool or cognito._pool_for_client(data.get("ClientId"))[0]
        if answer[0] == 200:
            user = cognito._resolve_user(pool, data.get("Username"))[0]
            attempts.succeeded(*_key(pool, user, ""))
        return answer

    return _new_password


def _key(pool: Pool, user: User | None, name: str) -> attempts.Key:
    return pool["Id"], user["Username"] if user else f"nobody:{name.casefold()}", PASSWORD


def _tried(pool: Pool, user: User | None, name: str, attempt: Function, locked: tuple[str, str]) -> Any:
    key = _key(pool, user, name)
    if attempts.locked(*key):
        return error(*locked)
    wrong = error("NotAuthorizedException", "Incorrect username or password.")
    answer = wrong if user and not user.get("_password") else attempt()
    if answer[0] == 200:
        attempts.succeeded(*key)
    elif answer[2] == wrong[2] or user is None:
        attempts.failed(*key)
    return answer
