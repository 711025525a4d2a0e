"""An identity pool's ServerSideTokenCheck: no credentials for a person who was signed out everywhere,
disabled or deleted, or whose refresh token was revoked, though the ID token itself is still good.

https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_CognitoIdentityProvider.html
"""

from typing import Any

from localaws.seam import Function, replace


def install() -> None:
    from ministack.services import cognito

    replace(cognito, "_identity_logins_error", _ask_user_pool)


def _ask_user_pool(original: Function) -> Function:
    def _identity_logins_error(pool: dict[str, Any], identity_id: str | None, logins: Any) -> Any:
        from ministack.core.responses import error_response_json

        error = original(pool, identity_id, logins)
        if error:
            return error
        checked = {
            provider.get("ProviderName")
            for provider in pool.get("CognitoIdentityProviders") or []
            if str(provider.get("ServerSideTokenCheck")).lower() == "true"
        }
        if all(_signed_in(token) for name, token in (logins or {}).items() if name in checked):
            return None
        why = "Token is revoked, or its user is disabled or gone."
        return error_response_json("NotAuthorizedException", why, 400)

    return _identity_logins_error


def _signed_in(token: str) -> bool:
    """Whether the user pool still stands by a (verified) ID token."""
    from ministack.services import cognito

    claims = cognito._token_claims(token)
    user_pool = cognito._get_pool_unscoped(str(claims.get("iss", "")).rsplit("/", 1)[-1])
    user = user_pool and cognito._user_from_token(token, user_pool)
    if not user or not user.get("Enabled", True):
        return False
    revoked = claims.get("origin_jti") in cognito._revoked_tokens
    return not revoked and claims["iat"] >= int(user.get("_signout_at", 0))
