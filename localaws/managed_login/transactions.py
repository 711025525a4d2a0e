"""A sign-in under way: what the site asked for, kept here, so that no form can change it.

A page names its transaction by a random id. The browser that began it holds a cookie, and no other
browser can go on with it: neither a stranger who knows the id, nor a page that would sign somebody in
as somebody else (login CSRF).
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from threading import Lock

from starlette.requests import Request
from starlette.responses import Response

from localaws.managed_login.user_pool import Challenge

COOKIE = "managed_login_browser"
SECONDS = 3600
IMPATIENCE = 2  # seconds between the two clicks of a double click, and what both take on the way
LIMIT = 10_000  # begun and never finished: the oldest go
Clock = Callable[[], float]


@dataclass(frozen=True)
class Asked:
    """The parameters of /oauth2/authorize, which ministack has checked."""

    client_id: str = ""
    redirect_uri: str = ""
    response_type: str = ""
    scope: str = ""
    state: str = ""
    nonce: str = ""
    code_challenge: str = ""
    code_challenge_method: str = ""
    prompt: str = ""
    max_age: str = ""
    login_hint: str = ""
    lang: str = ""
    acr_values: str = ""

    @classmethod
    def of(cls, given: dict[str, str]) -> "Asked":
        return cls(**{each.name: given.get(each.name, "") for each in fields(cls)})


@dataclass
class Transaction:
    asked: Asked
    pool: str
    began: float
    browser: str = field(repr=False)
    id: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    email: str = ""
    challenge: Challenge | None = None
    amr: tuple[str, ...] = ()  # how far the person has proved who they are
    signed_up: str = ""  # the address with which this browser signed up in it
    ended: bool = False
    answer: Response | None = field(default=None, repr=False)  # what it ended with …
    answered: float = 0.0  # … and when
    notice: str = ""  # the key of a sentence to tell on the next page

    @property
    def untouched(self) -> bool:
        """Nobody has proved anything in it yet."""
        return self.challenge is None and not self.signed_up


class Transactions:
    def __init__(self, clock: Clock = time.time) -> None:
        self._clock = clock
        self._ending = Lock()
        self._kept: dict[str, Transaction] = {}

    def begin(self, request: Request, asked: Asked, pool: str) -> Transaction:
        self._forget()
        browser = request.cookies.get(COOKIE) or secrets.token_urlsafe(24)
        begun = Transaction(asked, pool, self._clock(), browser, email=asked.login_hint)
        self._kept[begun.id] = begun
        return begun

    def find(self, request: Request, identifier: str) -> Transaction | None:
        """This browser's own; None for another's, an ended and an unknown one."""
        found = self._kept.get(identifier)
        if found is None or found.ended or self._clock() - found.began >= SECONDS:
            return None
        if _brings(request, found.browser):
            return found
        # A program that keeps no cookies may use what nobody has used yet.
        program = found.untouched and not by_browser(request)
        return self.begin(request, found.asked, found.pool) if program else None

    def end(self, transaction: Transaction) -> bool:
        """False when it has ended before: each leads to one code."""
        with self._ending:
            ended, transaction.ended = transaction.ended, True
        return not ended

    def answer(self, transaction: Transaction, answer: Response) -> None:
        transaction.answer, transaction.answered = answer, self._clock()

    def answer_again(self, request: Request, identifier: str) -> Response | None:
        """For a double click: browsers drop the answer to the first, and wait for that to the second."""
        found = self._kept.get(identifier)
        if found is None or request.method != "POST" or not _brings(request, found.browser):
            return None
        return found.answer if self._clock() - found.answered < IMPATIENCE else None

    def asked_in(self, request: Request, identifier: str) -> Asked:
        """What this browser's own was about, though it has ended."""
        found = self._kept.get(identifier)
        return found.asked if found and _brings(request, found.browser) else Asked()

    def _forget(self) -> None:
        for identifier, kept in list(self._kept.items()):  # the oldest first
            if self._clock() - kept.began < SECONDS and len(self._kept) < LIMIT:
                break
            self._kept.pop(identifier, None)


def bind(response: Response, request: Request, transaction: Transaction) -> None:
    """The browser keeps what shows that the transaction is its own. Not `secure`: this is plain HTTP."""
    if not _brings(request, transaction.browser):
        response.set_cookie(COOKIE, transaction.browser, httponly=True, samesite="lax")


def by_browser(request: Request) -> bool:
    """Browsers say with each form where it comes from, or bring a cookie; programs do neither.

    Cross-site forgery needs a browser, so what shows none of these may do without the cookie.
    https://fetch.spec.whatwg.org/#origin-header https://w3c.github.io/webappsec-fetch-metadata/
    """
    return any(name in request.headers for name in ("origin", "sec-fetch-site", "cookie"))


def _brings(request: Request, browser: str) -> bool:
    return secrets.compare_digest(request.cookies.get(COOKIE, "").encode(), browser.encode())
