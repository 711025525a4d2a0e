"""Cognito groups become Django groups, staff and superuser: exactly, and both ways."""

import logging

from django.conf import settings
from django.contrib.auth.models import Group, Permission

from accounts.models import User

audit = logging.getLogger("accounts.audit")


def sync(user: User, claimed: frozenset[str]) -> None:
    """Make the person's mapped groups exactly the claimed ones; no claim means none.

    Groups that settings.COGNITO_GROUPS does not name are the administrators' own and stay. Writes
    nothing when nothing changed.
    """
    mapped = settings.COGNITO_GROUPS
    wanted = {name for name in claimed if name in mapped}
    held = set(user.groups.filter(name__in=mapped).values_list("name", flat=True))
    if wanted != held:
        user.groups.add(*Group.objects.filter(name__in=wanted - held))
        user.groups.remove(*Group.objects.filter(name__in=held - wanted))
        changed = {"added": sorted(wanted - held), "removed": sorted(held - wanted)}
        audit.info("groups changed", extra={"user": user.pk, **changed})
    _set_rights(
        user,
        is_staff=any(mapped[name].get("staff", False) for name in wanted),
        is_superuser=any(mapped[name].get("superuser", False) for name in wanted),
    )


def _set_rights(user: User, **rights: bool) -> None:
    changed = {name: value for name, value in rights.items() if getattr(user, name) != value}
    if not changed:
        return
    for name, value in changed.items():
        setattr(user, name, value)
    user.save(update_fields=changed)
    audit.info("rights changed", extra={"user": user.pk, **changed})


def create_mapped(**_: object) -> None:
    """After a migration: make each mapped group that is missing, with its permissions.

    A group that exists is left as it is: from then on its permissions are the administrators'.
    Permissions appear app by app, so a group made before its permissions gets them as they come.
    """
    for name, rights in settings.COGNITO_GROUPS.items():
        permissions = Permission.objects.filter(codename__in=rights.get("permissions", []))
        if not permissions:
            continue
        group, new = Group.objects.get_or_create(name=name)
        if new:
            group.permissions.set(permissions)
