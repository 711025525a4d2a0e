"""Strongbox's own page, from a file chosen to its row being done: the real site, signed in as bob."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, expect

from bench.sender import by_api
from bench.uploader.browsing import Place, place
from bench.uploader.jobs import Job
from bench.uploader.wires import Wires
from tests.browser.site import WHO
from tests.stack import STACK

# Told by the page itself, from the input's change to the last file stored: main.js says so of each,
# whether it has a row or not, and a row that failed shows it.
WATCH = """(count) => {
  const told = (window.bench = { began: 0, done: 0 });
  told.over = new Promise((resolve) => (told.resolve = resolve));
  const begin = () => (told.began ||= performance.now());
  for (const input of document.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", begin, { capture: true });
  }
  document.addEventListener("files:changed", () => {
    told.done += 1;
    if (told.done < count) return;
    const began = performance.timeOrigin + told.began;
    told.resolve({ began, seconds: (performance.now() - told.began) / 1000 });
  });
  new MutationObserver((records) => {
    for (const { target } of records) {
      if (target.dataset?.state === "failed") told.resolve({ failed: target.innerText });
    }
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-state"] });
}"""


TWO_NAMES = {"S3_ENDPOINT_URL": "{S3}", "S3_SECOND_ENDPOINT_URL": "{S3 again}"}  # as on AWS


@dataclass
class Ours:
    """environment: of a site with a database of its own; cookies: bob's, once he has signed in."""

    environment: dict[str, str]
    cookies: dict[str, Any] = field(default_factory=dict)
    name: str = "Strongbox"
    _folders: "count[int]" = field(default_factory=count)

    @asynccontextmanager
    async def place(self, wires: Wires, job: Job) -> AsyncIterator[Place]:
        environment = self.environment | TWO_NAMES
        async with place(wires, job, "config.wsgi", environment) as made:
            if self.cookies:
                await asyncio.to_thread(self._warm_up, made)
                await made.wire.set_up(job.profile, **job.goes_wrong)
            yield made

    def _warm_up(self, made: Place) -> None:
        """A byte by the API: what a site loads with its first upload is not what is measured."""
        cookies = {one["name"]: one["value"] for one in self.cookies["cookies"]}
        told = {"how": "api", "site": made.server.url, "cookies": cookies, "size": 1, "name": "warm-up"}
        by_api(told)

    async def sign_in(self, browser: Browser, wires: Wires, job: Job) -> None:
        """At the address that Cognito sends people back to; cookies do not know ports."""
        port = urlsplit(STACK.site_url).port or 0
        environment = self.environment | TWO_NAMES
        async with place(wires, job, "config.wsgi", environment, port=port) as made:
            context = await browser.new_context()
            page = await context.new_page()
            await page.goto(made.url)
            await page.get_by_role("link", name="Sign in").click()
            await page.get_by_label(WHO).fill("bob@example.com")
            await page.get_by_label("Password").fill(STACK.password)
            await page.get_by_role("button", name="Sign in").click()
            await expect(page).to_have_url(f"{made.url}/files/")
            # Cookies alone: what the page remembers of its speed is not taken along.
            self.cookies = {"cookies": await context.cookies(), "origins": []}
            await context.close()

    async def open(self, browser: Browser, made: Place, job: Job) -> Page:
        state: Any = self.cookies
        context = await browser.new_context(storage_state=state)
        page = await context.new_page()
        # Leaving a page whose uploads are under way is asked about; the bench means it.
        page.on("dialog", lambda dialog: dialog.accept())
        await page.goto(f"{made.url}/files/?folder=bench-{next(self._folders)}/")
        await self._ready(page, job)
        if job.first:
            await self._learn(page, made, job)
        return page

    async def _learn(self, page: Page, made: Place, job: Job) -> None:
        """Upload something, so that the page gets to know the line, and forget all else of it."""
        await page.locator("#pick").set_input_files(str(job.first))
        told = await asyncio.wait_for(page.evaluate("window.bench.over"), job.patience)
        if failed := told.get("failed"):
            raise RuntimeError(f"nothing was learnt: {failed}")
        await made.wire.set_up(job.profile, **job.goes_wrong)
        await page.goto(f"{made.url}/files/?folder=bench-{next(self._folders)}/")
        await self._ready(page, job)

    async def show(self, page: Page, made: Place | None, job: Job) -> None:  # noqa: ARG002
        await page.reload()
        await self._ready(page, job)

    async def _ready(self, page: Page, job: Job) -> None:
        await page.wait_for_selector("#uploader[data-ready]")
        await page.evaluate(WATCH, len(job.files))
