"""The real site for a real browser: gunicorn on the registered address, with a database of its own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import requests
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from tests.browser.chromium import executable
from tests.stack import MANAGE, ROOT, STACK

# Nothing but what the pages ask for: no updates, no sync, no suggestions.
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", *QUIET]
WHO = re.compile("Username|E-?mail", re.IGNORECASE)  # the sign-in page's first field
START = Retry(total=10, backoff_factor=0.1)


class Site:
    """gunicorn on the registered address, which can be stopped, killed and started again there.

    Its database and log are in `folder`, and outlive it.
    """

    def __init__(self, folder: Path) -> None:
        self.url = STACK.site_url
        self.log, self.database = folder / "site.log", folder / "site.sqlite3"
        self.environment = os.environ | {
            "DATABASE_URL": f"sqlite:///{self.database}",
            "PORT": str(urlsplit(self.url).port),
        }
        self._process: subprocess.Popen[bytes] | None = None
        migrate = [*MANAGE, "migrate", "--verbosity=0"]
        subprocess.run(migrate, cwd=ROOT, env=self.environment, check=True)

    def start(self, **more: str) -> None:
        """more: what else its environment says, from now on."""
        self.environment |= more
        command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--config", "config/gunicorn.py"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a group of its own, to be killed as one
            )
        _wait_until_it_answers(self.url)

    def logged(self, since: int = 0) -> list[str]:
        """The log's lines after so many bytes; the site writes one for each request it has answered."""
        return self.log.read_bytes()[since:].decode().splitlines()

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)

    def kill(self) -> None:
        """All of it, without a farewell: as by the power switch."""
        if self._process is not None and self.running:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(20)

    def kill_worker(self) -> None:
        """The process that answers; its master starts another one."""
        worker = re.findall(r"Booting worker with pid: (\d+)", self.log.read_text())[-1]
        os.kill(int(worker), signal.SIGKILL)


@contextmanager
def serve(folder: Path) -> Iterator[Site]:
    """The running site; its database and log are in `folder`."""
    site = Site(folder)
    try:
        site.start()
        yield site
    finally:
        site.stop()


def _wait_until_it_answers(url: str) -> None:
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=START))
        session.get(f"{url}/healthz", timeout=10).raise_for_status()


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)


def launch_with_profile(playwright: Playwright, profile: Path) -> BrowserContext:
    """A browser that keeps what it knows in this folder, for the next one."""
    return playwright.chromium.launch_persistent_context(
        profile, executable_path=executable(), args=ARGUMENTS, base_url=STACK.site_url
    )


def kill_browser(context: BrowserContext, profile: Path) -> None:
    """Without a farewell to the site, the disk or anybody."""
    # Chromium's own mark that the profile is in use: a link to “host-pid”.
    browser = int((profile / "SingletonLock").readlink().name.rpartition("-")[2])
    with context.expect_event("close"):
        os.kill(browser, signal.SIGKILL)


def sign_in(page: Page, email: str) -> None:
    """From the site's front page through the sign-in page, as a person does it."""
    page.goto(STACK.site_url)
    page.get_by_role("link", name="Sign in").click()
    fill_sign_in_form(page, email)
    expect(page).to_have_url(re.compile(f"^{re.escape(STACK.site_url)}/files/"))


def fill_sign_in_form(page: Page, email: str) -> None:
    page.get_by_label(WHO).fill(email)
    page.get_by_label("Password").fill(STACK.password)
    page.get_by_role("button", name="Sign in").click()
