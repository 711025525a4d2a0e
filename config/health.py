"""/healthz: this process is alive. /readyz: what a request needs is there, each thing by name."""

import logging
from collections.abc import Callable

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from accounts import tokens
from accounts.faults import Fault
from files import storage

logger = logging.getLogger(__name__)


@never_cache
def alive(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    return JsonResponse({"status": "alive"})


@never_cache
def ready(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """200 when all is there, 503 otherwise; {"database": "ok", …} without reasons: those are logged."""
    states = {name: _state(name, check) for name, check in CHECKS.items()}
    return JsonResponse(states, status=200 if set(states.values()) == {"ok"} else 503)


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _cache() -> None:
    cache.set("readyz", "ok", 10)
    if cache.get("readyz") != "ok":
        raise Fault("the cache forgets")


CHECKS: dict[str, Callable[[], None]] = {
    "database": _database,
    "cache": _cache,
    "cognito_keys": lambda: tokens.keys.warm(),
    "bucket": lambda: storage.check_bucket(),
}


def _state(name: str, check: Callable[[], None]) -> str:
    try:
        check()
    except (Fault, DatabaseError, OSError) as error:
        logger.warning("not ready", extra={"check": name, "error": type(error).__name__})
        return "failing"
    return "ok"
