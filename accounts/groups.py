"""Cognito groups become Django groups, staff and superuser: exactly, and both ways."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import Group, Permission

from accounts import audit
from accounts.models import Kind, User


@dataclass(frozen=True)
class Standing:
    """The mapped groups that somebody is in, and what follows from them."""

    groups: frozenset[str]
    is_staff: bool
    is_superuser: bool


def due(claimed: frozenset[str]) -> Standing:
    """What a claim gives: nothing for groups that settings.COGNITO_GROUPS does not name."""
    mapped = {name: rights for name, rights in settings.COGNITO_GROUPS.items() if name in claimed}
    return Standing(
        frozenset(mapped),
        is_staff=any(rights.get("staff", False) for rights in mapped.values()),
        is_superuser=any(rights.get("superuser", False) for rights in mapped.values()),
    )


def held_by(user: User) -> Standing:
    """What somebody has now. Groups that are the administrators' own do not count. One query."""
    names = user.groups.filter(name__in=settings.COGNITO_GROUPS).values_list("name", flat=True)
    return Standing(frozenset(names), is_staff=user.is_staff, is_superuser=user.is_superuser)


def sync(user: User, claimed: frozenset[str]) -> None:
    """Give exactly what the claim gives, and take the rest away; no claim means none of it."""
    want, have = due(claimed), held_by(user)
    if want.groups != have.groups:
        added, removed = want.groups - have.groups, have.groups - want.groups
        user.groups.add(*Group.objects.filter(name__in=added))
        user.groups.remove(*Group.objects.filter(name__in=removed))
        audit.record(Kind.GROUPS_CHANGED, user=user, added=sorted(added), removed=sorted(removed))
    if (want.is_staff, want.is_superuser) != (have.is_staff, have.is_superuser):
        user.is_staff, user.is_superuser = want.is_staff, want.is_superuser
        user.save(update_fields=["is_staff", "is_superuser"])
        audit.record(Kind.RIGHTS_CHANGED, user=user, staff=want.is_staff, superuser=want.is_superuser)


def create_mapped(**_: object) -> None:
    """After a migration: each mapped group exists, with exactly the permissions that settings name.

    Django makes permissions app by app; a group waits until its own are there.
    """
    for name, rights in settings.COGNITO_GROUPS.items():
        permissions = Permission.objects.filter(codename__in=rights.get("permissions", []))
        if permissions:
            group, _new = Group.objects.get_or_create(name=name)
            group.permissions.set(permissions)
