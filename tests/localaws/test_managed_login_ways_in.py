"""Every way into managed login, and into an account: passwords, codes, signing up. Over HTTP."""

import re

import pytest
import requests

from localaws.challenges import ATTEMPTS
from tests.localaws.visitors import (
    PASSWORD,
    Browser,
    address,
    app_client,
    asks,
    id_claims,
    later,
    let_in,
    mailed_codes,
    other,
    person,
    sign_up_page,
    with_authenticator,
)
from tests.people import Form
from tests.stack import STACK

# --- Passwords -------------------------------------------------------------------------------------


def test_after_a_wrong_password_the_email_stays_and_the_password_has_the_focus() -> None:
    page = Browser().sign_in(email := person(), "wrong-wrong-wrong").text
    assert re.search(f'<input id="username"[^>]*value="{email}"', page)
    assert re.search('<input id="password"[^>]*aria-invalid="true" autofocus', page)
    assert 'role="alert"' in page
    assert "wrong-wrong-wrong" not in page


def test_what_is_missing_is_told_beside_its_field() -> None:
    page = Browser().sign_in("", "").text
    assert "Type your e-mail." in page
    assert "Type a password." in page


def test_a_temporary_password_must_be_replaced_by_one_that_fits() -> None:
    browser, email = Browser(), person(temporary=True)
    page = browser.sign_in(email)
    assert "Choose a new password" in page.text
    assert "At least 12 characters." in page.text
    weak = browser.submit(page, password="short")
    assert "The password does not meet the rules." in weak.text
    assert let_in(browser.submit(weak, password="a-new-one-by-far"))
    assert let_in(Browser().sign_in(email, "a-new-one-by-far"))


def test_a_forgotten_password_is_replaced_with_the_mailed_code() -> None:
    browser, email = Browser(), person()
    page = forgotten(browser, email)
    (code,) = mailed_codes(email)
    wrong = browser.submit(page, code=other(code), password="a-new-one-by-far")
    assert "The code is wrong." in wrong.text
    weak = browser.submit(wrong, code=code, password="short")
    assert "The password does not meet the rules." in weak.text
    assert let_in(browser.submit(weak, code=f" {code[:3]} {code[3:]}", password="a-new-one-by-far"))
    assert asks(Browser().sign_in(email))
    assert let_in(Browser().sign_in(email, "a-new-one-by-far"))


def test_whoever_forgot_a_password_still_needs_the_authenticator_app() -> None:
    browser, email = Browser(), person()
    totp = with_authenticator(email)
    page = forgotten(browser, email)
    page = browser.submit(page, code=mailed_codes(email)[0], password="a-new-one-by-far")
    assert "Authenticator app" in page.text
    assert let_in(browser.submit(page, code=later(totp)))


def test_nobody_learns_from_a_forgotten_password_who_has_an_account() -> None:
    read = []
    for email in (person(), address()):
        page = forgotten(Browser(), email).text.replace(email, "").replace(email.replace("@", "%40"), "")
        read.append(re.sub('value="[^"]*"|transaction=[^"]+', "", page))
    assert read[0] == read[1]


def forgotten(browser: Browser, email: str) -> requests.Response:
    page = browser.open()
    link = re.search('href="(/forgotPassword[^"]+)"', page.text)
    assert link
    return browser.submit(browser.open(link[1]), username=email)


# --- Codes -----------------------------------------------------------------------------------------


def test_the_authenticator_app_is_asked_for_after_the_password() -> None:
    browser, email = Browser(), person()
    totp = with_authenticator(email)
    page = browser.sign_in(email)
    assert 'autocomplete="one-time-code"' in page.text
    assert asks(browser.open())  # the password alone opened nothing
    code = later(totp)
    wrong = browser.submit(page, code=other(code))
    assert "Type the one that the app shows now." in wrong.text
    assert let_in(browser.submit(wrong, code=code))
    page = browser.submit(browser.open(prompt="login"), username=email, password=PASSWORD)
    assert "This code was used before." in browser.submit(page, code=code).text


def test_a_code_by_email_lets_in_without_a_password() -> None:
    browser, email = Browser(), person()
    page = browser.submit(browser.open(), username=email, password="", action="code")
    assert "Check your e-mail" in page.text
    again = browser.submit(page, code="", action="resend")
    assert "A new code is on its way." in again.text
    newest, first = mailed_codes(email)
    assert "The code is wrong." in browser.submit(again, code=first).text
    assert let_in(browser.submit(again, code=newest))
    assert id_claims(browser.open(acr_values="urn:cognito:loa:1"))["amr"] == ["otp"]


