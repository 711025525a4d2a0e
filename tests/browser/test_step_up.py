"""Being asked again: by Cognito's own page, on the way to what matters more."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.accounts import newcomers
from tests.browser.conftest import Complaints, Visit
from tests.browser.site import WHO
from tests.stack import STACK


@pytest.fixture
def ned(visit: Visit) -> tuple[Page, str]:
    """Somebody new, signed in here and known to managed login: the page, and their address."""
    email = newcomers.make("admins")
    page = visit("/oidc/authenticate/?next=/account/")
    answer_the_form(page, email)
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    return page, email


def answer_the_form(page: Page, email: str) -> None:
    page.get_by_label(WHO).fill(email)
    page.get_by_label("Password").fill(STACK.password)
    page.keyboard.press("Enter")


def test_whom_managed_login_knows_is_not_asked_again_without_need(ned: tuple[Page, str]) -> None:
    page, _ = ned
    page.goto(f"{STACK.site_url}/oidc/authenticate/?next=/account/")
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()


def test_a_page_that_wants_a_fresh_sign_in_has_them_asked_all_the_same(ned: tuple[Page, str]) -> None:
    page, email = ned
    page.goto(f"{STACK.site_url}/oidc/authenticate/?next=/account/delete/&max_age=300")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    answer_the_form(page, email)
    expect(page).to_have_url(re.compile("/account/delete/$"))


def test_somebody_switched_off_can_sign_in_as_somebody_else(
    ned: tuple[Page, str], visit: Visit, complaints: Complaints
) -> None:
    complaints.forgive("status of 403")
    page, email = ned
    admin = visit("/admin/accounts/user/", "alice@example.com")
    admin.get_by_role("link", name=email).click()
    admin.get_by_label("Active").uncheck()
    admin.get_by_role("button", name="Save", exact=True).click()
    page.goto("/account/")
    expect(page.get_by_role("heading", name="Your account is switched off here")).to_be_visible()
    page.get_by_role("link", name="Sign in again").click()
    answer_the_form(page, newcomers.make())
    expect(page).to_have_url(re.compile("/files/|/account/"))
    expect(page.get_by_role("button", name="Sign in")).not_to_be_visible()
