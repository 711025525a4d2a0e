"""Answers of the token endpoint, each wrong in one point, by what is wrong."""

import base64
import time
from collections.abc import Callable
from typing import Any

import jwt

from tests.fakes import ID_KEY, STRANGERS_KEY, FakeCognito

HOUR = 3600
Forge = Callable[[str], dict[str, Any]]


def forgeries(cognito: FakeCognito) -> dict[str, Forge]:
    """What is wrong → the token endpoint's answer to the sign-in with this nonce."""
    now = int(time.time())
    wrong: dict[str, dict[str, Any]] = {
        "wrong iss": {"iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Another"},
        "wrong aud": {"aud": "another-client"},
        "token_use=access": {"token_use": "access"},
        "exp an hour ago": {"iat": now - 2 * HOUR, "exp": now - HOUR},
        "no exp": {"exp": None},
        "iat in an hour": {"iat": now + HOUR, "exp": now + 2 * HOUR},
        "wrong at_hash": {"at_hash": base64.urlsafe_b64encode(bytes(16)).rstrip(b"=").decode()},
        "wrong nonce": {"nonce": "of another sign-in"},
    }
    return {
        "another’s signature": lambda nonce: _answer(cognito, _resigned(cognito, nonce)),
        "alg RS512": lambda nonce: _answer(cognito, _signed_as(cognito, nonce, "RS512")),
        "alg none": lambda nonce: _answer(cognito, _signed_as(cognito, nonce, "none")),
        **{what: _with(cognito, claims) for what, claims in wrong.items()},
    }


def _with(cognito: FakeCognito, claims: dict[str, Any]) -> Forge:
    return lambda nonce: _answer(cognito, cognito.id_token(**({"nonce": nonce} | claims)))


def _resigned(cognito: FakeCognito, nonce: str) -> str:
    """Under the name of the pool's key, by a key that is not the pool's."""
    claims = jwt.decode(cognito.id_token(nonce=nonce), options={"verify_signature": False})
    return STRANGERS_KEY.sign(claims, kid=ID_KEY.kid)


def _signed_as(cognito: FakeCognito, nonce: str, alg: str) -> str:
    genuine = cognito.id_token(nonce=nonce)
    claims = jwt.decode(genuine, options={"verify_signature": False})
    key = "" if alg == "none" else ID_KEY.private
    return jwt.encode(claims, key, alg, headers={"kid": ID_KEY.kid})


def _answer(cognito: FakeCognito, id_token: str) -> dict[str, Any]:
    return {
        "id_token": id_token,
        "access_token": cognito.access_token(),
        "refresh_token": "refresh",
        "token_type": "Bearer",
        "expires_in": HOUR,
    }
