"""/oauth2/revoke: ends a refresh token and everything that came of it.

https://docs.aws.amazon.com/cognito/latest/developerguide/revocation-endpoint.html (RFC 7009)
"""

import base64
from urllib.parse import unquote

from starlette.responses import JSONResponse, Response


def answer(form: dict[str, str], authorization: str) -> Response:
    """An empty 200, for dead and unknown tokens too; else an error as RFC 6749 §5.2 words it."""
    from ministack.services import cognito

    client_id, secret = _credentials(form, authorization)
    _, _, client = cognito._find_pool_by_client_id(client_id)
    if not client or (client.get("ClientSecret") or "") != secret:
        return JSONResponse({"error": "invalid_client"}, 401)
    token = form.get("token", "")
    if not token:
        return JSONResponse({"error": "invalid_request"}, 400)
    claims = cognito._token_claims(token)
    if not claims or not cognito._signature_valid(token):
        return Response(status_code=200)
    if claims.get("token_use") != "refresh":
        return JSONResponse({"error": "unsupported_token_type"}, 400)
    if claims.get("client_id") != client_id or not client.get("EnableTokenRevocation", True):
        return JSONResponse({"error": "unauthorized_client"}, 400)
    cognito._revoke_token({"Token": token})
    return Response(status_code=200)


def _credentials(form: dict[str, str], authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:  # not Base64, or not text
        return "", ""
    return unquote(client_id), unquote(secret)
