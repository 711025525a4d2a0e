"""A refresh, by /oauth2/token or by API: the client must prove itself, and the groups stay.

ministack's own branch for tokens of the sign-in page mints tokens without cognito:groups, for a client
without its secret, from a refresh token that has expired. Its branch for tokens of the API does
better: every refresh goes there, and is told how long the new tokens live. GetTokensFromRefreshToken
asks for no secret at all, so that a stolen refresh token would do.
https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetTokensFromRefreshToken.html
"""

import json
import time
from typing import Any
from urllib.parse import parse_qs

from localaws.seam import Function, replace


def install() -> None:
    from ministack.services import cognito

    replace(cognito, "_oauth2_token", _refresh_strictly)
    replace(cognito, "_get_tokens_from_refresh_token", _with_secret)


def _refresh_strictly(original: Function) -> Function:
    def _oauth2_token(
        data: Any, query_params: Any, raw_body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Any:
        from ministack.services import cognito

        parsed = parse_qs(raw_body.decode("utf-8", "replace"), keep_blank_values=True)
        form = {name: values[0] for name, values in parsed.items()}
        if not form.get("code_verifier", "").isascii():
            return cognito._oauth2_error("invalid_grant", "PKCE verification failed.")
        if form.get("grant_type") != "refresh_token":
            return original(data, query_params, raw_body, headers)
        client_id, secret = cognito._authenticate_client(headers or {}, form)
        _, _, client = cognito._find_pool_by_client_id(client_id)
        if client is None:
            return cognito._oauth2_error("invalid_client", "Client not found.")
        token = form.get("refresh_token", "")
        expiry = cognito._token_claims(token).get("exp")
        if isinstance(expiry, int) and expiry <= time.time():
            return cognito._oauth2_error("invalid_grant", "Refresh token has expired.")
        answer = cognito._oauth2_refresh_api_issued_token(token, client_id, secret)
        return _with_expiry(answer, client_id)

    return _oauth2_token


def _with_expiry(answer: Any, client_id: str) -> Any:
    from ministack.services import cognito

    status, headers, body = answer
    if status != 200:
        return answer
    pool_id, _, _ = cognito._find_pool_by_client_id(client_id)
    seconds = cognito._token_validity(pool_id, client_id, "access")
    return status, headers, json.dumps({**json.loads(body), "expires_in": seconds}).encode()


def _with_secret(original: Function) -> Function:
    def _get_tokens_from_refresh_token(data: dict[str, Any]) -> Any:
        from ministack.core.responses import error_response_json
        from ministack.services import cognito

        _, _, client = cognito._find_pool_by_client_id(data.get("ClientId"))
        if client and (client.get("ClientSecret") or "") != (data.get("ClientSecret") or ""):
            why = "Unable to verify client secret for client"
            return error_response_json("NotAuthorizedException", why, 400)
        return original(data)

    return _get_tokens_from_refresh_token
