"""Ending refresh tokens at Cognito, now or as soon as it answers again."""

import logging
from collections.abc import Iterable

from accounts import cognito, sealing
from accounts.faults import Fault, Unavailable
from accounts.models import PendingRevocation

logger = logging.getLogger(__name__)


def remember(refresh_tokens: Iterable[str]) -> None:
    """Note that these are to be revoked, as part of the caller's transaction; `retry` does it."""
    sealed = (sealing.seal(token) for token in refresh_tokens)
    PendingRevocation.objects.bulk_create(PendingRevocation(sealed_token=one) for one in sealed)


def revoke(refresh_token: str) -> None:
    """Revoke the token; when Cognito does not answer, remember to. Never fails the caller."""
    try:
        cognito.revoke(refresh_token)
    except Fault:
        remember([refresh_token])
        return
    retry(most=5)


def retry(most: int) -> int:
    """Revoke up to `most` remembered tokens; how many. Stops when Cognito is away.

    The newest first: their people are waiting, and they have the longest to live.
    One that Cognito will not revoke, or that cannot be read any more, is logged and let go of.
    """
    done = 0
    for pending in PendingRevocation.objects.order_by("-pk")[:most]:
        try:
            cognito.revoke(sealing.unseal(pending.sealed_token))
        except Unavailable:
            break
        except (Fault, sealing.Unreadable) as error:
            why = type(error).__name__
            logger.error("refresh token not revoked", extra={"pending": pending.pk, "why": why})
        pending.delete()
        done += 1
    return done
