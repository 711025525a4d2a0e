"""What somebody's groups allow, in plain words: for people, not for deciding anything."""

from dataclasses import dataclass

from django.conf import settings

from accounts.models import User

# By permission; one that is missing here is told by its own name.
_WORDS = {
    "view_file": "see and download your own files",
    "add_file": "upload files of your own",
    "change_file": "rename and move your own files",
    "delete_file": "delete your own files",
}
_STAFF = "open the administration of this site"
_SUPERUSER = "see and change everything in the administration"


@dataclass(frozen=True)
class Membership:
    """A group of somebody's, and what it lets them do."""

    group: str
    allows: list[str]


def of(user: User) -> list[Membership]:
    """The person's groups by name. Two queries."""
    groups = user.groups.order_by("name").prefetch_related("permissions")
    return [
        Membership(group.name, _allowed([p.codename for p in group.permissions.all()], group.name))
        for group in groups
    ]


def _allowed(permissions: list[str], group: str) -> list[str]:
    # In the order of _WORDS; what has no words of ours comes last.
    known = [words for codename, words in _WORDS.items() if codename in permissions]
    others = [codename.replace("_", " ") for codename in permissions if codename not in _WORDS]
    mapped = settings.COGNITO_GROUPS.get(group, {})
    staff = [_STAFF] if mapped.get("staff") else []
    superuser = [_SUPERUSER] if mapped.get("superuser") else []
    return [*known, *others, *staff, *superuser]
