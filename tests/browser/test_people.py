"""Each of the demo people signs in, and sees what they may."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Complaints, Visit
from tests.browser.site import sign_in


@pytest.fixture
def page(site: str, browser: Browser, complaints: Complaints) -> Page:
    """A browser in which nobody has signed in."""
    context = browser.new_context(base_url=site)
    complaints.listen(context)
    return context.new_page()


@pytest.mark.parametrize("name", ["alice", "bob", "mallory"])
def test_those_who_may_keep_files_sign_in_and_see_the_uploader(page: Page, name: str) -> None:
    sign_in(page, f"{name}@example.com")
    expect(page.get_by_label("Choose files to upload")).to_be_attached()
    expect(page.get_by_role("heading", name="Your files")).to_be_visible()


def test_alice_enters_the_administration_and_comes_back(page: Page) -> None:
    sign_in(page, "alice@example.com")
    page.get_by_role("link", name="Admin").click()
    expect(page.get_by_role("heading", name="People and files")).to_be_visible()
    page.get_by_role("link", name="Back to the site").click()
    expect(page.get_by_role("heading", name="Your files")).to_be_visible()


def test_bob_is_shown_no_way_into_the_administration_and_is_refused_it(
    page: Page, complaints: Complaints
) -> None:
    complaints.forgive("403")
    sign_in(page, "bob@example.com")
    expect(page.get_by_role("link", name="Admin")).to_have_count(0)
    page.goto("/admin/")
    expect(page.get_by_role("heading", name="Not permitted")).to_be_visible()


def test_victor_sees_no_uploader_and_is_told_why(page: Page) -> None:
    sign_in(page, "victor@example.com")
    expect(page.get_by_label("Choose files to upload")).to_have_count(0)
    expect(page.get_by_text("You may look at files and download them.")).to_be_visible()
    expect(page.get_by_role("heading", name="Your box is empty")).to_be_visible()


def test_nora_learns_that_she_has_no_group_and_whom_to_ask(page: Page) -> None:
    sign_in(page, "nora@example.com")
    expect(page.get_by_text("Ask an administrator of this site")).to_be_visible()
    expect(page.get_by_role("main").get_by_text("nora@example.com")).to_be_visible()
    expect(page.get_by_label("Choose files to upload")).to_have_count(0)


def test_bob_signs_out_and_is_a_stranger_again(page: Page) -> None:
    sign_in(page, "bob@example.com")
    page.locator("summary", has_text="bob").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    page.goto("/files/")
    expect(page).not_to_have_url(re.compile("/files/$"))


def test_the_menu_closes_on_escape_and_on_a_click_beside_it(visit: Visit) -> None:
    page = visit("/files/", "bob@example.com")
    summary, sheet = page.locator("header summary"), page.locator("header .menu-sheet")
    summary.click()
    expect(sheet).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(summary).to_be_focused()
    summary.click()
    page.get_by_role("heading", name="Your files").click()
    expect(sheet).to_be_hidden()
