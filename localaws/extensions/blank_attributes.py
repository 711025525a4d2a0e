"""An attribute that is given without a value is removed.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserAttributes.html
"""

from typing import Any

from localaws.seam import Function, replace


def install() -> None:
    from ministack.services import cognito

    replace(cognito, "_update_user_attributes", _remove)
    replace(cognito, "_admin_update_user_attributes", _remove)


def _remove(original: Function) -> Function:
    def _update_user_attributes(data: dict[str, Any]) -> Any:
        from ministack.services import cognito

        answer = original(data)
        if answer[0] == 200:
            pool = cognito._user_pools.get(data.get("UserPoolId"))
            user = (
                cognito._resolve_user(pool, data.get("Username"))[0]
                if pool
                else cognito._user_for_access_token(data.get("AccessToken"))
            )
            user["Attributes"] = [entry for entry in user["Attributes"] if entry["Value"] != ""]
        return answer

    return _update_user_attributes
