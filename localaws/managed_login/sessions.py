"""Who has signed in with this browser: managed login's own cookie, for one hour.

The hour counts from the sign-in and is not extended. Signing out everywhere (GlobalSignOut) does not
end it, as on AWS; /logout does. It belongs to one user pool.
https://docs.aws.amazon.com/cognito/latest/developerguide/managed-login-sessions.html
"""

import secrets
import time
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from localaws.managed_login.transactions import Clock

COOKIE = "managed_login"  # not the site's names: both are on localhost, and cookies ignore ports
SECONDS = 3600


@dataclass(frozen=True)
class Session:
    pool: str
    username: str
    auth_time: float
    amr: tuple[str, ...]


class Sessions:
    def __init__(self, clock: Clock = time.time) -> None:
        self._clock = clock
        self._kept: dict[str, Session] = {}

    def new(self, pool: str, username: str, amr: tuple[str, ...]) -> Session:
        return Session(pool, username, self._clock(), amr)

    def keep(self, session: Session, response: Response, request: Request) -> None:
        """Under a new random name; what this browser had before ends."""
        self._kept.pop(request.cookies.get(COOKIE, ""), None)
        self._forget()
        name = secrets.token_urlsafe(32)
        self._kept[name] = session
        response.set_cookie(COOKIE, name, max_age=SECONDS, httponly=True, samesite="lax")

    def find(self, request: Request, pool: str) -> Session | None:
        found = self._kept.get(request.cookies.get(COOKIE, ""))
        if found is None or found.pool != pool or self.age(found) >= SECONDS:
            return None
        return found

    def age(self, session: Session) -> float:
        return self._clock() - session.auth_time

    def end(self, response: Response, request: Request) -> None:
        self._kept.pop(request.cookies.get(COOKIE, ""), None)
        response.delete_cookie(COOKIE, httponly=True, samesite="lax")

    def _forget(self) -> None:
        for name, kept in list(self._kept.items()):  # the oldest first
            if self.age(kept) < SECONDS:
                break
            self._kept.pop(name, None)
