"""Secrets in the shared cache: sealed, since that may be another machine, and dispensable, since that
machine may be away. Without the cache everything works, only with more calls to AWS.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from django.core.cache import cache

from accounts import sealing

logger = logging.getLogger(__name__)

POLL = 0.02  # seconds
_WAIT = threading.Event()  # never set: a sleep


def get(key: str) -> dict[str, Any] | None:
    """What was kept under the key; None if nothing was, or nothing that can be read."""
    sealed = _try(lambda: cache.get(key))
    if not isinstance(sealed, str):
        return None
    try:
        found: dict[str, Any] = json.loads(sealing.unseal(sealed))
    except sealing.Unreadable:
        return None
    return found


def keep(key: str, fields: dict[str, Any], seconds: float) -> None:
    sealed = sealing.seal(json.dumps(fields))
    _try(lambda: cache.set(key, sealed, seconds))


def forget(key: str) -> None:
    _try(lambda: cache.delete(key))


@contextmanager
def one_at_a_time(key: str, seconds: float) -> Iterator[None]:
    """Hold the only right to fetch for `key`, in all processes that share the cache.

    A holder that died frees it after so many seconds; whoever waits longer goes on without it, and
    so does everybody while the cache is away.
    """
    lock, mine = f"{key}:fetching", uuid4().hex
    deadline = time.monotonic() + seconds
    while _try(lambda: cache.add(lock, mine, seconds)) is False and time.monotonic() < deadline:
        _WAIT.wait(POLL)
    try:
        yield
    finally:
        if _try(lambda: cache.get(lock)) == mine:
            _try(lambda: cache.delete(lock))


def _try(call: Callable[[], Any]) -> Any:
    """The call's answer, None while the cache is away."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - each backend has errors of its own
        logger.warning("cache unreachable", extra={"error": type(error).__name__})
        return None
