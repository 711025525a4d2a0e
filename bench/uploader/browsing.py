"""A peer's page and its server: one run from choosing the files to the last of them stored."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from playwright.async_api import Browser, Page

from bench.site import Server, serve
from bench.uploader import installing
from bench.uploader.jobs import Job
from bench.uploader.wires import Wire, Wires
from tests.stack import ROOT


@dataclass
class Place:
    """Where an upload happens: an S3, a server that signs for it, and the server's address from afar."""

    wire: Wire
    server: Server
    url: str


@asynccontextmanager
async def place(
    wires: Wires,
    job: Job,
    application: str,
    environment: dict[str, str],
    *,
    port: int = 0,
    python: str = sys.executable,
    folder: Path = ROOT,
) -> AsyncIterator[Place]:
    """environment: {S3} in it becomes the address of the S3, {S3 again} one with its other name.

    port: of the relay, if it matters.
    """
    wire = await wires.link(job.profile)
    await wire.set_up(job.profile, **job.goes_wrong)
    told = {
        name: text.replace("{S3}", wire.url).replace("{S3 again}", wire.second_url)
        for name, text in environment.items()
    }
    serving = serve(application, told, python=python, folder=folder)
    server = await asyncio.to_thread(serving.__enter__)
    try:
        target = urlsplit(server.url).port or 0
        port = await wires.relay(target, job.profile.rtt, port)
        yield Place(wire, server, f"http://localhost:{port}")
    finally:
        await asyncio.to_thread(serving.__exit__, None, None, None)


@dataclass(frozen=True)
class Peer:
    """A peer in the browser: one of bench/peers."""

    name: str
    server: str  # "signer" or "s3ff"

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"PAGES": str(installing.bundle(self.name)), "S3_URL": "{S3}"}

    @asynccontextmanager
    async def place(self, wires: Wires, job: Job) -> AsyncIterator[Place]:
        if self.server == "s3ff":
            part = {"PART": str(job.tuning.part or 0)}
            python = str(installing.python("s3ff") / "python")
            folder = installing.PEERS / "s3ff"
            making = place(wires, job, "app", self.environment | part, python=python, folder=folder)
        else:
            instead = {"INSTEAD": json.dumps(self._instead(job))}
            making = place(wires, job, "bench.uploader.signer", self.environment | instead)
        async with making as made:
            yield made

    async def open(self, browser: Browser, made: Place, job: Job) -> Page:
        page = await (await browser.new_context()).new_page()
        await self.show(page, made, job)
        return page

    async def show(self, page: Page, made: Place, job: Job) -> None:
        chosen = {"part": job.tuning.part or "", "limit": job.tuning.connections or ""}
        await page.goto(f"{made.url}/{self.name}.html?{urlencode(chosen)}")
        await page.wait_for_selector("body[data-ready]")

    def _instead(self, job: Job) -> dict[str, str]:
        if self.name != "amplify":
            return {}
        words = {installing.AMPLIFYS_S3: "{S3}"}
        if job.tuning.part:
            words["DEFAULT_PART_SIZE = 5 * MiB"] = f"DEFAULT_PART_SIZE = {job.tuning.part}"
            words["DEFAULT_QUEUE_SIZE = 4"] = f"DEFAULT_QUEUE_SIZE = {job.tuning.connections}"
        return words
