"""Codes that Cognito mails: random, short-lived, of few attempts, good once.

They are in memory only: a restart ends those under way, and whoever waits asks for another.
"""

import secrets
import time
from dataclasses import dataclass
from enum import Enum, auto
from threading import Lock

HOUR = 3600
ATTEMPTS = 5  # wrong answers that end a code
# Wrong answers within an hour, whatever code they were for: asking for new ones gives no new guesses.
# https://docs.aws.amazon.com/cognito/latest/developerguide/how-to-recover-a-user-account.html
ATTEMPTS_AN_HOUR = 20


class Purpose(Enum):
    """What a code is good for; the value is for how many seconds.

    https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html
    """

    SIGN_UP = (24 * HOUR, "confirm a sign-up")
    RESET = (HOUR, "set a new password")
    ATTRIBUTE = (24 * HOUR, "verify an address")

    @property
    def seconds(self) -> int:
        return self.value[0]


class Verdict(Enum):
    RIGHT = auto()
    WRONG = auto()
    EXPIRED = auto()  # or never issued
    SPENT = auto()  # too many wrong answers


@dataclass
class _Code:
    digits: str
    expires: float
    wrong: int = 0


Key = tuple[str, str, Purpose]  # pool, person, purpose
_codes: dict[Key, _Code] = {}
_failures: dict[Key, list[float]] = {}
_lock = Lock()


def digits() -> str:
    """Six random ones."""
    return f"{secrets.randbelow(10**6):06d}"


def issue(pool: str, person: str, purpose: Purpose) -> str:
    """A new code, which ends the one before."""
    code = _Code(digits(), time.time() + purpose.seconds)
    with _lock:
        _codes[pool, person, purpose] = code
    return code.digits


def issued(pool: str, person: str, purpose: Purpose) -> bool:
    """Whether there is one, good or not."""
    return (pool, person, purpose) in _codes


def check(pool: str, person: str, purpose: Purpose, given: object) -> Verdict:
    """RIGHT is said once; the code is gone then."""
    key, now = (pool, person, purpose), time.time()
    with _lock:
        failures = [at for at in _failures.get(key, []) if at > now - HOUR]
        code = _codes.get(key)
        if len(failures) >= ATTEMPTS_AN_HOUR or (code and code.wrong >= ATTEMPTS):
            return Verdict.SPENT
        if code is None or code.expires <= now:
            return Verdict.EXPIRED
        if isinstance(given, str) and given.isascii() and secrets.compare_digest(code.digits, given):
            del _codes[key]
            _failures.pop(key, None)
            return Verdict.RIGHT
        code.wrong += 1
        _failures[key] = [*failures, now]
        return Verdict.WRONG


def forget(pool: str, person: str, purpose: Purpose) -> None:
    """No code is under way any more."""
    with _lock:
        _codes.pop((pool, person, purpose), None)
