"""The condition keys of identity-pool credentials: cognito-identity.amazonaws.com:sub, :aud and :amr.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitoidentity.html
https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html
"""

from typing import Any

from localaws.seam import Function, replace

PREFIX = "cognito-identity.amazonaws.com"


def install() -> None:
    from ministack.core import iam_evaluator
    from ministack.services import sts

    replace(iam_evaluator, "_principal_keys", _with_identity)
    sts._principal_keys = iam_evaluator._principal_keys  # it holds a copy of the name


def _with_identity(original: Function) -> Function:
    def _principal_keys(credential: Any) -> dict[str, Any]:
        from ministack.services import sts

        keys: dict[str, Any] = original(credential)
        session = sts._sessions.get(credential.access_key_id) or {}
        if session.get("_identity_id"):
            keys[f"{PREFIX}:sub"] = session["_identity_id"]
            keys[f"{PREFIX}:aud"] = session["_identity_pool_id"]
            keys[f"{PREFIX}:amr"] = session["_cognito_amr"]
        return keys

    return _principal_keys
