"""Uploads: calls to the site, and what they cost it, with and without the bytes passing through.

Measured: two gunicorns with the same site and the same signed-in person. One gets uploads as a browser
with JavaScript sends them (parts as it cuts them, signed in windows of 8 with their hashes, six at once
to S3); the other gets the same bytes through the form without JavaScript, which streams them to S3 with
django-storages. In turns; the sender is a process of its own. CPU and memory are those of the gunicorn
trees alone. Not measured: the time S3 takes (the emulator shares these cores), hashing in the browser,
and the temporary files that the form spools to.
"""

import json
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests

from bench import processes, sender
from bench.site import Server, migrated, serve
from bench.table import Row
from tests.people import through_sign_in_page
from tests.stack import ROOT, STACK

MIB, GIB = 1024**2, 1024**3
ROUNDS = 3
WARM_UP = 40 * MIB  # several parts, so that all that is loaded once is loaded


@dataclass
class Way:
    """One way of uploading, and the server that it goes to."""

    how: str
    server: Server
    cookies: dict[str, str]
    cpu: list[float] = field(default_factory=list)  # seconds per GiB, of each round
    before: int = 0  # bytes of memory after warming up
    peak: int = 0

    def send(self, size: int, name: str) -> None:
        told = {"how": self.how, "site": self.server.url, "cookies": self.cookies}
        subprocess.run(
            [sys.executable, "-m", "bench.sender"],
            cwd=ROOT,
            input=json.dumps(told | {"size": size, "name": name}),
            text=True,
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def warm_up(self) -> None:
        self.send(WARM_UP, "warm-up")
        self.before = processes.resident_bytes(self.server.pid)

    def measure(self, size: int, name: str) -> None:
        used = processes.cpu_seconds(self.server.pid)
        with processes.peak_memory(self.server.pid) as peak:
            self.send(size, name)
        self.cpu.append((processes.cpu_seconds(self.server.pid) - used) * GIB / size)
        self.peak = max(self.peak, peak.resident)

    @property
    def growth(self) -> float:
        """MiB."""
        return (self.peak - self.before) / MIB


def run(size: int) -> list[Row]:
    """size: bytes of each upload."""
    environment = migrated("uploads")
    with ExitStack() as stack:
        registered = urlsplit(STACK.site_url).port
        first = stack.enter_context(serve("config.wsgi", environment, registered))
        # Another port of the same host and the same database: the same session cookie holds.
        second = stack.enter_context(serve("config.wsgi", environment))
        cookies = _signed_in(first)
        api, form = Way("api", first, cookies), Way("form", second, cookies)
        api.warm_up()
        form.warm_up()
        calls = _calls(api, size)
        for number in range(ROUNDS):
            for way in (api, form) if number % 2 else (form, api):
                way.measure(size, f"round-{number}")
                _make_room()
        return [calls, *_costs(api, form, size)]


def _calls(way: Way, size: int) -> Row:
    """Counted by the site, in the log that has a line for each request."""
    mark = '"path": "/api/v1/uploads'
    before = way.server.logged(mark)
    way.send(size, "counted")
    calls = way.server.logged(mark) - before
    parts = -(-size // sender.part_size(size))
    more = -(-parts // sender.WINDOW) - 1
    return Row(
        f"upload of {_size(size)}: calls to the site",
        str(calls),
        f"2 + {more}",
        how=f"counted there; peer: the bound, 2 + windows after the first ({parts} parts)",
    )


def _costs(api: Way, form: Way, size: int) -> list[Row]:
    how = f"{ROUNDS} in turns"
    cpu, peers_cpu = sum(api.cpu) / ROUNDS, sum(form.cpu) / ROUNDS
    return [
        Row(
            f"upload of {_size(size)}: CPU of the site per GiB",
            _seconds(api.cpu),
            _seconds(form.cpu),
            f"{cpu / peers_cpu:.3f}×",
            f"{how}, mean (least–most); peer: the form, by django-storages",
        ),
        Row(
            f"upload of {_size(size)}: growth of the site’s memory",
            f"{api.growth:.1f} MiB",
            f"{form.growth:.1f} MiB",
            how=f"{how}, the most resident memory seen less that after warming up",
        ),
    ]


def _make_room() -> None:
    """Empty the bucket, past the site: the emulator keeps what it has on the disk."""
    s3, bucket = STACK.admin("s3"), STACK.env["FILES_BUCKET"]
    for kept in s3.list_objects_v2(Bucket=bucket).get("Contents", ()):
        s3.delete_object(Bucket=bucket, Key=kept["Key"])


def _signed_in(server: Server) -> dict[str, str]:
    """The cookies of bob, after signing in and looking at the list, whose forms bring the CSRF token."""
    with requests.Session() as browser:
        start = browser.get(f"{server.url}/oidc/authenticate/", allow_redirects=False, timeout=30)
        back = through_sign_in_page(start.headers["Location"], "bob@example.com")
        browser.get(back, timeout=30).raise_for_status()
        return browser.cookies.get_dict()


def _seconds(values: list[float]) -> str:
    return f"{sum(values) / len(values):.2f} s ({min(values):.2f}–{max(values):.2f})"


def _size(size: int) -> str:
    return f"{size // GIB} GiB" if size % GIB == 0 else f"{size // MIB} MiB"
