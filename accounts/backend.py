"""mozilla-django-oidc's sign-in engine, with its gaps for Cognito closed.

The engine keeps the order of things: redeem the code, verify the ID token, find the person. Each step
is replaced by ours: one call to Cognito with a time-out, every claim verified against cached keys,
and people known by issuer and subject from the ID token, so that userInfo is never called.
"""

import logging
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, Permission
from django.db.models import Model, Q
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from accounts import claims, cognito, people, tokens
from accounts.claims import BadClaims
from accounts.faults import Fault
from accounts.models import User
from accounts.tokens import BadToken

logger = logging.getLogger(__name__)


class Untrusted(Fault):
    """Cognito's answer is not for this site, not for this sign-in, or not from Cognito."""

    title = "This sign-in could not be verified"
    detail = (
        "The answer of the sign-in service did not pass this site’s checks, so you were not signed "
        "in. Please try once more; if it happens again, tell an administrator."
    )
    retry_after = None


class CognitoBackend(OIDCAuthenticationBackend):  # type: ignore[misc]  # the library has no types
    """Signs people in by authorization code; `issued` is what Cognito gave for it."""

    issued: cognito.Tokens

    def get_token(self, payload: dict[str, Any]) -> dict[str, str]:
        """Redeem the code. Raises InvalidGrant, Misconfigured or Unavailable."""
        self.issued = cognito.exchange_code(code=payload["code"], code_verifier=payload["code_verifier"])
        return {"id_token": self.issued.id_token, "access_token": self.issued.access_token}

    def verify_token(self, token: str, **kwargs: Any) -> tokens.Claims:
        """The claims of the ID token, which must carry this sign-in's nonce; Untrusted otherwise.

        The access token is verified as well: it is kept, to be sent to Cognito later.
        """
        try:
            tokens.verify_access_token(self.issued.access_token)
            return tokens.verify_id_token(
                token, nonce=str(kwargs["nonce"]), access_token=self.issued.access_token
            )
        except BadToken as error:
            logger.warning("id token refused", extra={"why": str(error)})
            raise Untrusted from None

    def store_tokens(self, access_token: str, id_token: str) -> None:  # noqa: ARG002 - the library's
        """Hand them to the view: they belong into the session that signing in has yet to make."""
        self.request.issued_tokens = self.issued

    def get_or_create_user(self, access_token: str, id_token: str, payload: tokens.Claims) -> User:  # noqa: ARG002
        try:
            return people.recognise(claims.identity(payload))
        except BadClaims:
            raise Untrusted from None

    # The library's own looks nowhere at is_active.
    get_user = ModelBackend.get_user

    def get_all_permissions(self, user_obj: User | AnonymousUser, obj: Model | None = None) -> set[str]:
        """The person's own permissions and those of their groups: one query where Django makes two."""
        if not isinstance(user_obj, User) or not user_obj.is_active or obj is not None:
            return set()
        held = user_obj.held_permissions
        if held is None:
            rows = Permission.objects.filter(Q(group__user=user_obj) | Q(user=user_obj))
            names = rows.order_by().values_list("content_type__app_label", "codename")
            held = user_obj.held_permissions = {f"{app}.{codename}" for app, codename in names}
        return held
