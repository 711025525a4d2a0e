"""The site: in this process, on top of the local stack, or served by gunicorn in one of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import django
import requests
from django.core.management import call_command

from tests.stack import ROOT, STACK, free_port

START_SECONDS = 30


@dataclass(frozen=True)
class Server:
    """A running gunicorn: its address, the master's process id, and the log it writes."""

    url: str
    pid: int
    log: Path

    def logged(self, text: str) -> int:
        """How many of the log's lines contain this; the site writes one line a request."""
        return len(self.lines(text))

    def lines(self, text: str) -> list[str]:
        return [line for line in self.log.read_text().splitlines() if text in line]


def open_here() -> None:
    """Set Django up in this process, with a database and static files of this run's own."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ["DATABASE_URL"] = database("here")
    os.environ["LOG_LEVEL"] = "ERROR"  # the lines that requests write would stand in the table's way
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def database(name: str) -> str:
    """DATABASE_URL of an SQLite file in the run's own folder."""
    return f"sqlite:///{STACK.folder / name}.sqlite3"


def migrated(name: str, **environment: str) -> dict[str, str]:
    """The environment of a site with a new database of this name."""
    whole = os.environ | {"DATABASE_URL": database(name), "LOG_LEVEL": "INFO"} | environment
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(command, cwd=ROOT, env=whole, check=True)
    return whole


@contextmanager
def serve(
    application: str,
    environment: dict[str, str],
    port: int | None = None,
    *,
    python: str = sys.executable,
    folder: Path = ROOT,
) -> Iterator[Server]:
    """gunicorn with the site's own settings for it, serving a WSGI application of either side.

    python: of the environment that has it; folder: where the application is imported from.
    """
    port = port or free_port()
    settings = ["--config", str(ROOT / "config" / "gunicorn.py"), "--chdir", str(folder)]
    command = [python, "-m", "gunicorn", application, *settings]
    log = STACK.folder / f"gunicorn-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment | {"PORT": str(port)}, stdout=output, stderr=output
        )
        server = Server(f"http://localhost:{port}", process.pid, log)
        try:
            _wait_until_it_answers(server, process)
            yield server
        finally:
            process.terminate()
            process.wait(20)


def _wait_until_it_answers(server: Server, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            requests.get(f"{server.url}/healthz", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"the server did not start:\n{server.log.read_text()}")
