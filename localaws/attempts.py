"""Cognito's brake on guessing: five failures, and then each further one locks twice as long.

For somebody whom nobody knows as for anybody else, so that a lock tells nothing.
https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html (lockout behavior)
"""

import time
from dataclasses import dataclass
from threading import Lock

FREE = 5
LONGEST = 900  # seconds


@dataclass
class _Failures:
    count: int = 0
    locked_until: float = 0


Key = tuple[str, str, str]  # pool, person, factor
_failures: dict[Key, _Failures] = {}
_lock = Lock()


def locked(pool: str, person: str, factor: str) -> bool:
    found = _failures.get((pool, person, factor))
    return found is not None and found.locked_until > time.time()


def failed(pool: str, person: str, factor: str) -> None:
    with _lock:
        found = _failures.setdefault((pool, person, factor), _Failures())
        found.count += 1
        if found.count >= FREE:
            found.locked_until = time.time() + min(2 ** (found.count - FREE), LONGEST)


def succeeded(pool: str, person: str, factor: str) -> None:
    with _lock:
        _failures.pop((pool, person, factor), None)
