"""When a sign-in does not go straight on: each time the person lands where they were going, or on a page
that says what happened, with one button that starts again."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests import workers
from tests.browser.chromium import executable
from tests.browser.conftest import Complaints, Visit
from tests.browser.site import QUIET, fill_sign_in_form
from tests.stack import STACK

BOB = "bob@example.com"
HERE = re.compile(f"^{re.escape(STACK.site_url)}/")
A_FOLDER = "/files/?folder=where-i-was-going/"


@pytest.fixture(autouse=True)
def forgiving(complaints: Complaints) -> None:
    """Chromium itself notes the status of the pages that say what happened."""
    complaints.forgive("status of (40[03]|503)")


def callbacks(page: Page) -> list[str]:
    """The addresses under which the browser comes back from Cognito, as it does."""
    seen: list[str] = []
    page.on(
        "request", lambda request: seen.append(request.url) if "/oidc/callback/" in request.url else None
    )
    return seen


def sign_in_and_land(page: Page, where: str) -> None:
    fill_sign_in_form(page, BOB)
    expect(page).to_have_url(f"{STACK.site_url}{where}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def expect_to_be_told(page: Page, title: str) -> None:
    """What happened, and one thing to do about it."""
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.locator(".button.primary")).to_have_count(1)
    expect(page.get_by_role("link", name="Sign in again")).to_be_visible()


def start_again(page: Page) -> None:
    page.get_by_role("link", name="Sign in again").click()


def test_the_back_button_after_signing_in_never_ends_on_an_error(visit: Visit) -> None:
    """Back to the sign-in page; whoever signs in there once more, or is known there, is still here."""
    page = visit(A_FOLDER)
    sign_in_and_land(page, A_FOLDER)
    page.go_back()
    if not HERE.match(page.url):
        sign_in_and_land(page, A_FOLDER)
    expect(page.get_by_role("link", name="Files", exact=True)).to_be_visible()


def test_a_callback_opened_again_in_another_tab_lands_signed_in(visit: Visit) -> None:
    page = visit(A_FOLDER)
    seen = callbacks(page)
    sign_in_and_land(page, A_FOLDER)
    tab = page.context.new_page()
    tab.goto(seen[0])
    expect(tab).to_have_url(f"{STACK.site_url}{A_FOLDER}")


def test_a_callback_opened_in_another_browser_signs_nobody_in(visit: Visit) -> None:
    page = visit(A_FOLDER)
    seen = callbacks(page)
    sign_in_and_land(page, A_FOLDER)
    expect_to_be_told(visit(seen[0]), "That sign-in page was out of date")


@pytest.mark.parametrize("width", [360, 1280])
def test_a_bookmarked_callback_starts_again_and_goes_where_it_was_going(
    visit: Visit, width: int
) -> None:
    page = visit(A_FOLDER)
    seen = callbacks(page)
    sign_in_and_land(page, A_FOLDER)
    later = visit(seen[0], viewport={"width": width, "height": 740})
    expect_to_be_told(later, "That sign-in page was out of date")
    assert later.evaluate("document.documentElement.scrollWidth") <= width
    start_again(later)
    sign_in_and_land(later, A_FOLDER)


def test_a_bookmarked_sign_in_page_starts_again_and_goes_where_it_was_going(visit: Visit) -> None:
    """Bookmarked in another browser, or before this one forgot its cookies."""
    bookmark = visit(A_FOLDER).url
    page = visit(bookmark)
    fill_sign_in_form(page, BOB)
    expect_to_be_told(page, "That sign-in page was out of date")
    start_again(page)
    if not HERE.match(page.url):  # managed login may know the person by now
        fill_sign_in_form(page, BOB)
    expect(page).to_have_url(f"{STACK.site_url}{A_FOLDER}")


def test_two_tabs_land_where_each_was_going(visit: Visit) -> None:
    first = visit("/files/?folder=first/")
    second = first.context.new_page()
    second.goto("/files/?folder=second/")
    sign_in_and_land(first, "/files/?folder=first/")
    sign_in_and_land(second, "/files/?folder=second/")


def refused_at(page: Page, **error: str) -> str:
    """The address by which Cognito sends this page's sign-in back without a code."""
    state = parse_qs(urlsplit(page.url).query)["state"][0]
    return f"/oidc/callback/?{urlencode({**error, 'state': state})}"


def test_a_cancelled_sign_in_can_be_started_again(visit: Visit) -> None:
    page = visit(A_FOLDER)
    page.goto(refused_at(page, error="access_denied"))
    expect_to_be_told(page, "You were not signed in")
    start_again(page)
    sign_in_and_land(page, A_FOLDER)


def test_a_refused_sign_in_says_why(visit: Visit) -> None:
    page = visit(A_FOLDER)
    why = "PreAuthentication failed with error The office is closed."
    page.goto(refused_at(page, error="invalid_request", error_description=why))
    expect_to_be_told(page, "You were not signed in")
    expect(page.get_by_text("The office is closed.")).to_be_visible()


@pytest.fixture
def without_cookies(site: str, browser: Browser, tmp_path: Path) -> Iterator[BrowserContext]:
    """A browser whose owner has blocked this site's cookies, in its settings."""
    (tmp_path / "Default").mkdir()
    off = {"profile": {"content_settings": {"exceptions": {"cookies": {f"{site},*": {"setting": 2}}}}}}
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(off))
    context = browser.browser_type.launch_persistent_context(
        tmp_path,
        executable_path=executable(),
        args=["--no-sandbox", "--disable-gpu", *QUIET],
        base_url=site,
    )
    yield context
    context.close()


def test_without_cookies_a_page_says_that_they_are_needed(without_cookies: BrowserContext) -> None:
    page = without_cookies.new_page()
    page.goto(A_FOLDER)
    fill_sign_in_form(page, BOB)
    expect_to_be_told(page, "That sign-in page was out of date")
    expect(page.get_by_text("does not keep this site’s cookies")).to_be_visible()
    assert "sessionid" not in {cookie["name"] for cookie in without_cookies.cookies()}


def test_while_cognito_is_away_a_page_says_so_and_then_goes_on(
    static_files: None, browser: Browser, complaints: Complaints, tmp_path: Path
) -> None:
    """Somebody whose tokens have run out meanwhile."""
    with workers.serve(tmp_path) as site, browser.new_context(base_url=site.url) as context:
        complaints.listen(context)
        context.add_cookies(
            [{"name": name, "value": value, "url": site.url} for name, value in site.sign_in().items()]
        )
        page = context.new_page()
        site.let_tokens_run_out()
        site.cognito.will_answer("/oauth2/token", 503, b"", times=2)
        page.goto(A_FOLDER)
        expect(page.get_by_text("The sign-in service is not answering.")).to_be_visible()
        expect(page.locator(".button.primary")).to_have_text("Try again")
        site.cognito.answers.clear()
        page.get_by_role("link", name="Try again").click()
        expect(page.get_by_role("heading", name="where-i-was-going")).to_be_visible()
        expect(page).to_have_url(f"{site.url}{A_FOLDER}")
