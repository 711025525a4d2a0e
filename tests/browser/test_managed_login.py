"""Managed login in a real browser, from the site and back to it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Complaints
from tests.browser.site import WHO
from tests.localaws.visitors import PASSWORD, address, later, person, with_authenticator
from tests.stack import STACK

FILES = re.compile(f"^{re.escape(STACK.site_url)}/files/")


@pytest.fixture
def context(site: str, browser: Browser, complaints: Complaints) -> Iterator[BrowserContext]:
    with browser.new_context(base_url=site) as context:
        context.set_default_timeout(15_000)
        complaints.listen(context)
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """The sign-in page, in a browser in which nobody has signed in."""
    page = context.new_page()
    page.goto("/")
    page.get_by_role("link", name="Sign in").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    return page


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    """By keyboard alone; the first empty field has the focus."""
    expect(page.get_by_label(WHO)).to_be_focused()
    page.keyboard.type(email)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")


def mailed_code(page: Page) -> str:
    """From the mailbox that the page leads to, in its own tab."""
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open the mailbox").click()
    mailbox = opened.value
    code = mailbox.locator("code").first.inner_text()
    mailbox.close()
    return code


def expect_in(page: Page, email: str) -> None:
    """Signed in on the site, as this person, who is in no group."""
    expect(page).to_have_url(FILES)
    expect(page.get_by_role("main").get_by_text(email)).to_be_visible()
    expect(page.get_by_label("Choose files to upload")).to_have_count(0)


def test_a_person_signs_up_confirms_by_the_mailbox_and_is_in_no_group(page: Page) -> None:
    email = address()
    page.get_by_role("link", name="Sign up").click()
    expect(page.get_by_label("Name")).to_be_focused()
    for typed in ("Nina New", email, "short"):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The password does not meet the rules.")
    expect(page.get_by_label("Password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Confirm your e-mail")).to_be_visible()
    code = mailed_code(page)
    page.get_by_label("Code").fill(code)
    page.keyboard.press("Enter")
    expect_in(page, email)


def test_a_person_who_forgot_the_password_chooses_another_and_is_in(page: Page) -> None:
    email = person()
    page.get_by_role("link", name="Forgotten your password?").click()
    expect(page.get_by_label(WHO)).to_be_focused()
    page.keyboard.type(email)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Choose a new password")).to_be_visible()
    code = mailed_code(page)
    page.get_by_label("Code").fill(code)
    page.keyboard.press("Tab")
    page.keyboard.type("a-new-one-by-far")
    page.keyboard.press("Enter")
    expect_in(page, email)


def test_a_person_with_a_temporary_password_chooses_their_own(page: Page) -> None:
    email = person(temporary=True)
    sign_in(page, email)
    expect(page.get_by_label("New password")).to_be_focused()
    page.keyboard.type("a-new-one-by-far")
    page.keyboard.press("Enter")
    expect_in(page, email)


def test_a_person_with_an_authenticator_app_types_its_code(page: Page) -> None:
    email = person()
    totp = with_authenticator(email)
    sign_in(page, email)
    expect(page.get_by_label("Code")).to_be_focused()
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text(
        "The code is wrong. Type the one that the app shows now."
    )
    expect(page.get_by_label("Code")).to_be_focused()
    page.keyboard.type(later(totp))  # the current one is used up
    page.keyboard.press("Enter")
    expect_in(page, email)


def test_a_person_signs_in_with_a_code_by_email(page: Page) -> None:
    email = person()
    page.keyboard.type(email)
    page.get_by_role("button", name="E-mail me a code instead").press("Enter")
    expect(page.get_by_label("Code")).to_be_focused()
    code = mailed_code(page)
    page.get_by_label("Code").fill(code)
    page.keyboard.press("Enter")
    expect_in(page, email)


def test_a_wrong_password_is_told_and_typed_again(page: Page) -> None:
    email = person()
    sign_in(page, email, "wrong-wrong-wrong")
    expect(page.get_by_role("alert")).to_contain_text("Incorrect username or password.")
    expect(page.get_by_label(WHO)).to_have_value(email)
    expect(page.get_by_label("Password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect_in(page, email)


def test_managed_login_remembers_the_person_when_only_the_sites_session_has_ended(page: Page) -> None:
    email = person()
    sign_in(page, email)
    expect_in(page, email)
    page.context.clear_cookies(name="sessionid")
    page.goto("/files/")
    expect_in(page, email)


def test_after_signing_out_of_the_site_the_person_is_asked_again(page: Page) -> None:
    email = person()
    sign_in(page, email)
    expect_in(page, email)
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    page.goto("/files/")
    expect(page.get_by_label("Password")).to_be_visible()
    expect(page.get_by_label(WHO)).to_be_empty()


def test_every_page_leads_back(page: Page) -> None:
    page.get_by_role("link", name="Sign up").click()
    page.get_by_role("link", name="Back to sign-in").click()
    page.get_by_role("link", name="Forgotten your password?").click()
    page.get_by_label(WHO).fill("who@example.com")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Use another e-mail").click()
    page.get_by_role("link", name="Back to sign-in").click()
    expect(page.get_by_label(WHO)).to_have_value("who@example.com")
    page.get_by_role("link", name="Back to the site").click()
    expect(page).to_have_url(f"{STACK.site_url}/")


def test_a_phone_shows_every_page_without_scrolling_sideways(
    site: str, browser: Browser, complaints: Complaints
) -> None:
    context = browser.new_context(base_url=site, viewport={"width": 320, "height": 640})
    complaints.listen(context)
    page = context.new_page()
    page.goto("/oidc/authenticate/")
    long = f"{'long' * 16}@example.com"
    page.get_by_label(WHO).fill(long)
    for name in ("Forgotten your password?", "Back to sign-in", "Sign up"):
        expect_no_sideways(page)
        link = page.get_by_role("link", name=name)
        link.click()
        expect(link).to_have_count(0)
    expect_no_sideways(page)
    page.goto(f"{STACK.endpoint}/mailbox/?to={long}")
    expect_no_sideways(page)


def expect_no_sideways(page: Page) -> None:
    page.wait_for_load_state()  # between two pages there is a document with nothing in it
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_impatient_double_click_signs_in_all_the_same(page: Page) -> None:
    email = person()
    page.get_by_label(WHO).fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").dblclick()
    expect_in(page, email)