def test_a_code_by_email_is_no_way_round_the_authenticator_app() -> None:
    browser, email = Browser(), person()
    with_authenticator(email)
    page = browser.submit(browser.open(), username=email, action="code")
    assert mailed_codes(email) == []
    assert "The code is wrong." in browser.submit(page, code="123456").text


def test_nobody_learns_from_a_code_by_email_who_has_an_account() -> None:
    read = []
    for email in (person(), address()):
        browser = Browser()
        page = browser.submit(browser.open(), username=email, action="code")
        page = browser.submit(page, code="000000")
        text = page.text.replace(email, "").replace(email.replace("@", "%40"), "")
        read.append(re.sub('value="[^"]*"|transaction=[^"]+', "", text))
    assert read[0] == read[1]


def test_wrong_codes_end_the_sign_in_and_the_right_one_comes_too_late() -> None:
    browser, email = Browser(), person()
    page = browser.submit(browser.open(), username=email, action="code")
    code = mailed_codes(email)[0]
    for _ in range(ATTEMPTS):
        assert "The code is wrong." in browser.submit(page, code=other(code)).text
    late = browser.submit(page, code=code)
    assert asks(late)
    assert "took too long" in late.text


# --- Signing up ------------------------------------------------------------------------------------


def test_a_person_signs_up_confirms_the_address_and_is_in() -> None:
    browser, email = Browser(), address()
    page = sign_up_page(browser)
    assert "At least 12 characters." in page.text
    page = browser.submit(page, name="Nina New", email=email, password=PASSWORD)
    assert "Confirm your e-mail" in page.text
    assert email in page.text
    (code,) = mailed_codes(email)
    wrong = browser.submit(page, code=other(code))
    assert "The code is wrong." in wrong.text
    found = id_claims(browser.submit(wrong, code=code))
    assert (found["email"], found["email_verified"]) == (email, True)
    assert "cognito:groups" not in found
    assert let_in(browser.open())


@pytest.mark.parametrize(
    ("changes", "told", "field"),
    [
        ({"password": "short"}, "The password does not meet the rules.", "password"),
        ({"email": "no address"}, "This is no e-mail address.", "email"),
        ({"email": "bob@example.com"}, "An account with this e-mail exists already.", "email"),
        ({"name": " "}, "Type your name.", "name"),
    ],
)
def test_what_is_wrong_with_a_sign_up_is_told_beside_its_field(
    changes: dict[str, str], told: str, field: str
) -> None:
    browser = Browser()
    typed = {"name": "Nina", "email": address(), "password": PASSWORD} | changes
    page = browser.submit(sign_up_page(browser), **typed).text
    assert f'id="{field}-fault">{told}' in page
    assert re.search(f'<input id="{field}"[^>]*aria-invalid="true" autofocus', page)
    assert PASSWORD not in page


def test_whoever_signs_in_before_confirming_is_sent_a_code_and_confirms() -> None:
    email = address()
    first = Browser()
    first.submit(sign_up_page(first), name="Nina", email=email, password=PASSWORD)
    browser = Browser()
    page = browser.sign_in(email)
    assert "Confirm your e-mail" in page.text
    page = browser.submit(page, code=mailed_codes(email)[0])
    assert "Your e-mail is confirmed. Sign in now." in page.text
    assert let_in(browser.submit(page, username=email, password=PASSWORD))


def test_confirming_somebody_elses_address_signs_nobody_in() -> None:
    email, owner, stranger = address(), Browser(), Browser()
    page = owner.submit(sign_up_page(owner), name="Nina", email=email, password=PASSWORD)
    strangers = stranger.sign_in(email, "not-the-password")
    assert asks(stranger.submit(strangers, code=mailed_codes(email)[0]))
    assert "The code is wrong." in owner.submit(page, code="000000").text


def test_where_only_administrators_make_accounts_nobody_is_offered_one() -> None:
    cognito, browser = STACK.admin("cognito-idp"), Browser()
    pool = cognito.create_user_pool(
        PoolName="closed", AdminCreateUserConfig={"AllowAdminCreateUserOnly": True}
    )["UserPool"]["Id"]
    client = app_client(pool, "closed")
    page = browser.open(client_id=client)
    assert "/signup" not in page.text
    assert "E-mail me a code" not in page.text
    transaction = Form(page.text).fields["transaction"]
    assert browser.open("/signup", transaction=transaction).status_code == 400
    form = {"transaction": transaction, "name": "N", "email": address(), "password": PASSWORD}
    refused = browser.send_form(f"{STACK.endpoint}/signup", form)
    assert "Signing up was refused." in refused.text
