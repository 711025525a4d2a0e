"""A person's temporary AWS credentials, from the identity pool.

The enhanced flow: GetId once in a person's life (the identity id is stored), then
GetCredentialsForIdentity once an hour, with the ID token. Both are public calls, sent unsigned, so
this process needs no AWS credentials of its own.
https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html
"""

import hashlib
import logging
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache as once
from typing import TYPE_CHECKING

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from accounts import sealed_cache
from accounts.claims import Identity
from accounts.faults import Fault, Refused, SignInAgain, Unavailable
from accounts.models import User

if TYPE_CHECKING:
    from mypy_boto3_cognito_identity import CognitoIdentityClient

logger = logging.getLogger(__name__)

MARGIN = timedelta(minutes=5)  # a presigned URL dies with the credentials that signed it
FETCH_SECONDS = 30  # longer than both calls may take: two tries each, connecting and reading


@dataclass(frozen=True)
class Credentials:
    """Temporary keys that IAM limits to one person's prefix; never shown in a repr."""

    identity_id: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    session_token: str = field(repr=False)
    expires_at: datetime
    kept_as: str = field(default="", repr=False)  # their key in the cache

    def __reduce__(self) -> str:
        raise TypeError("credentials are not pickled: they would lie in a cache or a queue in the clear")


class NoRole(Refused):
    """The identity pool gives this person no IAM role."""

    title = "No access to files yet"
    detail = (
        "Your account is in no group that may keep files. Ask an administrator to add you to one, "
        "then sign in again."
    )


class IdentityChanged(Fault):
    """The pool answered with another identity than the one that owns this person's prefix."""

    title = "Your storage could not be matched"
    detail = (
        "AWS named another storage area than the one that holds your files. Nothing was changed. "
        "Please tell an administrator."
    )
    retry_after = None


def credentials_for(user: User, id_token: str, identity: Identity) -> Credentials:
    """The person's credentials, with at least five minutes left to live.

    identity: what the (verified) ID token says. Raises NoRole, SignInAgain (the user pool does not
    stand by the token any more), IdentityChanged or Unavailable.
    """
    key = cache_key(user, identity)
    if found := _kept(key):
        return found
    with sealed_cache.one_at_a_time(key, FETCH_SECONDS):
        if found := _kept(key):
            return found
        fetched = replace(_fetch(user, id_token, identity), kept_as=key)
        _keep(fetched)
        return fetched


def forget(user: User, identity: Identity) -> None:
    """Keep no credentials of somebody who leaves; AWS lets those handed out run out within the hour."""
    sealed_cache.forget(cache_key(user, identity))


def drop(credentials: Credentials) -> None:
    """Keep these no longer: AWS does not take them any more, whatever was said of their end."""
    sealed_cache.forget(credentials.kept_as)


def cache_key(user: User, identity: Identity) -> str:
    """A hash of who and which role: no secret in it.

    The role, so that after a change of groups the old role's credentials are not handed out again.
    """
    who = f"{settings.COGNITO_IDENTITY_POOL_ID}|{user.pk}|{identity.preferred_role}"
    return f"credentials:{hashlib.sha256(who.encode()).hexdigest()}"


def _fetch(user: User, id_token: str, identity: Identity) -> Credentials:
    logins = {settings.COGNITO_ISSUER.removeprefix("https://"): id_token}
    try:
        identity_id = (
            user.identity_id
            or _client().get_id(IdentityPoolId=settings.COGNITO_IDENTITY_POOL_ID, Logins=logins)[
                "IdentityId"
            ]
        )
        answer = _client().get_credentials_for_identity(IdentityId=identity_id, Logins=logins)
        named, keys = answer["IdentityId"], answer["Credentials"]
        fetched = Credentials(
            identity_id=identity_id,
            access_key=keys["AccessKeyId"],
            secret_key=keys["SecretKey"],
            session_token=keys["SessionToken"],
            expires_at=keys["Expiration"].astimezone(UTC),
        )
    except ClientError as error:
        raise _translate(error, identity) from None
    except (BotoCoreError, KeyError, TypeError, ValueError) as error:
        # The others: an answer that is not even text, or lacks what the identity pool's has.
        logger.warning("identity pool unreachable", extra={"error": type(error).__name__})
        raise Unavailable from None
    if named != identity_id:
        logger.error("identity id changed", extra={"user": user.pk, "stored": identity_id})
        raise IdentityChanged
    if not user.identity_id:
        _remember(user, identity_id)
    return fetched


def _remember(user: User, identity_id: str) -> None:
    """Store the identity id, once and for all: a second writer must agree with the first."""
    User.objects.filter(pk=user.pk, identity_id="").update(identity_id=identity_id)
    user.refresh_from_db(fields=["identity_id"])
    if user.identity_id != identity_id:
        logger.error("identity id changed", extra={"user": user.pk, "stored": user.identity_id})
        raise IdentityChanged


def _translate(error: ClientError, identity: Identity) -> Fault:
    """The pool says NotAuthorized of a person without a role and of a revoked token alike."""
    code = error.response.get("Error", {}).get("Code", "")
    logger.warning("identity pool refused", extra={"code": code})
    if code == "NotAuthorizedException":
        return SignInAgain() if identity.preferred_role else NoRole()
    if code == "InvalidIdentityPoolConfigurationException":
        return NoRole()
    if code == "ResourceNotFoundException":
        return IdentityChanged()
    return Unavailable()


@once
def _client() -> "CognitoIdentityClient":
    """One client for the process: they are thread-safe, and this one carries nobody's credentials."""
    return boto3.session.Session().client(
        "cognito-identity",
        region_name=settings.AWS_REGION,
        endpoint_url=settings.AWS_ENDPOINT_URL or None,
        config=Config(
            signature_version=UNSIGNED,
            connect_timeout=2,
            read_timeout=4,
            retries={"mode": "standard", "total_max_attempts": 2},
        ),
    )


def _keep(credentials: Credentials) -> None:
    left = credentials.expires_at - MARGIN - datetime.now(UTC)
    fields = {**vars(credentials), "expires_at": credentials.expires_at.isoformat()}
    key = fields.pop("kept_as")
    if left > timedelta(0):
        sealed_cache.keep(key, fields, left.total_seconds())


def _kept(key: str) -> Credentials | None:
    fields = sealed_cache.get(key)
    if fields is None:
        return None
    fields["expires_at"] = datetime.fromisoformat(fields["expires_at"])
    found = Credentials(**fields, kept_as=key)
    return found if found.expires_at - datetime.now(UTC) > MARGIN else None
