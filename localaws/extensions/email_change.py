"""A new e-mail address counts when its owner has read the code that was mailed there.

Under AttributesRequireVerificationBeforeUpdate the old address stays, and signs in, until
VerifyUserAttribute; without that setting the new one holds at once, unverified. ministack overwrites
the address, keeps its flag of verification, and knows neither of the two calls.
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-email-phone-verification.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserAttributes.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_VerifyUserAttribute.html
"""

import re
from typing import Any

from localaws import codes
from localaws.codes import Purpose
from localaws.extensions.random_codes import Pool, User, attributes, error, mail, refusal
from localaws.seam import Function, replace

PENDING = "_pending_email"  # in the person's record, and so saved with it
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")  # as ministack asks at sign-up
Data = dict[str, Any]


def install() -> None:
    from ministack.services import cognito

    replace(cognito, "_update_user_attributes", _update)
    replace(cognito, "_dispatch_idp", _with_calls)
    # In whose region a call is answered that nobody signed: the token's pool's.
    cognito._UNSIGNED_IDP_ACTIONS.update(CALLS)


def _with_calls(original: Function) -> Function:
    async def _dispatch_idp(action: str, data: Data) -> Any:
        from ministack.services import cognito

        if action not in CALLS:
            return await original(action, data)
        return await cognito.run_reentrant(
            cognito._run_idp_handler, CALLS[action], action, data, thread_name="localaws-cognito"
        )

    return _dispatch_idp


def _update(original: Function) -> Function:
    def _update_user_attributes(data: Data) -> Any:
        from ministack.core.responses import json_response

        user, pool = _person(data)
        given = data.get("UserAttributes") or []
        new = next((entry.get("Value", "") for entry in given if entry.get("Name") == "email"), None)
        if not user or not pool or new is None:
            return original(data)
        if not ADDRESS.fullmatch(new):
            return error("InvalidParameterException", "Invalid email address format.")
        if _taken(pool, user, new):
            return _alias_exists()
        others = [entry for entry in given if entry.get("Name") != "email"]
        answer = original({**data, "UserAttributes": others})
        if answer[0] != 200:
            return answer
        return json_response({"CodeDeliveryDetailsList": _change(pool, user, new)})

    return _update_user_attributes


def _change(pool: Pool, user: User, new: str) -> list[dict[str, str]]:
    """Where a code went."""
    user.pop(PENDING, None)
    codes.forget(pool["Id"], user["Username"], Purpose.ATTRIBUTE)
    if new == attributes(user).get("email"):
        return []
    settings = pool.get("UserAttributeUpdateSettings") or {}
    if "email" in (settings.get("AttributesRequireVerificationBeforeUpdate") or []):
        user[PENDING] = new
    else:
        _set(user, new, verified=False)
        if "email" not in (pool.get("AutoVerifiedAttributes") or []):
            return []
    mail(pool, user, Purpose.ATTRIBUTE, to=new)
    return [_delivery(new)]


def _get_user_attribute_verification_code(data: Data) -> Any:
    from ministack.core.responses import json_response

    user, pool = _person(data)
    address = user and (user.get(PENDING) or attributes(user).get("email"))
    if not user or not pool or data.get("AttributeName") != "email" or not address:
        return error("InvalidParameterException", "There is no such attribute to verify.")
    mail(pool, user, Purpose.ATTRIBUTE, to=address)
    return json_response({"CodeDeliveryDetails": _delivery(address)})


def _verify_user_attribute(data: Data) -> Any:
    from ministack.core.responses import json_response

    user, pool = _person(data)
    if not user or not pool or data.get("AttributeName") != "email":
        return error("InvalidParameterException", "There is no such attribute to verify.")
    verdict = codes.check(pool["Id"], user["Username"], Purpose.ATTRIBUTE, data.get("Code"))
    refused = refusal(verdict)
    if refused:
        return refused
    address = user.pop(PENDING, None) or attributes(user)["email"]
    if _taken(pool, user, address):  # by somebody who signed up meanwhile
        return _alias_exists()
    _set(user, address, verified=True)
    return json_response({})


CALLS = {
    "GetUserAttributeVerificationCode": _get_user_attribute_verification_code,
    "VerifyUserAttribute": _verify_user_attribute,
}


def _person(data: Data) -> tuple[User | None, Pool | None]:
    from ministack.services import cognito

    found: tuple[User | None, Pool | None] = cognito._user_pool_for_access_token(data.get("AccessToken"))
    return found


def _taken(pool: Pool, user: User, address: str) -> bool:
    from ministack.services import cognito

    owner = cognito._resolve_user(pool, address)[0]
    return owner is not None and owner is not user


def _alias_exists() -> Any:
    return error("AliasExistsException", "An account with the email already exists.")


def _delivery(address: str) -> dict[str, str]:
    from ministack.services import cognito

    masked = cognito._masked_destination(address)
    return {"Destination": masked, "DeliveryMedium": "EMAIL", "AttributeName": "email"}


def _set(user: User, address: str, *, verified: bool) -> None:
    from ministack.services import cognito

    flag = str(verified).lower()
    changed = {"email": address, "email_verified": flag}
    new = [{"Name": name, "Value": value} for name, value in changed.items()]
    user["Attributes"] = cognito._merge_attributes(user.get("Attributes", []), new)
    user["UserLastModifiedDate"] = cognito._now_epoch()
