"""An identity pool without guests gives nothing to a caller without logins.

AllowUnauthenticatedIdentities: https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetId.html
"""

from typing import Any

from localaws.seam import Function, replace


def install() -> None:
    from ministack.services import cognito

    replace(cognito, "_identity_logins_error", _no_guests)


def _no_guests(original: Function) -> Function:
    def _identity_logins_error(pool: dict[str, Any], identity_id: str | None, logins: Any) -> Any:
        from ministack.core.responses import error_response_json

        if not logins and not pool.get("AllowUnauthenticatedIdentities"):
            return error_response_json(
                "NotAuthorizedException",
                "Unauthenticated access is not supported for this identity pool.",
                400,
            )
        return original(pool, identity_id, logins)

    return _identity_logins_error
