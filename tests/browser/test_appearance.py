"""Every page, wide and narrow: nothing sticks out, nothing breaks the Content-Security-Policy, and
what people act on is named. (The `complaints` fixture fails a page that writes an error.)"""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Complaints, Visit

LONG = "a-name-without-any-place-to-break-it-" * 5 + ".txt"
PAGES = {
    "landing": ("/", ""),
    "files": ("/files/?folder=appearance/", "bob@example.com"),
    "empty": ("/files/", "mallory@example.com"),
    "search": (f"/files/?q={LONG}", "bob@example.com"),
    "administrator": ("/files/", "alice@example.com"),
    "viewer": ("/files/", "victor@example.com"),
    "nobody": ("/files/", "nora@example.com"),
    "not found": ("/nowhere/", ""),
    "sign-in problem": ("/oidc/callback/?error=access_denied&state=forged", ""),
    "deep folder": ("/files/?folder=" + "very-long-folder-name/" * 8, "bob@example.com"),
}


@pytest.fixture
def long_name(visit: Visit) -> None:
    """A file in the folder “appearance” whose name is as long as one may be."""
    page = visit("/files/?folder=appearance/", "bob@example.com")
    if page.get_by_role("link", name=LONG, exact=True).count() == 0:
        payload = {"name": LONG, "mimeType": "text/plain", "buffer": b"x"}
        page.get_by_label("Choose files to upload").set_input_files(payload)  # type: ignore[arg-type]
        expect(page.get_by_text("1 of 1 file uploaded")).to_be_visible()


@pytest.mark.usefixtures("long_name")
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_no_page_scrolls_sideways_or_leaves_a_control_unnamed(
    name: str, width: int, visit: Visit, complaints: Complaints
) -> None:
    complaints.forgive("status of 40[04]")
    path, email = PAGES[name]
    page = visit(path, email, viewport={"width": width, "height": 800})
    expect(page.get_by_role("main")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    for control in page.locator("a, button, input:not([type=hidden]), summary").all():
        assert control.evaluate(NAMED), control.evaluate("element => element.outerHTML")


# By its own label or content: a placeholder or a title is no name.
NAMED = """element => Boolean(
    element.getAttribute("aria-label") || element.labels?.length || element.textContent.trim())"""


@pytest.mark.usefixtures("long_name")
@pytest.mark.parametrize("action", ["Rename", "Delete"])
def test_a_dialog_fits_a_narrow_screen(action: str, visit: Visit) -> None:
    page = visit("/files/?folder=appearance/", "bob@example.com", viewport={"width": 360, "height": 640})
    page.get_by_role("link", name=f"{action} {LONG}").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert dialog.evaluate("element => element.scrollWidth <= element.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_what_opens_on_a_narrow_screen_stays_on_it(visit: Visit) -> None:
    page = visit("/files/", "bob@example.com", viewport={"width": 360, "height": 640})
    for summary in page.locator("summary").all():
        summary.click()
        sheet = page.locator("details[open] .menu-sheet")
        expect(sheet).to_be_visible()
        assert sheet.evaluate(ON_SCREEN)
        page.keyboard.press("Escape")
        expect(sheet).to_have_count(0)


ON_SCREEN = """element => {
    const { left, right } = element.getBoundingClientRect();
    return left >= 0 && right <= innerWidth;
}"""


@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/admin/accounts/user/",
        "/admin/files/file/",
        "/admin/files/upload/",
        "/admin/auth/group/",
    ],
)
def test_the_administration_keeps_to_the_policy(path: str, visit: Visit) -> None:
    page = visit(path, "alice@example.com")
    expect(page.get_by_role("link", name="Back to the site")).to_be_visible()


def test_the_api_documentation_keeps_to_the_policy(visit: Visit) -> None:
    page = visit("/api/v1/docs", "bob@example.com")
    expect(page.get_by_text("Start an upload")).to_be_visible()
