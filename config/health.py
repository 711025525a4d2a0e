"""/healthz: this process is alive. /readyz: what a request needs is there, each thing by name."""

import logging
import threading
import time
from collections.abc import Callable

from django.core.cache import cache
from django.db import connection
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
    states = latest.states()
    return JsonResponse(states, status=200 if set(states.values()) == {"ok"} else 503)


class Latest:
    """The last look, which is good for a moment: anybody may ask, and each look asks AWS."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._states: dict[str, str] = {}

    def states(self) -> dict[str, str]:
        with self._lock:
            if time.monotonic() - self._looked_at >= self._seconds:
                self._states = {name: _state(name, check) for name, check in CHECKS.items()}
                self._looked_at = time.monotonic()
            return self._states


latest = Latest(seconds=2)


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
    except Exception as error:  # noqa: BLE001 - each database and cache has errors of its own
        logger.warning("not ready", extra={"check": name, "error": type(error).__name__})
        return "failing"
    return "ok"


PROBES: dict[str, Callable[[HttpRequest], JsonResponse]] = {"/healthz": alive, "/readyz": ready}
