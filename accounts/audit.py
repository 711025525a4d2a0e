"""The audit log: what happened to whose account. Every event is written here, and nowhere else."""

import logging
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest

from accounts.models import AuditEvent, Kind, User

logger = logging.getLogger(__name__)


def record(
    kind: Kind, *, user: User | None = None, request: HttpRequest | None = None, **detail: object
) -> None:
    """Note an event for good, and write it to the log as well.

    user: whom it happened to, None while nobody knows; detail: JSON, without anything secret.
    """
    event = AuditEvent.objects.create(
        kind=kind,
        user=user,
        subject=user.subject if user else "",
        address=address_of(request) if request else None,
        browser=request.headers.get("User-Agent", "")[:200] if request else "",
        detail=detail,
    )
    # Not the detail's keys at the top level: they could take the place of the log's own.
    logger.info(kind.label, extra={"event": event.pk, "user": event.user_id, "detail": detail})


def address_of(request: HttpRequest) -> str | None:
    """The browser's address, as the outermost of settings.PROXIES trusted proxies saw it.

    Each proxy appends who called it to X-Forwarded-For; whatever stands further left came with the
    request, and anybody may have written it.
    """
    seen = [one.strip() for one in request.headers.get("X-Forwarded-For", "").split(",")]
    chain = [*seen, request.META.get("REMOTE_ADDR", "")]
    told = chain[-1 - settings.PROXIES] if len(chain) > settings.PROXIES else chain[-1]
    try:
        return str(ip_address(told))
    except ValueError:
        return None
