"""Those who verify Cognito's tokens: this site, two libraries, and the signature alone.

The libraries are set up as their documentation says.
https://github.com/borisrozumnuk/cognitojwt · https://github.com/mblackgeo/flask-cognito-lib
"""

import base64
import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import cognitojwt
import jwt
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from flask_cognito_lib.services.token_svc import TokenService

from accounts import cognito as edge
from accounts import tokens
from tests import fakes
from tests.fakes import ID_KEY, FakeCognito

POOL = fakes.ISSUER.rpartition("/")[2]
Verify = Callable[[str], object]


def ours(keys: tokens.KeySet | None = None) -> Verify:
    """The site's own, with keys that have yet to be fetched."""
    tokens.keys = keys or tokens.KeySet(edge.fetch_keys)
    return tokens.verify_id_token


def by_cognitojwt(cognito: FakeCognito) -> Verify:
    os.environ["AWS_COGNITO_JWKS_PATH"] = f"{cognito.url}/jwks.json"
    return lambda token: cognitojwt.decode(
        token, region="us-east-1", userpool_id=POOL, app_client_id=fakes.CLIENT
    )


def by_flask_cognito_lib(cognito: FakeCognito) -> Verify:
    """Kinder than it is: with one TokenService for good, so that its keys are in hand."""
    return _token_service(cognito).verify_id_token


def by_flask_cognito_lib_in_each_request(cognito: FakeCognito) -> Verify:
    """As its extension does it: a TokenService, and so a client of the key endpoint, per request."""
    return lambda token: _token_service(cognito).verify_id_token(token)


def _token_service(cognito: FakeCognito) -> TokenService:
    settings: Any = SimpleNamespace(
        jwk_endpoint=f"{cognito.url}/jwks.json",
        secret_key=b"of no consequence",
        user_pool_client_id=fakes.CLIENT,
        issuer=fakes.ISSUER,
    )
    return TokenService(settings)


def signature_by_pyjwt(_: FakeCognito) -> Verify:
    """jwt.decode without a check of any claim, the key being in hand."""
    key = ID_KEY.private.public_key()
    claims = ("exp", "iat", "nbf", "iss", "aud", "sub", "jti")
    none: Any = {f"verify_{name}": False for name in claims}
    return lambda token: jwt.decode(token, key, algorithms=["RS256"], options=none)


def signature_by_cryptography(_: FakeCognito) -> Verify:
    """The RSA operation alone, in C: of the token only its last part is decoded, and no JSON read."""
    key, padding, digest = ID_KEY.private.public_key(), PKCS1v15(), SHA256()

    def verify(token: str) -> None:
        signed, _, signature = token.rpartition(".")
        key.verify(base64.urlsafe_b64decode(f"{signature}=="), signed.encode(), padding, digest)

    return verify
