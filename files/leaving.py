"""Whoever deletes their account takes their files along: before it, and with their own credentials."""

from typing import cast

from django.http import HttpRequest

from accounts.credentials import Credentials, NoRole
from accounts.faults import Refused, Unavailable
from accounts.models import User
from accounts.sessions import credentials_of
from files import uploads
from files.faults import NotAllDeleted
from files.models import File, Upload
from files.storage import Prefix

MIDWAY = (
    "AWS does not allow you to delete all of your files. Some may be gone already; the others stay, and "
    "so does your account. Ask an administrator of this site to add you to a group that may delete "
    "files, then try again."
)


class FilesWouldStay(Refused):
    """The person's role may not delete, and there is something to delete."""

    title = "Your files cannot be deleted by you"
    detail = (
        "There are files of yours here, and your groups do not allow you to delete any. Nothing was "
        "deleted. Ask an administrator of this site to add you to a group that may, then try again."
    )


def take_along(request: HttpRequest, **_: object) -> None:
    """Delete everything that the person keeps. A Fault keeps the account, and what is left.

    Whoever keeps nothing needs no role to leave.
    """
    user = cast(User, request.user)
    kept = File.objects.owned_by(user).exists() or Upload.objects.owned_by(user).exists()
    if not kept and not user.identity_id:
        return  # never had credentials, so never had a prefix
    allowed = user.has_perm("files.delete_file")
    if kept and not allowed:
        raise FilesWouldStay
    try:
        credentials = credentials_of(request)
    except NoRole:
        if kept:
            raise FilesWouldStay from None
        return
    if not allowed:
        with Prefix(credentials) as prefix:
            if prefix.keys():  # without rows: the index was lost
                raise FilesWouldStay
        return
    _empty(user, credentials)


def _empty(user: User, credentials: Credentials) -> None:
    try:
        uploads.empty(owner=user, credentials=credentials)
    except Refused:  # by IAM, whose word counts more than ours
        raise FilesWouldStay(MIDWAY) from None
    except Unavailable:  # its own words say that nothing was lost
        raise NotAllDeleted from None
