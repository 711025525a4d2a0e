"""Refreshing: calls to the token endpoint when one sign-in's tokens have run out under many requests.

Measured: the site in a gunicorn of four processes with 16 threads each, and a stand-in for Cognito
that counts, and answers after 200 ms. 64 requests of one session start together at each expiry; the
tokens are expired by writing into the sessions' table, since nobody waits an hour. Not measured:
PostgreSQL, where the lease is the same single UPDATE.
"""

from collections import Counter

from bench.table import Row
from tests import workers
from tests.stack import STACK
from tests.workers import AT_ONCE, WORKERS, Site

EXPIRIES = 10
AWAY = 0.2  # seconds: long enough for every request to arrive meanwhile


def run() -> list[Row]:
    with workers.serve(STACK.folder) as site:
        cookies = site.sign_in()
        site.cognito.delay = AWAY
        return [row for rotate in (False, True) for row in _expiries(site, cookies, rotate=rotate)]


def _expiries(site: Site, cookies: dict[str, str], *, rotate: bool) -> list[Row]:
    site.cognito.rotate = rotate
    calls, answers = Counter[int](), Counter[str]()
    for _ in range(EXPIRIES):
        site.let_tokens_run_out()
        site.cognito.calls.clear()
        answers += site.many_requests(cookies)
        calls[site.cognito.count("/oauth2/token")] += 1
    failed = answers.total() - answers["/files/"]
    setting = f"rotation {'on' if rotate else 'off'}"
    how = f"{EXPIRIES} expiries, {AT_ONCE} requests each, {WORKERS} processes; peer: the bound"
    return [
        Row(f"refresh, {setting}: token calls per expiry", _each(calls), "1", how=how),
        Row(f"refresh, {setting}: requests failed", str(failed), "0", how=f"of {answers.total()}"),
    ]


def _each(calls: Counter[int]) -> str:
    """The one count that every expiry had, or all of them with how often each occurred."""
    if len(calls) == 1:
        return str(next(iter(calls)))
    return ", ".join(f"{count} ({times}×)" for count, times in sorted(calls.items()))
