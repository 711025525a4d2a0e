"""AWS credentials: how often the identity pool is asked for them.

Measured: 64 requests of one person at once, each of which has to sign a download, with nothing in the
cache; then the same person over five hours, the end of each hour being a cache that was emptied. Calls
are counted on their way to the identity pool. The requests run in 64 threads of this process through
the whole site (session, permission, row, signature), without gunicorn, whose 16 threads would let no
more than 16 in at once. Not measured: time, since the emulator's answers take other times than AWS's;
and several processes, which share the lock with the cache.
"""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.core.cache import cache
from django.db import connections
from django.test import Client, override_settings
from django.urls import reverse

from accounts.models import User
from bench.peer_credentials import fetcher
from bench.relay import Relay, relay_to
from bench.rows import some_files
from bench.table import Row
from tests.people import sign_in
from tests.stack import STACK

BOB = "bob@example.com"
AT_ONCE, HOURS, PER_HOUR = 64, 5, 10
GET_ID, GET_CREDENTIALS = "GetId", "GetCredentialsForIdentity"


def run() -> list[Row]:
    tokens = STACK.tokens(BOB)
    with relay_to(STACK.endpoint) as relay, override_settings(AWS_ENDPOINT_URL=relay.url):
        fetch = fetcher(
            relay.url, STACK.env["COGNITO_IDENTITY_POOL_ID"], STACK.logins(tokens["id_token"])
        )
        download = _download()
        burst, peers_burst = _burst(relay, download), _burst(relay, fetch)
        life = burst + _hours(relay, download)
        peers_life = peers_burst + _hours(relay, fetch)
    return [
        _count(
            f"credentials: {GET_CREDENTIALS}, {AT_ONCE} requests at once",
            burst[GET_CREDENTIALS],
            peers_burst[GET_CREDENTIALS],
            "cold cache, counted on the way to the pool; peer: fetched in each request",
        ),
        _count(
            f"credentials: {GET_CREDENTIALS}, then {HOURS} hours",
            life[GET_CREDENTIALS] - burst[GET_CREDENTIALS],
            peers_life[GET_CREDENTIALS] - peers_burst[GET_CREDENTIALS],
            f"{PER_HOUR} requests an hour; the cache is emptied where one ends",
        ),
        _count(
            f"credentials: {GET_ID} in a person’s life",
            life[GET_ID],
            peers_life[GET_ID],
            "from the person’s first request on, all of the above",
        ),
    ]


def _count(what: str, ours: int, peer: int, how: str) -> Row:
    return Row(what, str(ours), str(peer), f"{ours / peer:.2f}×", how)


def _download() -> Callable[[], None]:
    """A request that needs credentials: the redirect to a presigned download, as bob."""
    browser = Client(SERVER_NAME="localhost")
    sign_in(browser, BOB)
    cookies = browser.cookies.output(header="", sep=";")
    bob = User.objects.get(email=BOB)
    address = reverse("files:content", args=[some_files(bob, 1)[0].pk])

    def download() -> None:
        answer = Client(SERVER_NAME="localhost", headers={"cookie": cookies}).get(address)
        if answer.status_code != 302 or "X-Amz-Signature" not in answer["Location"]:
            raise RuntimeError(f"no download: {answer.status_code}")

    return download


def _burst(relay: Relay, request: Callable[[], object]) -> Counter[str]:
    """What the identity pool is asked by AT_ONCE requests that start together."""
    cache.clear()
    relay.take()
    ready = Barrier(AT_ONCE)

    def one() -> None:
        ready.wait(30)
        try:
            request()
        finally:
            connections.close_all()  # this thread's

    with ThreadPoolExecutor(AT_ONCE) as pool:
        under_way = [pool.submit(one) for _ in range(AT_ONCE)]
        for each in under_way:
            each.result()
    return relay.take()


def _hours(relay: Relay, request: Callable[[], object]) -> Counter[str]:
    for _ in range(HOURS):
        cache.clear()
        for _ in range(PER_HOUR):
            request()
    return relay.take()
