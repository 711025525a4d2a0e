"""An identity from a verified token becomes a person of this site."""

from datetime import UTC, datetime

from django.db import transaction

from accounts import audit, groups
from accounts.claims import BadClaims, Identity
from accounts.models import AuditEvent, Kind, User


def recognise(identity: Identity) -> User:
    """The person with this issuer and subject, made if new, brought up to date with the token.

    A token that is older than the last one seen changes nothing: replaying it does not bring back
    groups that were taken away since. The caller decides what an inactive person may do.
    Raises BadClaims for a token from before its person deleted their account.
    """
    known = User.objects.at(issuer=identity.issuer, subject=identity.subject).first()
    if known and identity.issued_at < known.claims_issued_at:
        return known
    if not known and _was_deleted(identity):
        raise BadClaims("the account was deleted")
    profile = {
        "email": identity.email,
        "email_verified": identity.email_verified,
        "name": identity.name,
        "claims_issued_at": identity.issued_at,
    }
    if known and not _differing(known, profile) and groups.held_by(known) == groups.due(identity.groups):
        return known
    with transaction.atomic():
        user, new = User.objects.select_for_update().get_or_create(
            issuer=identity.issuer, subject=identity.subject, defaults=profile
        )
        if new:
            audit.record(Kind.FIRST_SEEN, user=user)
        if identity.issued_at >= user.claims_issued_at:
            _update(user, profile)
            groups.sync(user, identity.groups)
    return user


def _was_deleted(identity: Identity) -> bool:
    """Whether the token is from before they deleted their account."""
    issued_at = datetime.fromtimestamp(identity.issued_at, UTC)
    gone = AuditEvent.objects.filter(kind=Kind.ACCOUNT_DELETED, subject=identity.subject)
    return gone.filter(at__gte=issued_at).exists()


def _update(user: User, profile: dict[str, object]) -> None:
    changed = _differing(user, profile)
    for name in changed:
        setattr(user, name, profile[name])
    if changed:
        user.save(update_fields=changed)


def _differing(user: User, profile: dict[str, object]) -> list[str]:
    return [name for name, value in profile.items() if getattr(user, name) != value]
