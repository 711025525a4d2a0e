"""SignUp where people may sign up only, and nobody calls their own address verified.

With AllowAdminCreateUserOnly only an administrator makes people. The flags of verification, the sub
and whatever the app client may not write are refused, at SignUp and at UpdateUserAttributes alike.
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUserConfigType.html
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
"""

import json
from typing import Any

from localaws.extensions.random_codes import Pool, attributes, error
from localaws.seam import Function, replace

OURS = {"sub", "identities", "email_verified", "phone_number_verified"}


def install() -> None:
    from ministack.services import cognito

    replace(cognito, "_sign_up", _if_allowed)
    replace(cognito, "_update_user_attributes", _if_writable)


def _if_allowed(original: Function) -> Function:
    def _sign_up(data: dict[str, Any]) -> Any:
        from ministack.services import cognito

        pool, _ = cognito._pool_for_client(data.get("ClientId"))
        if pool is None:
            return original(data)
        rules = pool.get("AdminCreateUserConfig") or {}
        if str(rules.get("AllowAdminCreateUserOnly")).lower() == "true":
            return error("NotAuthorizedException", "SignUp is not permitted for this user pool")
        given = data.get("UserAttributes") or []
        if not _writable(pool["_clients"][data["ClientId"]], given):
            return _refused()
        status, headers, body = original(data)
        if status != 200:
            return status, headers, body
        return status, headers, json.dumps(_signed_up(pool, json.loads(body))).encode()

    return _sign_up


def _signed_up(pool: Pool, answer: dict[str, Any]) -> dict[str, Any]:
    """The address is unverified, and its owner told no more of it than by the other calls."""
    from ministack.services import cognito

    user = cognito._resolve_user(pool, answer["UserSub"])[0]
    if "email_verified" not in attributes(user):
        user["Attributes"] = [*user["Attributes"], {"Name": "email_verified", "Value": "false"}]
    details = answer.get("CodeDeliveryDetails")
    if details:
        details["Destination"] = cognito._masked_destination(details["Destination"])
    return answer


def _if_writable(original: Function) -> Function:
    def _update_user_attributes(data: dict[str, Any]) -> Any:
        from ministack.services import cognito

        client_id = cognito._token_claims(data.get("AccessToken")).get("client_id")
        pool, _ = cognito._pool_for_client(client_id)
        client = pool["_clients"][client_id] if pool else {}
        if not _writable(client, data.get("UserAttributes") or []):
            return _refused()
        return original(data)

    return _update_user_attributes


def _writable(client: dict[str, Any], given: list[dict[str, str]]) -> bool:
    allowed = set(client.get("WriteAttributes") or [])
    names = {entry.get("Name", "") for entry in given}
    return not any(
        name in OURS or name.startswith("cognito:") or (allowed and name not in allowed)
        for name in names
    )


def _refused() -> Any:
    return error("NotAuthorizedException", "A client attempted to write unauthorized attribute")
