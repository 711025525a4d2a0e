"""The pictures in the README, made from the real site: `python -m tests.browser.screenshots`.

A stack and a site of their own start for it and stop afterwards; nothing of `make run` is touched.
"""

import subprocess
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, StorageState, ViewportSize, expect, sync_playwright

from tests.browser.site import launch, serve, sign_in
from tests.stack import MANAGE, ROOT

PICTURES = Path(__file__).parent / "screenshots"
MODES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SIZE: ViewportSize = {"width": 1280, "height": 800}
KIB = 1024
FILES = {
    "Letters/2026/reply to the landlord.odt": 38 * KIB,
    "Letters/2026/tenancy agreement.pdf": 482 * KIB,
    "Letters/grandmother.txt": 3 * KIB,
    "Photographs/lighthouse.jpg": 2_860 * KIB,
    "Photographs/harbour at dusk.jpg": 3_141 * KIB,
    "Accounts 2026.xlsx": 1_204 * KIB,
    "Passport, scanned.pdf": 897 * KIB,
    "Recording of the meeting.flac": 17_340 * KIB,
    "عقد الإيجار.pdf": 99 * KIB,
}


def fill(page: Page, files: dict[str, int]) -> None:
    """Upload files of these paths and sizes through the page's own uploader."""
    for path, size in files.items():
        folder, _, name = path.rpartition("/")
        page.goto(f"/files/?folder={folder}/" if folder else "/files/")
        payload = {"name": name, "mimeType": "application/octet-stream", "buffer": bytes(size)}
        page.get_by_label("Choose files to upload").set_input_files(payload)  # type: ignore[arg-type]
        expect(page.get_by_text("1 of 1 file uploaded")).to_be_visible(timeout=30_000)


def signed_in(browser: Browser, url: str, email: str, files: dict[str, int]) -> StorageState:
    """The cookies of somebody who has signed in and uploaded these."""
    with browser.new_context(base_url=url) as context:
        page = context.new_page()
        sign_in(page, email)
        fill(page, files)
        return context.storage_state()


def take(browser: Browser, url: str) -> None:
    bob = signed_in(browser, url, "bob@example.com", FILES)
    alice = signed_in(browser, url, "alice@example.com", {})
    # The picture's name, whose cookies, the address, and a link that shows that the page is there.
    shots = [
        ("landing", None, "/", "Sign in"),
        ("files", bob, "/files/", "Accounts 2026.xlsx"),
        ("sign-in", None, "/oidc/authenticate/", "Sign up"),
        ("account", bob, "/account/", "Recent activity"),
        ("admin", alice, "/admin/files/file/", "Back to the site"),
        ("audit", alice, "/admin/accounts/auditevent/", "Back to the site"),
    ]
    for mode in MODES:
        for name, cookies, path, link in shots:
            with browser.new_context(
                base_url=url, storage_state=cookies, color_scheme=mode, viewport=SIZE
            ) as context:
                page = context.new_page()
                page.goto(path)
                expect(page.get_by_role("link", name=link, exact=True)).to_be_visible()
                file = PICTURES / f"{name}-{mode}.png"
                page.screenshot(path=file, animations="disabled", caret="hide")


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    subprocess.run([*MANAGE, "collectstatic", "--noinput", "--verbosity=0"], cwd=ROOT, check=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(Path(folder)) as site,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        take(browser, site.url)
        browser.close()
    for file in sorted(PICTURES.glob("*.png")):
        print(f"{file.relative_to(ROOT)}  {file.stat().st_size // KIB} KB")


if __name__ == "__main__":
    main()
