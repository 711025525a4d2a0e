"""Who makes the request: the session's person, while their sign-in holds."""

from typing import cast

from django.contrib.auth import middleware
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.faults import SignInAgain
from accounts.models import User
from accounts.sessions import session_of


class AuthenticationMiddleware(middleware.AuthenticationMiddleware):
    """Django's, with the person read along with the session, and the tokens kept fresh.

    Lazy: a page that asks for nobody costs no query, and a Fault from refreshing reaches the view's
    error handling.
    """

    def process_request(self, request: HttpRequest) -> None:
        request.user = cast(User, SimpleLazyObject(lambda: signed_in(request)))


def signed_in(request: HttpRequest) -> User | AnonymousUser:
    """The active person whose tokens hold, or nobody; Unavailable when only Cognito could tell."""
    session = session_of(request)
    if session.person is None:
        return AnonymousUser()
    try:
        if not session.person.is_active:
            raise SignInAgain
        session.keep_fresh()
    except SignInAgain:
        session.flush()
        return AnonymousUser()
    return session.person or AnonymousUser()
