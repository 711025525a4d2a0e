"""Who calls the API: a person with a session cookie, or a program with the person's ID token."""

import logging

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer

from accounts import claims, people, tokens
from accounts.claims import BadClaims
from accounts.faults import SignInAgain
from accounts.models import User
from accounts.tokens import BadToken

logger = logging.getLogger(__name__)


class SomebodyElse(SignInAgain):
    """The page was made for another person than the one who is signed in by now."""

    title = "Somebody else is signed in"
    detail = (
        "In this browser somebody else has signed in since this page was opened. Nothing was changed. "
        "Reload the page, or sign in again as yourself."
    )


class SessionCookie(APIKeyCookie):
    """The site's session; changes need the CSRF token as well.

    A page says in X-Person (a user's pk) for whom it was made. Without it, a page that stays open
    while somebody else signs in beside it would go on with the other's cookie, in their name.
    """

    param_name = settings.SESSION_COOKIE_NAME

    def _get_key(self, request: HttpRequest) -> str | None:
        # First who, then CSRF: somebody who is not signed in is told that, not the other.
        if not request.user.is_authenticated:
            return None
        if request.headers.get("X-Person", str(request.user.pk)) != str(request.user.pk):
            raise SomebodyElse
        return super()._get_key(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        return request.user if key and isinstance(request.user, User) else None


class IdToken(HttpBearer):
    """An ID token of this app client, verified as at sign-in.

    Not an access token: only an ID token gets AWS credentials from the identity pool, and with them
    files. A refused token is the end of it; a session cookie beside it is not tried.
    """

    def authenticate(self, request: HttpRequest, token: str) -> User:
        try:
            identity = claims.identity(tokens.verify_id_token(token))
            person = people.recognise(identity)
        except (BadToken, BadClaims) as error:
            logger.warning("bearer token refused", extra={"why": str(error)})
            raise SignInAgain("The bearer token was refused: send a valid ID token.") from None
        if not person.is_active:
            raise SignInAgain("This account is switched off.")
        if person.signed_out_at and identity.issued_at < person.signed_out_at.timestamp():
            raise SignInAgain("This person has signed out everywhere since the token was issued.")
        request.user = person
        request.bearer_token = token  # type: ignore[attr-defined]  # accounts.sessions looks for it
        return person
