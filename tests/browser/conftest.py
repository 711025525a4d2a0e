"""A browser on the real site, and people in it. Whatever a page complains about fails the test."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    sync_playwright,
)

from tests.browser.aftermath import Aftermath
from tests.browser.faults import FaultyS3
from tests.browser.faulty_s3 import faulty_s3
from tests.browser.site import Site, launch, serve, sign_in
from tests.browser.sweeper import Sweeper, sweeper_beside
from tests.stack import STACK


@pytest.fixture(scope="session")
def server(static_files: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site's process."""
    with serve(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="session")
def site(server: Site) -> str:
    """The address of the running site."""
    return server.url


@pytest.fixture(scope="module")
def proxied(server: Site) -> Iterator[FaultyS3]:
    """What stands between S3 and both the site and its pages, for the tests of this module."""
    with faulty_s3(STACK.endpoint, server.url) as proxy:
        server.kill()
        server.start(S3_ENDPOINT_URL=proxy.url)
        yield proxy
        server.kill()
        server.start(S3_ENDPOINT_URL=STACK.endpoint)


@pytest.fixture(scope="session")
def sweeper(server: Site) -> Iterator[Sweeper]:
    with sweeper_beside(server) as process:
        yield process


@pytest.fixture
def s3(proxied: FaultyS3, server: Site, sweeper: Sweeper) -> Iterator[FaultyS3]:
    """It behaves until told otherwise.

    Whatever a test does to it, the site itself never fails, and nothing is left after the sweep.
    """
    if not server.running:
        server.start()
    proxied.forget()
    before = server.log.stat().st_size
    yield proxied
    proxied.behave()
    broken = ("Traceback", '"status": 500, "milliseconds"')
    assert [line for line in server.logged(before) if any(mark in line for mark in broken)] == []
    sweeper.sweep()
    for name in ("bob", "mallory"):
        after = Aftermath(server, f"{name}@example.com")
        assert (after.under_way(), after.strays, after.lost) == ([], [], [])


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    chromium = launch(playwright)
    yield chromium
    chromium.close()


class Complaints:
    """What pages wrote to the console as errors, Content-Security-Policy violations among them."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.forgiven: list[str] = []

    def listen(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", lambda error: self.seen.append(f"uncaught: {error.error}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.seen.append(f"{message.text} ({message.location.get('url', '')})")

    def forgive(self, pattern: str) -> None:
        """Chromium itself logs every failed request: a test that makes one says so."""
        self.forgiven.append(pattern)

    @property
    def unforgiven(self) -> list[str]:
        return [one for one in self.seen if not any(re.search(p, one) for p in self.forgiven)]


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    heard = Complaints()
    yield heard
    assert not heard.unforgiven


Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def cookies() -> dict[str, Any]:
    """Whoever has signed in once, by e-mail: the cookies of that browser."""
    return {}


@pytest.fixture
def visit(
    site: str, browser: Browser, cookies: dict[str, Any], complaints: Complaints
) -> Iterator[Visit]:
    """visit(path, email="", **options): a page at this address, in a browser of its own."""
    contexts: list[BrowserContext] = []

    def open_page(path: str = "/files/", email: str = "", **options: Any) -> Page:
        if email and email not in cookies:
            cookies[email] = _cookies_after_signing_in(browser, email)
        state = cookies.get(email)
        context = browser.new_context(base_url=site, storage_state=state, **options)
        context.set_default_timeout(15_000)
        complaints.listen(context)
        contexts.append(context)
        page = context.new_page()
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()


def _cookies_after_signing_in(browser: Browser, email: str) -> Any:
    with browser.new_context() as context:
        sign_in(context.new_page(), email)
        # The site's only: one sign-in at Cognito, shared by many tests, would make them hang together.
        context.clear_cookies(name=re.compile("^managed_login"))
        return context.storage_state()


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> str:
    """A folder that no other test uses: the page of it is empty."""
    return f"{request.node.name[:80]}/"


@pytest.fixture
def bob(visit: Visit, folder: str) -> Page:
    """bob's page of the test's own folder."""
    return visit(f"/files/?folder={folder}", "bob@example.com")


@pytest.fixture
def left(server: Site) -> Aftermath:
    """What is left of bob's uploads."""
    return Aftermath(server, "bob@example.com")


@pytest.fixture
def make_file(tmp_path: Path) -> Callable[..., Path]:
    """make_file(name, size): a file whose every MiB differs, so that no two parts are alike."""

    def make(name: str, size: int) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as out:
            for start in range(0, size, 1024 * 1024):
                block = start.to_bytes(8, "big") * (128 * 1024)
                out.write(block[: size - start])
        return path

    return make
