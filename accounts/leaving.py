"""Deleting one's account: first what is kept here, then the person at Cognito, then the row.

In this order, so that whatever fails leaves somebody who can sign in and try again. When Cognito's
answer is lost, nobody may be left who cannot: unless it says that the person is still there, the row
goes. Whoever is there after all is somebody new at their next sign-in, and can delete that.
"""

from django.contrib.sessions.backends.base import UpdateError
from django.db import transaction
from django.db.models import ProtectedError
from django.dispatch import Signal
from django.http import HttpRequest

from accounts import audit, claims, credentials, sessions, tokens, user_pool
from accounts.faults import Fault, SignInAgain, Unavailable
from accounts.models import Kind, User
from accounts.sessions import session_of
from accounts.user_pool import SlowDown

# Sent with `request` before anything of the person is deleted at Cognito. Receivers delete what the
# person keeps with the app; one that raises a Fault stops it all, so each must be able to start over.
leaving = Signal()

BEGUN = "leaving"  # in the session: the person has confirmed it, with an access token that worked


class HalfDeleted(Unavailable):
    title = "Your account is not deleted yet"
    detail = (
        "What you kept here is deleted. The sign-in service did not delete your sign-in, though. "
        "Press the button once more in a moment."
    )


class StillKeeping(Fault):
    """Rows of the person's appear as fast as they are deleted, or cannot be deleted by them any more."""

    status = 409
    title = "Something of yours is still kept here"
    detail = (
        "Something of yours is still kept here: another tab, or a program, may be uploading. Stop it, "
        "then press the button once more."
    )


def delete_account(request: HttpRequest, user: User) -> bool:
    """Delete the person who asks, for good; whether Cognito has confirmed its part.

    Raises the receivers' Faults, SignInAgain (nothing is deleted then), HalfDeleted and StillKeeping.
    """
    held = session_of(request).tokens
    confirmed = False
    if _begin(request, held.access_token):
        leaving.send(sender=User, request=request)
        confirmed = _delete_at_cognito(held.access_token)
    _delete_here(request, user, revoke=not confirmed)
    credentials.forget(user, claims.identity(tokens.claims_of_verified(held.id_token)))
    return confirmed


def _begin(request: HttpRequest, access_token: str) -> bool:
    """Note that it has begun; False when it had, and the token has died with the person since."""
    try:
        user_pool.profile(access_token)
        request.session[BEGUN] = True
        request.session.save()  # at once: this process may be killed before Cognito has answered
    except UpdateError:  # the session was ended meanwhile
        raise SignInAgain from None
    except SignInAgain:
        if BEGUN not in request.session:
            raise
        return False
    return True


def _delete_at_cognito(access_token: str) -> bool:
    """Whether they are gone for certain; HalfDeleted when they certainly are not."""
    try:
        user_pool.delete_user(access_token)
    except SignInAgain:  # the token worked a moment ago
        return False
    except SlowDown:
        raise HalfDeleted from None
    except Unavailable:
        _check_whether_there(access_token)
        return False
    return True


def _check_whether_there(access_token: str) -> None:
    try:
        user_pool.profile(access_token)
    except Fault:  # gone, or nobody can tell
        return
    raise HalfDeleted


def _delete_here(request: HttpRequest, user: User, *, revoke: bool) -> None:
    try:
        return _delete_row(request, user, revoke=revoke)
    except ProtectedError:  # another tab has just kept something
        pass
    try:
        leaving.send(sender=User, request=request)
        return _delete_row(request, user, revoke=revoke)
    except (ProtectedError, SignInAgain):  # the latter from AWS, which does not know them any more
        raise StillKeeping from None


def _delete_row(request: HttpRequest, user: User, *, revoke: bool) -> None:
    """With what says so in the audit log, or neither; revoke: the refresh tokens may still live."""
    with transaction.atomic():
        row = User.objects.select_for_update().filter(pk=user.pk).first()
        if row is None:  # another tab was faster
            return
        sessions.close_all(row, revoke=revoke)
        audit.record(Kind.ACCOUNT_DELETED, user=row, request=request)
        audit.forget_name(row)
        row.delete()
