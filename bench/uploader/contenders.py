"""Who takes part, and how a job is done for each."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Playwright, async_playwright

from bench.site import migrated
from bench.uploader import running
from bench.uploader.browsing import Peer
from bench.uploader.installing import PYTHON_PEERS, Missing, npm_version
from bench.uploader.jobs import Job, Outcome
from bench.uploader.ours import Ours
from bench.uploader.profiles import OPEN
from bench.uploader.wires import Wires, network
from tests.browser.chromium import executable
from tests.browser.site import QUIET
from tests.stack import STACK

OURS, CLI = "ours", "aws"
PACKAGES = {
    "uppy": ("Uppy", "@uppy/aws-s3"),
    "uppy5": ("Uppy", "@uppy/aws-s3"),
    "amplify": ("Amplify storage", "@aws-amplify/storage"),
    "s3ff": ("django-s3-file-field", "django-s3-file-field"),
}


def called(who: str) -> str:
    """Name and version, as the table has it."""
    if who == OURS:
        return "Strongbox"
    if who == CLI:
        return f"aws s3 cp {PYTHON_PEERS['awscli'][0].partition('==')[2]}"
    name, package = PACKAGES[who]
    return f"{name} {npm_version(who, package)}"


@dataclass
class Arena:
    """One browser, one network, and everybody in them."""

    playwright: Playwright
    browser: Browser
    wires: Wires
    ours: Ours
    folder: Path

    async def do(self, who: str, job: Job, browser: Browser | None = None) -> Outcome:
        """browser: another one than all share."""
        try:
            if who == CLI:
                return await running.by_cli(self.wires, job, self.folder)
            peer = Peer(who, "s3ff" if who == "s3ff" else "signer")
            contender: running.Contender = self.ours if who == OURS else peer
            return await running.in_browser(contender, browser or self.browser, self.wires, job)
        except Missing as missing:
            return Outcome(failure=f"not installed here: {missing}")

    def file(self, size: int) -> Path:
        """Sparse: it reads as zeros, and costs no disk."""
        file = self.folder / f"{size}.bin"
        if not file.exists():
            with file.open("wb") as out:
                out.truncate(size)
        return file


@asynccontextmanager
async def arena() -> AsyncIterator[Arena]:
    folder = STACK.folder / "uploader"
    folder.mkdir(exist_ok=True)
    async with network() as wires, async_playwright() as playwright:
        browser = await launch(playwright)
        ours = Ours(migrated("uploader"))
        await ours.sign_in(browser, wires, Job(OPEN, [], 0))
        yield Arena(playwright, browser, wires, ours, folder)
        await browser.close()


async def launch(playwright: Playwright) -> Browser:
    return await playwright.chromium.launch(
        executable_path=executable(), args=["--no-sandbox", "--disable-gpu", *QUIET]
    )
