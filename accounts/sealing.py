"""Encryption at rest for tokens and credentials, with keys derived from SECRET_KEY."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class Unreadable(Exception):
    """Sealed with a key that is no longer known, or tampered with."""


def seal(text: str) -> str:
    """Fernet (AES-128-CBC, HMAC-SHA256) under the current SECRET_KEY; about 4/3 of the size."""
    return _fernet().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text again, under SECRET_KEY or any of SECRET_KEY_FALLBACKS; Unreadable otherwise."""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable from None


def _fernet() -> MultiFernet:
    # Deriving costs microseconds, and settings may change under test: nothing is cached here.
    return MultiFernet(
        [Fernet(_derive(key)) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    )


def _derive(secret: str) -> bytes:
    """A key of its own for this use, so that SECRET_KEY's other uses reveal nothing about it."""
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"strongbox sealing v1")
    return base64.urlsafe_b64encode(kdf.derive(secret.encode()))
