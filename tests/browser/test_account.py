"""People at their own account, in a real browser: each journey from the page to the next sign-in."""

import re
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.accounts import newcomers
from tests.browser.conftest import Complaints, Visit
from tests.browser.site import WHO
from tests.browser.test_appearance import NAMED
from tests.browser.test_keyboard import tab_to
from tests.stack import STACK

NEW_PASSWORD = "a brand new and long one"


@pytest.fixture
def email() -> str:
    """The address of somebody new, whom the test may change."""
    return newcomers.make()


@pytest.fixture
def ned(visit: Visit, email: str) -> Page:
    """Their account page."""
    return visit("/account/", email)


def sign_in(page: Page, email: str, password: str = "", code: str = "") -> None:
    """Type what a person types; with a code, on the page that asks for it."""
    page.goto(f"{STACK.site_url}/oidc/authenticate/?next=/account/")
    page.get_by_label(WHO).fill(email)
    page.get_by_label("Password").fill(password or STACK.password)
    page.get_by_role("button", name="Sign in").click()
    if code:
        page.get_by_label("Code", exact=True).fill(code)
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()


def sign_out(page: Page) -> None:
    page.locator("summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()


def done(page: Page, message: str) -> None:
    expect(page.get_by_role("status").filter(has_text=message)).to_be_visible()


def test_a_new_name_is_in_the_header_at_once(ned: Page) -> None:
    ned.get_by_role("link", name="Change your name").click()
    ned.get_by_label("Name", exact=True).fill("Nadia")
    ned.get_by_label("Language of the sign-in pages").select_option("Deutsch")
    ned.get_by_role("button", name="Save").click()
    done(ned, "Your profile is saved.")
    expect(ned.locator("summary")).to_contain_text("Nadia")
    expect(ned.locator("#profile")).to_contain_text("Deutsch")
    expect(ned.locator("#activity")).to_contain_text("Profile changed: name, language")


def test_the_chosen_language_is_that_of_the_next_sign_in(ned: Page) -> None:
    ned.get_by_role("link", name="Change your language").click()
    ned.get_by_label("Language of the sign-in pages").select_option("Deutsch")
    ned.get_by_role("button", name="Save").click()
    done(ned, "Your profile is saved.")
    sign_out(ned)
    ned.get_by_role("link", name="Sign in").click()
    expect(ned.locator("html")).to_have_attribute("lang", "de")


def test_a_changed_password_signs_in(ned: Page, email: str, complaints: Complaints) -> None:
    complaints.forgive("status of 422")
    ned.get_by_role("link", name="Change your password", exact=True).click()
    ned.get_by_label("Current password").fill("a wrong one")
    ned.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    ned.get_by_label("New password, once more").fill(NEW_PASSWORD)
    ned.get_by_role("button", name="Change the password").click()
    old = ned.get_by_label("Current password")
    expect(old).to_be_focused()
    expect(old).to_have_accessible_description(re.compile("This is not your current password"))
    old.fill(STACK.password)
    ned.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    ned.get_by_label("New password, once more").fill(NEW_PASSWORD)
    ned.get_by_role("button", name="Change the password").click()
    done(ned, "Your password is changed.")
    sign_out(ned)
    sign_in(ned, email, NEW_PASSWORD)


def test_a_changed_address_signs_in(ned: Page, email: str) -> None:
    new = newcomers.new_address()
    ned.get_by_role("link", name="Change your e-mail address").click()
    ned.get_by_label("New e-mail address").fill(new)
    ned.get_by_role("button", name="Send the code").click()
    expect(ned.get_by_role("heading", name="Type the code")).to_be_visible()
    ned.get_by_role("button", name="Send another code").click()
    done(ned, "Another code is on its way.")
    ned.get_by_label("Code", exact=True).fill(newcomers.mailed_code(new))
    ned.get_by_role("button", name="Change the address").click()
    done(ned, "Your e-mail address is changed.")
    expect(ned.locator("#signing-in")).to_contain_text(new)
    sign_out(ned)
    sign_in(ned, new)


def test_an_authenticator_app_is_asked_at_the_next_sign_in_until_it_is_removed(
    ned: Page, email: str
) -> None:
    ned.get_by_role("link", name="Add an authenticator app").click()
    ned.get_by_role("button", name="Show the QR code").click()
    expect(ned.get_by_role("img", name="QR code for your authenticator app")).to_be_visible()
    app = pyotp.TOTP("".join(ned.locator(".key code").inner_text().split()))
    ned.get_by_label("Code", exact=True).fill(app.now())
    ned.get_by_role("button", name="Add the app").click()
    done(ned, "Your authenticator app is added.")
    sign_out(ned)
    sign_in(ned, email, code=app.now())
    ned.get_by_role("link", name="Remove the authenticator app").click()
    ned.get_by_role("button", name="Remove it").click()
    done(ned, "Your authenticator app is removed.")
    sign_out(ned)
    sign_in(ned, email)


def test_signing_out_everywhere_reaches_the_other_browser(ned: Page, email: str, visit: Visit) -> None:
    phone = visit("/files/", email)
    ned.get_by_role("link", name="Sign out everywhere", exact=True).click()
    ned.get_by_role("button", name="Sign out everywhere").click()
    expect(ned.get_by_role("link", name="Sign in")).to_be_visible()
    phone.reload()
    expect(phone.get_by_label(WHO)).to_be_visible()


def test_a_deleted_account_is_gone_with_its_files(
    ned: Page, email: str, visit: Visit, complaints: Complaints
) -> None:
    complaints.forgive("status of 422")
    files = visit("/files/", email)
    payload: Any = {"name": "kept.txt", "mimeType": "text/plain", "buffer": b"kept"}
    files.get_by_label("Choose files to upload").set_input_files(payload)
    expect(files.get_by_text("1 of 1 file uploaded")).to_be_visible()
    ned.get_by_role("link", name="Delete your account").click()
    ned.get_by_label("Your e-mail address").fill("somebody@example.com")
    ned.get_by_role("button", name="Delete my account").click()
    expect(ned.locator("#confirmation-problem")).to_contain_text(email)
    ned.get_by_label("Your e-mail address").fill(email)
    ned.get_by_role("button", name="Delete my account").click()
    done(ned, "Your account is deleted, and everything that you kept here.")
    expect(ned.get_by_role("link", name="Sign in")).to_be_visible()
    cognito = STACK.admin("cognito-idp")
    with pytest.raises(cognito.exceptions.UserNotFoundException):
        newcomers.attributes(email)


def test_the_keyboard_alone_changes_a_name(visit: Visit, email: str) -> None:
    page = visit("/files/", email)
    tab_to(page, "Ned")
    page.keyboard.press("Enter")
    tab_to(page, "Your account", limit=2)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    tab_to(page, "Change your name")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your profile")).to_be_visible()
    tab_to(page, "Name")
    page.keyboard.press("Control+A")
    page.keyboard.type("Nell")
    page.keyboard.press("Enter")
    done(page, "Your profile is saved.")
    expect(page.locator("summary")).to_contain_text("Nell")


def test_all_of_it_works_without_javascript(visit: Visit, email: str) -> None:
    page = visit("/account/", email, java_script_enabled=False)
    page.get_by_role("link", name="Add an authenticator app").click()
    page.get_by_role("button", name="Show the QR code").click()
    app = pyotp.TOTP("".join(page.locator(".key code").inner_text().split()))
    page.get_by_label("Code", exact=True).fill(app.now())
    page.get_by_role("button", name="Add the app").click()
    done(page, "Your authenticator app is added.")


PAGES = {
    "overview": "/account/",
    "profile": "/account/profile/",
    "e-mail": "/account/email/",
    "password": "/account/password/",
    "authenticator": "/account/authenticator/",
    "no authenticator": "/account/authenticator/remove/",
    "sign out": "/account/sign-out/",
    "delete": "/account/delete/",
}


@pytest.fixture(scope="module")
def long_named() -> str:
    """Somebody whose name has no place to break it."""
    return newcomers.make(name="Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch" * 3)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_no_page_of_the_account_scrolls_sideways_or_leaves_a_control_unnamed(
    name: str, width: int, mode: str, visit: Visit, long_named: str
) -> None:
    size = {"width": width, "height": 800}
    page = visit(PAGES[name], long_named, viewport=size, color_scheme=mode)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    _fits(page, width)


@pytest.mark.parametrize("width", [360, 1280])
def test_the_secrets_page_fits(width: int, visit: Visit, email: str) -> None:
    page = visit("/account/authenticator/", email, viewport={"width": width, "height": 800})
    page.get_by_role("button", name="Show the QR code").click()
    expect(page.get_by_label("Code", exact=True)).to_be_visible()
    _fits(page, width)


def _fits(page: Page, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for control in page.locator("a, button, select, input:not([type=hidden]), summary").all():
        assert control.evaluate(NAMED), control.evaluate("element => element.outerHTML")
