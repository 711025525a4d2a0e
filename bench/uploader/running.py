"""Doing a job: in the browser, or by `aws s3 cp`."""

import asyncio
import os
import sys
import time
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any, Protocol

from playwright.async_api import Browser, FileChooser, Page
from playwright.async_api import Error as BrowserError

from bench import processes
from bench.uploader import installing
from bench.uploader.browsing import Place
from bench.uploader.jobs import RELOAD, Job, Outcome
from bench.uploader.wires import Wire, Wires

LOOK = 0.05  # seconds between two looks at how far it is
CHOOSING = 3  # seconds for which the dialog is open


class Contender(Protocol):
    """In the browser: ours, or a peer."""

    @property
    def name(self) -> str: ...
    def place(self, wires: Wires, job: Job) -> AbstractAsyncContextManager[Place]: ...
    async def open(self, browser: Browser, made: Place, job: Job) -> Page: ...
    async def show(self, page: Page, made: Place, job: Job) -> None: ...


async def in_browser(contender: Contender, browser: Browser, wires: Wires, job: Job) -> Outcome:
    async with AsyncExitStack() as beginning:
        await beginning.enter_async_context(wires.beginning)
        async with contender.place(wires, job) as made:
            page = await contender.open(browser, made, job)
            await page.wait_for_load_state("networkidle")  # a person looks before choosing
            try:
                return await _measured(contender, page, made, job, beginning)
            finally:
                await page.context.close()


async def _measured(
    contender: Contender, page: Page, made: Place, job: Job, beginning: AsyncExitStack
) -> Outcome:
    outcome = Outcome()
    calls, used = made.server.logged('"path"'), processes.cpu_seconds(made.server.pid)
    before, ticks, began = processes.resident_bytes(made.server.pid), processes.ticks(), 0.0
    try:
        dialog = await _dialog(page)
        ticks, began = processes.ticks(), time.monotonic()
        await _choose(dialog, job)
        await _first_byte(made.wire)
        await beginning.aclose()
        if job.reload:
            await _reload(contender, page, made, job)
        await _end(page, job, outcome)
    except TimeoutError:
        outcome.failure = f"not done after {job.patience:.0f} s"
    except BrowserError as error:
        outcome.failure = error.message.splitlines()[0]
    outcome.load = processes.load(ticks)
    if job.reload:
        outcome.seconds = time.monotonic() - began - CHOOSING
    outcome.calls = made.server.logged('"path"') - calls
    outcome.cpu = processes.cpu_seconds(made.server.pid) - used
    for line in made.server.lines('"WARNING"')[-5:] if outcome.failure else []:
        print(line, file=sys.stderr)
    outcome.grown = processes.resident_bytes(made.server.pid) - before
    outcome.counted = await made.wire.count()
    return outcome


async def _end(page: Page, job: Job, outcome: Outcome) -> None:
    told = await asyncio.wait_for(page.evaluate("window.bench.over"), job.patience)
    outcome.seconds, outcome.began = told.get("seconds", 0.0), told.get("began", 0.0) / 1000
    outcome.failure = " ".join(told.get("failed", "").split())


async def _dialog(page: Page) -> FileChooser:
    """One that has been open for some seconds, as a person needs: a page may get ready meanwhile."""
    async with page.expect_file_chooser() as dialog:
        await page.locator("#pick").press("Enter")
    await asyncio.sleep(CHOOSING)
    return await dialog.value


async def _choose(dialog: FileChooser, job: Job) -> None:
    files = [str(file) for file in job.files]
    await dialog.set_files(files, timeout=1000 * job.patience)  # 10,000 take long


async def _first_byte(wire: Wire) -> None:
    for _ in range(200):  # ten seconds: what does not begin by then is told later
        if (await wire.count())["received"]:
            return
        await asyncio.sleep(LOOK)


async def _reload(contender: Contender, page: Page, made: Place, job: Job) -> None:
    """The page is loaded again when half of the bytes are there, and the files are chosen again."""
    while (await made.wire.count())["received"] < RELOAD * job.size:
        await asyncio.sleep(LOOK)
    await contender.show(page, made, job)
    await _choose(await _dialog(page), job)


async def by_cli(wires: Wires, job: Job, folder: Path) -> Outcome:
    """`aws s3 cp`, --recursive for more than one file; timed as a process, Python's start and all."""
    aws = installing.python("awscli") / "aws"
    wire = await wires.link(job.profile)
    await wire.set_up(job.profile, **job.goes_wrong)
    several = len(job.files) > 1
    source = job.files[0].parent if several else job.files[0]
    command = [str(aws), "s3", "cp", *(["--recursive"] if several else []), "--quiet"]
    ticks = processes.ticks()
    process, began = await _start([*command, str(source), "s3://bench/copy/"], wire, job, folder)
    outcome = Outcome()
    try:
        _, said = await asyncio.wait_for(process.communicate(), job.patience)
        if process.returncode:
            outcome.failure = " ".join(said.decode().split())[:200] or f"exit {process.returncode}"
    except TimeoutError:
        process.terminate()
        await process.wait()
        outcome.failure = f"not done after {job.patience:.0f} s"
    outcome.seconds, outcome.load = time.monotonic() - began, processes.load(ticks)
    outcome.counted = await wire.count()
    return outcome


async def _start(
    command: list[str], wire: Wire, job: Job, folder: Path
) -> tuple[asyncio.subprocess.Process, float]:
    config = folder / f"aws-{wire.port}.ini"
    config.write_text(_config(job))
    environment: dict[str, Any] = os.environ | {
        "AWS_CONFIG_FILE": str(config),
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_ENDPOINT_URL_S3": wire.url,
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *command,
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    return process, began


def _config(job: Job) -> str:
    lines = ["[default]", "s3 =", "  addressing_style = path"]
    if job.tuning.part:
        lines += [
            f"  max_concurrent_requests = {job.tuning.connections}",
            f"  multipart_chunksize = {job.tuning.part}",
        ]
    return "\n".join(lines) + "\n"
