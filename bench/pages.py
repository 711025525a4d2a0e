"""The page that lists a person's files, by how many there are.

Measured: SQL statements (all of a request: session, person, permissions, list), connections that this
process opens meanwhile (an audit hook sees each one, whichever library makes it), and wall time beside
the same page of a person without files, in turns. The requests go through the whole site in this
process; not measured: gunicorn, static files, the browser, and a database that is elsewhere.
A page shows 100 files, so 10,000 are a hundred pages: this is the first of them.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from bench.rows import some_files
from bench.table import Row
from bench.timing import Paired, in_turns, milliseconds
from tests.people import sign_in

GROWING = {100: 100, 10_000: 9_900}  # how many there are → how many are added for that
ROUNDS = 60


class Outgoing:
    """Counts this process's attempts to connect to anything while `watched` is open."""

    def __init__(self) -> None:
        self.count = 0
        self._watching = False
        sys.addaudithook(self._see)  # for good: Python has no way to take one off again

    def _see(self, event: str, _: tuple[Any, ...]) -> None:
        if self._watching and event in {"socket.connect", "socket.sendto", "socket.getaddrinfo"}:
            self.count += 1

    @contextmanager
    def watched(self) -> Iterator[None]:
        self.count, self._watching = 0, True
        try:
            yield
        finally:
            self._watching = False


def run() -> list[Row]:
    outgoing = Outgoing()
    bob, mallory = Client(SERVER_NAME="localhost"), Client(SERVER_NAME="localhost")
    with outgoing.watched():
        sign_in(bob, "bob@example.com")
    if not outgoing.count:  # a hook that sees nothing would count 0 below as well
        raise RuntimeError("outgoing connections are not seen")
    sign_in(mallory, "mallory@example.com")
    empty = _page(bob, 0)
    rows = _rows("file list, empty", empty, outgoing)
    for count, more in GROWING.items():
        some_files(User.objects.get(email="mallory@example.com"), more)
        full = _page(mallory, 100)
        rows += _rows(f"file list of {count:,}", full, outgoing)
        taken = in_turns(full, empty, ROUNDS)
        rows.append(_wall(f"file list of {count:,}", taken))
    return rows


def _rows(name: str, page: Callable[[], None], outgoing: Outgoing) -> list[Row]:
    page()  # warm
    with CaptureQueriesContext(connection) as sql, outgoing.watched():
        page()
    return [
        Row(f"{name}: SQL statements", str(len(sql)), "≤ 4", how="peer: the bound, at any length"),
        Row(f"{name}: remote calls", str(outgoing.count), "0", how="connections opened meanwhile"),
    ]


def _wall(name: str, taken: Paired) -> Row:
    ours, empty = milliseconds(taken.ours), milliseconds(taken.peer)
    how = f"{ROUNDS} in turns; peer: the empty list; 100 rows are shown"
    return Row(f"{name}: wall time", ours, empty, taken.ratio, how)


def _page(browser: Client, shown: int) -> Callable[[], None]:
    def page() -> None:
        answer = browser.get("/files/")
        if answer.status_code != 200 or answer.content.count(b"<bdi>Scan ") < shown:
            raise RuntimeError(f"not the list: {answer.status_code}")

    return page
