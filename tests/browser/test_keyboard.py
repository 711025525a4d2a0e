"""The whole journey with nothing but Tab, Enter, Space and Escape."""

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import Complaints
from tests.browser.site import WHO
from tests.stack import STACK

S3 = f"{STACK.both_names}/{STACK.env['FILES_BUCKET']}/**"


def tab_to(page: Page, name: str, *, limit: int = 40, backwards: bool = False) -> None:
    """Press Tab until the thing whose accessible name contains this has the focus."""
    passed: list[str] = []
    for _ in range(limit):
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
        focused = page.locator(":focus")
        itself = focused.aria_snapshot().partition("\n")[0] if focused.count() else "- nothing"
        passed.append(itself)
        if name.lower() in itself.lower():
            return
    raise AssertionError(f"Tab never reaches “{name}”, only {passed}")


def test_sign_in_upload_rename_delete_and_sign_out(
    site: str, browser: Browser, complaints: Complaints, tmp_path: Path, folder: str
) -> None:
    context = browser.new_context(base_url=site)
    complaints.listen(context)
    page = context.new_page()
    (tmp_path / "notes.txt").write_text("by keyboard")
    page.on("filechooser", lambda chooser: chooser.set_files(tmp_path / "notes.txt"))
    page.goto(f"/files/?folder={folder}")
    expect(page.get_by_label(WHO)).to_be_focused()
    page.keyboard.type("bob@example.com")
    page.keyboard.press("Tab")
    page.keyboard.type(STACK.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=folder.strip("/"))).to_be_visible()
    page.wait_for_load_state()  # until then, Chromium may go to the skip link's target a second time

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()

    tab_to(page, "Choose files to upload")
    expect(page.get_by_label("Choose files to upload")).to_be_focused()
    expect(page.locator("label.pick").first).to_have_css("outline-style", "solid")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 of 1 file uploaded")).to_be_visible()
    expect(page.get_by_label("Choose files to upload")).to_be_focused()

    tab_to(page, "Rename notes.txt")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.type("diary")
    tab_to(page, "Save the name")
    page.keyboard.press("Space")
    expect(page.get_by_role("link", name="Rename diary.txt")).to_be_focused()

    tab_to(page, "Delete diary.txt")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Keep it")).to_be_focused()  # Enter twice deletes nothing
    tab_to(page, "Delete for good", limit=5)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Nothing in this folder yet")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_focused()

    page.reload()
    tab_to(page, "bob")
    page.keyboard.press("Enter")
    tab_to(page, "Sign out", limit=3)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    context.close()


def test_answer_pause_resume_and_order_uploads(bob: Page, tmp_path: Path) -> None:
    """The rest of the uploader, without a mouse."""
    chosen: list[Path] = []
    bob.on("filechooser", lambda chooser: chooser.set_files(chosen))

    def choose(**files: bytes) -> None:
        chosen[:] = [tmp_path / f"{name}.bin" for name in files]
        for path, content in zip(chosen, files.values(), strict=True):
            path.write_bytes(content)
        bob.get_by_label("Choose files to upload").focus()
        bob.keyboard.press("Enter")

    choose(a=b"old")
    expect(bob.get_by_text("1 of 1 file uploaded")).to_be_visible()
    choose(a=b"new", b=b"new")
    dialog = bob.get_by_role("dialog", name="1 of these 2 names is taken")
    expect(dialog.get_by_role("button", name="Keep both")).to_be_focused()
    tab_to(bob, "Skip it", limit=2)
    bob.keyboard.press("Enter")
    expect(bob.get_by_text("2 of 2 files uploaded")).to_be_visible()
    expect(bob.get_by_label("Choose files to upload")).to_be_focused()
    tab_to(bob, "Verified", limit=6)
    bob.keyboard.press("Space")
    expect(bob.get_by_text("SHA-256:").first).to_be_visible()
    bob.keyboard.press("Space")
    tab_to(bob, "Clear finished", limit=6, backwards=True)
    bob.keyboard.press("Enter")

    held: list[Route] = []
    bob.route(S3, lambda route: held.append(route))
    choose(**{name: bytes(17 * 1024 * 1024) for name in "cdefg"})
    expect(bob.locator(".upload[data-state=waiting]")).to_have_count(2)
    tab_to(bob, "Pause c.bin")
    bob.keyboard.press("Enter")
    expect(bob.get_by_role("button", name="Resume c.bin")).to_be_focused()
    bob.keyboard.press("Enter")
    expect(bob.locator(".upload", has_text="c.bin")).to_have_attribute(
        "data-state", re.compile("waiting|sending")
    )
    tab_to(bob, "Send first: g.bin")
    bob.keyboard.press("Enter")
    expect(bob.get_by_role("button", name="Send first: g.bin")).to_be_focused()
    expect(bob.locator("#upload-news")).to_have_text(re.compile("g.bin is number 1 of"))
    bob.keyboard.press("Alt+ArrowDown")
    expect(bob.locator("#upload-news")).to_have_text(re.compile("g.bin is number 2 of"))
    for route in held:
        route.continue_()
    bob.unroute(S3)
    expect(bob.get_by_text("5 of 5 files uploaded")).to_be_visible(timeout=60_000)
