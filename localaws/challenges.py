"""What a sign-in under way still has to prove: Cognito's Session, as the emulator keeps it.

Random, good once, for the client's AuthSessionValidity (3 minutes), for one person, app client and
challenge. In memory only: whoever is signing in while the emulator restarts begins again.
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html
"""

import secrets
import time
from dataclasses import dataclass
from threading import Lock

ATTEMPTS = 5  # after so many the Session is good for nothing
MINUTES = 3


@dataclass
class Challenge:
    """username is that of the person's record, or whatever was typed when there is no such person."""

    name: str
    pool: str
    client: str
    username: str
    expires: float
    code: str = ""  # of an EMAIL_OTP
    attempts: int = 0


_open: dict[str, Challenge] = {}
_lock = Lock()


def begin(name: str, *, pool: str, client: str, username: str, minutes: int, code: str = "") -> str:
    """A new Session."""
    now, session = time.time(), secrets.token_urlsafe(32)
    with _lock:
        for old in [key for key, challenge in _open.items() if challenge.expires <= now]:
            del _open[old]
        _open[session] = Challenge(name, pool, client, username, now + 60 * minutes, code)
    return session


def find(session: object, *, name: str, client: str) -> Challenge | None:
    """The challenge, if the Session is one for it and still good."""
    challenge = _open.get(session) if isinstance(session, str) else None
    if challenge is None or challenge.expires <= time.time():
        return None
    return challenge if (challenge.name, challenge.client) == (name, client) else None


def attempt(session: str) -> bool:
    """Whether one more answer may be looked at. Asked before, so that many at once are not many more."""
    with _lock:
        challenge = _open.get(session)
        if challenge is None or challenge.attempts >= ATTEMPTS:
            return False
        challenge.attempts += 1
        return True


def finish(session: str) -> bool:
    """End it; False when somebody else was faster."""
    with _lock:
        return _open.pop(session, None) is not None
