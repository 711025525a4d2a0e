"""What the tests of uploads do on the page, and a way to let its pauses pass at once."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import APIResponse, Locator, Page, Request, expect

from tests.stack import STACK

MIB = 1024 * 1024
PATIENCE = 40  # seconds
STEP = 5_000  # milliseconds by which the page's clock is set forward at a time
MakeFile = Callable[..., Path]


def choose(page: Page, *files: Path) -> None:
    page.get_by_label("Choose files to upload").set_input_files(list(files))


def row_of(page: Page, name: str) -> Locator:
    return page.locator("#queue .upload", has_text=name)


def expect_state(row: Locator, state: str) -> None:
    expect(row).to_have_attribute("data-state", state, timeout=30_000)


def drop(page: Page, files: dict[str, str]) -> None:
    """Let go of files, name → content, above the page."""
    page.evaluate(
        """files => {
            const dataTransfer = new DataTransfer();
            for (const [name, content] of Object.entries(files))
                dataTransfer.items.add(new File([content], name, { type: "text/plain" }));
            for (const type of ["dragenter", "drop"])
                document.body.dispatchEvent(
                    new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
        }""",
        files,
    )


class Api:
    """The files API, with the session of a page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def call(self, method: str, path: str, body: Any = None) -> APIResponse:
        """body: an object, or text to send as it is."""
        cookies = {one.get("name"): one.get("value", "") for one in self.page.context.cookies()}
        headers = {"X-CSRFToken": cookies["csrftoken"], "Content-Type": "application/json"}
        where = f"{STACK.site_url}/api/v1{path}"
        data = body.encode() if isinstance(body, str) else body  # Playwright would quote what is no JSON
        return self.page.request.fetch(where, method=method, data=data, headers=headers)


class Hurry:
    """A page whose clock is set forward, but only while it waits for nobody.

    So the pauses between tries take no time, and what is on its way does not seem to stall.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.under_way: set[Request] = set()
        page.on("request", lambda request: self.under_way.add(request))
        page.on("requestfinished", lambda request: self.under_way.discard(request))
        page.on("requestfailed", lambda request: self.under_way.discard(request))
        page.clock.install()

    def until(self, row: Locator, *states: str) -> None:
        """Until the row has come to one of these states."""
        deadline = time.monotonic() + PATIENCE
        while row.get_attribute("data-state") not in states:
            assert time.monotonic() < deadline, row.locator(".said").inner_text()
            if not self.under_way:
                self.page.clock.run_for(STEP)

    def regardless(self, reached: Callable[[], bool]) -> None:
        """Set the clock forward, whatever is on its way, until this is so."""
        deadline = time.monotonic() + PATIENCE
        while not reached():
            assert time.monotonic() < deadline
            self.page.clock.run_for(STEP // 5)  # what comes next must not seem to stall as well
