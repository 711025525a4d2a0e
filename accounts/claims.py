"""What a verified ID token says of a person. Pure: no network, no database, no settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LONGEST_NAME = 200  # characters; accounts.models.User keeps no longer issuer or subject
LONGEST_TEXT = 254  # characters; an e-mail address has no more (RFC 5321)


class BadClaims(Exception):
    """The token is genuine, but lacks what a person needs to be known by."""


@dataclass(frozen=True)
class Identity:
    """A person as Cognito describes them at one moment.

    issued_at is the token's `iat`, Unix seconds: of two tokens, the later one tells the truth.
    groups are the Cognito groups of `cognito:groups`; without the claim there are none.
    preferred_role is the ARN of the IAM role that the identity pool's token mapping will pick.
    locale is the language that they chose, as they wrote it: "de", "de_DE", or "". provider is the
    external one that they sign in with ("Google"), "" for people of the user pool itself.
    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html
    """

    issuer: str
    subject: str
    issued_at: int
    email: str
    email_verified: bool
    name: str
    groups: frozenset[str]
    preferred_role: str | None
    locale: str = ""
    provider: str = ""


def identity(claims: Mapping[str, Any]) -> Identity:
    """Read the claims of an ID token that accounts.tokens has verified; unknown ones are ignored."""
    issuer, subject = _name(claims, "iss"), _name(claims, "sub")
    return Identity(
        issuer=issuer,
        subject=subject,
        issued_at=int(claims["iat"]),
        email=_text(claims, "email"),
        email_verified=_true(claims.get("email_verified")),
        name=_text(claims, "name"),
        groups=_names(claims.get("cognito:groups")),
        preferred_role=_text(claims, "cognito:preferred_role") or None,
        locale=_text(claims, "locale"),
        provider=_provider(claims),
    )


def _name(claims: Mapping[str, Any], name: str) -> str:
    """What a person is known by is taken as it is or not at all: shortened, it might be another's."""
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME:
        raise BadClaims(f"the ID token's {name} is no name")
    return value


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str):
        return ""
    # No database keeps half a character, and PostgreSQL no NUL.
    storable = value.encode(errors="ignore").decode().replace("\0", "")
    return storable.strip()[:LONGEST_TEXT]


def _true(value: object) -> bool:
    """userInfo sends the string "true" where the ID token sends a boolean; nothing else is true."""
    return value is True or value == "true"


def _names(value: object) -> frozenset[str]:
    if not isinstance(value, list):
        return frozenset()
    return frozenset(name for name in value if isinstance(name, str) and name)


def _provider(claims: Mapping[str, Any]) -> str:
    """A person of the user pool may have linked providers; the username tells who is whose.

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation-consolidate-users.html
    """
    linked, username = claims.get("identities"), _text(claims, "cognito:username").casefold()
    for one in linked if isinstance(linked, list) else ():
        if isinstance(one, dict) and username:
            name, their_id = str(one.get("providerName", "")), str(one.get("userId", ""))
            if f"{name}_{their_id}".casefold() == username:
                return name[:LONGEST_NAME]
    return ""
