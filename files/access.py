"""Who may, and whose it is: the first lines of every operation of the API."""

from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from accounts.faults import Refused
from accounts.models import User
from files.models import File, Upload


def permitted(request: HttpRequest, permission: str) -> User:
    """The person who asks, if they hold this permission of this app; Refused otherwise."""
    user = request.user
    if not isinstance(user, User) or not user.has_perm(f"files.{permission}"):
        raise Refused
    return user


def file_of(request: HttpRequest, pk: UUID, permission: str) -> File:
    return get_object_or_404(File.objects.owned_by(permitted(request, permission)), pk=pk)


def upload_of(request: HttpRequest, pk: UUID) -> Upload:
    mine = Upload.objects.owned_by(permitted(request, "add_file"))
    return get_object_or_404(mine.select_related("file"), pk=pk)
