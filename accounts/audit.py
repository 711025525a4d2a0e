"""The audit log: what happened to whose account. Every event is written here, and nowhere else."""

import logging
from ipaddress import ip_address

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.core.cache import cache
from django.http import HttpRequest

from accounts.models import AuditEvent, Kind, User

logger = logging.getLogger(__name__)

HOUR = 3600  # seconds
STRANGERS_PER_HOUR = 30  # rows about nobody known, for each address


def record(
    kind: Kind, *, user: User | None = None, request: HttpRequest | None = None, **detail: object
) -> None:
    """Note an event for good, and write it to the log as well.

    user: whom it happened to, None while nobody knows: anybody can make such events, so no address gets
    more than some of them an hour; detail: JSON, without anything secret.
    """
    address = address_of(request) if request else None
    if user is None and _is_flooding(address):
        logger.info(kind.label, extra={"address": address, "detail": detail})
        return
    event = AuditEvent.objects.create(
        kind=kind,
        user=user,
        subject=user.subject if user else "",
        address=address,
        browser=request.headers.get("User-Agent", "")[:200] if request else "",
        detail=detail,
    )
    # Not the detail's keys at the top level: they could take the place of the log's own.
    logger.info(kind.label, extra={"event": event.pk, "user": event.user_id, "detail": detail})


def forget_name(user: User) -> None:
    """Django admin's own log names people by their e-mail address, and outlives them: now by `sub`."""
    entries = LogEntry.objects.filter(content_type__model="user", object_id=str(user.pk))
    entries.update(object_repr=user.subject)


def _is_flooding(address: str | None) -> bool:
    key = f"audit:{address}"
    try:
        cache.add(key, 0, HOUR)
        return cache.incr(key) > STRANGERS_PER_HOUR
    except Exception:  # noqa: BLE001 - each cache has errors of its own; without it, every event counts
        return False


def address_of(request: HttpRequest) -> str | None:
    """The browser's address, as the outermost of settings.PROXIES trusted proxies saw it.

    Each proxy appends who called it to X-Forwarded-For; whatever stands further left came with the
    request, and anybody may have written it.
    """
    seen = [one.strip() for one in request.headers.get("X-Forwarded-For", "").split(",")]
    chain = [*seen, request.META.get("REMOTE_ADDR", "")]
    told = chain[-1 - settings.PROXIES] if len(chain) > settings.PROXIES else chain[-1]
    try:
        return str(ip_address(told.partition("%")[0]))  # a zone is this machine's own word
    except ValueError:
        return None
