"""What the page holds in memory while a file travels: a large one beside one of 1 GiB.

JSHeapUsedSize is Chromium's own count for the page, the most of it seen, twice a second; resident memory
is the kernel's high-water mark of the page's process, hashing worker included. The browser is a new one
each time, the file sparse, the network unshaped.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import CDPSession
from playwright.async_api import Error as BrowserError

from bench.table import Row
from bench.uploader.contenders import OURS, Arena, called, launch
from bench.uploader.jobs import Job, Outcome
from bench.uploader.matrix import amount
from bench.uploader.profiles import MIB, OPEN

LOOK = 0.5  # seconds


@dataclass
class Held:
    outcome: Outcome
    heap: int = 0  # bytes, the most seen
    resident: int = 0


async def run(arena: Arena, small: int, large: int) -> list[Row]:
    held = [await _held(arena, OURS, size) for size in (small, large)]
    return [_row(OURS, held, small, large)]


async def _held(arena: Arena, who: str, size: int) -> Held:
    browser = await launch(arena.playwright)
    job = Job(OPEN, [arena.file(size)], size, patience=400)
    held = Held(Outcome())
    looking = asyncio.create_task(_look(browser, held))
    try:
        held.outcome = await arena.do(who, job, browser)
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
        await browser.close()
    return held


async def _look(browser: Any, held: Held) -> None:
    """At the one page of this browser, as long as it is there."""
    sessions: dict[Any, CDPSession] = {}
    whole = await browser.new_browser_cdp_session()
    while True:
        await asyncio.sleep(LOOK)
        for page in [page for context in browser.contexts for page in context.pages]:
            with suppress(BrowserError):  # it may just have closed
                if page not in sessions:
                    sessions[page] = await page.context.new_cdp_session(page)
                    await sessions[page].send("Performance.enable")
                told = await sessions[page].send("Performance.getMetrics")
                metrics = {one["name"]: one["value"] for one in told["metrics"]}
                held.heap = max(held.heap, int(metrics["JSHeapUsedSize"]))
        processes = (await whole.send("SystemInfo.getProcessInfo"))["processInfo"]
        renderers = [one["id"] for one in processes if one["type"] == "renderer"]
        held.resident = max([held.resident, *map(_high_water, renderers)])


def _high_water(pid: int) -> int:
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        line = next(one for one in lines if one.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return 0


def _row(who: str, held: list[Held], small: int, large: int) -> Row:
    one, other = held
    what = f"memory of {called(who)}’s page, {amount(large)} beside {amount(small)}"
    if failure := other.outcome.failure or one.outcome.failure:
        return Row(what, f"no: {failure[:90]}")
    rates = [size / h.outcome.seconds / MIB for size, h in zip((small, large), held, strict=True)]
    return Row(
        what,
        f"heap {other.heap / MIB:.1f} MiB, resident {other.resident / MIB:.0f} MiB",
        f"heap {one.heap / MIB:.1f} MiB, resident {one.resident / MIB:.0f} MiB",
        f"{other.heap / one.heap:.2f}×, {other.resident / one.resident:.2f}×",
        f"peer: itself with {amount(small)}; sent at {rates[1]:.0f} and {rates[0]:.0f} MiB/s",
    )
