"""What is known of a file: in the dialog, by keyboard, and as a page without JavaScript."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_listing import put


def test_the_dialog_shows_the_hash_and_the_command(bob: Page) -> None:
    put(bob, "draft.txt")
    bob.get_by_role("link", name="About draft.txt").click()
    dialog = bob.get_by_role("dialog", name="About this file")
    expect(dialog.get_by_text("draft.txt", exact=True)).to_be_visible()
    expect(dialog.get_by_text("LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=")).to_be_visible()
    expect(dialog.get_by_text("openssl dgst -sha256 -binary < draft.txt | base64")).to_be_visible()
    dialog.get_by_role("link", name="Close").click()
    expect(dialog).to_be_hidden()


@pytest.mark.parametrize("keys", [["Escape"], ["Tab", "Tab", "Tab", "Enter"]])
def test_the_keyboard_opens_and_closes_it_and_stays_where_it_was(bob: Page, keys: list[str]) -> None:
    put(bob, "one.txt", "two.txt")
    link = bob.get_by_role("link", name="About two.txt")
    link.press("Enter")
    expect(bob.get_by_role("heading", name="About this file")).to_be_focused()  # and so read from there
    for key in keys:
        bob.keyboard.press(key)
    expect(bob.get_by_role("dialog")).to_be_hidden()
    expect(link).to_be_focused()
    expect(bob).to_have_url(re.compile(r"/files/\?folder="))


def test_without_javascript_it_is_a_page(bob: Page, visit: Visit, folder: str) -> None:
    put(bob, "plain.txt")
    page = visit(f"/files/?folder={folder}", "bob@example.com", java_script_enabled=False)
    page.get_by_role("link", name="About plain.txt").click()
    expect(page.get_by_role("heading", name="About this file")).to_be_visible()
    page.get_by_role("link", name="Close").click()
    expect(page.get_by_role("link", name="About plain.txt")).to_be_visible()
