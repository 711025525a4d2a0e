"""RevokeToken: an app client that proves itself ends its own, genuine refresh tokens.

ministack takes any text for a token, from anybody: a made-up one with the origin_jti of somebody's ID
token would end their session.
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RevokeToken.html
"""

from typing import Any

from localaws.extensions.random_codes import error
from localaws.seam import Function, replace


def install() -> None:
    from ministack.services import cognito

    replace(cognito, "_revoke_token", _if_its_own)


def _if_its_own(original: Function) -> Function:
    def _revoke_token(data: dict[str, Any]) -> Any:
        from ministack.core.responses import json_response
        from ministack.services import cognito

        client_id, token = data.get("ClientId"), data.get("Token")
        _, _, client = cognito._find_pool_by_client_id(client_id)
        if not client or (client.get("ClientSecret") or "") != (data.get("ClientSecret") or ""):
            return error("UnauthorizedException", "Client is not authorized.")
        claims = cognito._token_claims(token)
        if not claims or not cognito._signature_valid(token):
            return json_response({})  # dead and unknown tokens are as good as revoked
        if claims.get("token_use") != "refresh":
            return error("UnsupportedTokenTypeException", "Unsupported token type")
        if claims.get("client_id") != client_id or not client.get("EnableTokenRevocation", True):
            return error("UnauthorizedException", "Client is not authorized.")
        return original(data)

    return _revoke_token
