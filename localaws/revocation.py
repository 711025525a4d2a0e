"""/oauth2/revoke: ends a refresh token and everything that came of it.

https://docs.aws.amazon.com/cognito/latest/developerguide/revocation-endpoint.html (RFC 7009)
"""

import base64
import json
from urllib.parse import unquote

from starlette.responses import JSONResponse, Response

# Of the call by API (localaws.extensions.token_revocation), in the words of this endpoint.
ERRORS = {
    "UnsupportedTokenTypeException": "unsupported_token_type",
    "UnauthorizedException": "unauthorized_client",
}


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
    call = {"ClientId": client_id, "ClientSecret": secret, "Token": token}
    status, _, body = cognito._revoke_token(call)
    if status != 200:
        return JSONResponse({"error": ERRORS[json.loads(body)["__type"]]}, 400)
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
