"""Deleting one's account: first what is kept here, then the person at Cognito, then the row.

In this order, so that whatever fails leaves somebody who can sign in and try again.
"""

from django.db.models import ProtectedError
from django.dispatch import Signal
from django.http import HttpRequest

from accounts import audit, sessions, user_pool
from accounts.faults import Unavailable
from accounts.models import Kind, User
from accounts.sessions import session_of
from accounts.user_pool import SlowDown

# Sent with `request` before anything of the person is deleted at Cognito. Receivers delete what the
# person keeps with the app; one that raises a Fault stops it all, so each must be able to start over.
leaving = Signal()


class HalfDeleted(Unavailable):
    title = "Your account is not deleted yet"
    detail = (
        "What you kept here is deleted. The sign-in service did not answer, though, so you can still "
        "sign in. Press the button once more in a moment."
    )


def delete_account(request: HttpRequest, user: User) -> None:
    """Delete the person who asks, for good. Raises the receivers' Faults, SignInAgain, HalfDeleted."""
    access_token = session_of(request).tokens.access_token
    leaving.send(sender=User, request=request)
    try:
        user_pool.delete_user(access_token)
    except (Unavailable, SlowDown):
        raise HalfDeleted from None
    audit.record(Kind.ACCOUNT_DELETED, user=user, request=request)
    sessions.end_all(user)
    _delete_row(request, user)


def _delete_row(request: HttpRequest, user: User) -> None:
    try:
        user.delete()
    except ProtectedError:  # another tab has just kept something
        leaving.send(sender=User, request=request)
        user.delete()
