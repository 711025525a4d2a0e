"""The pages of managed login over HTTP: who gets in, who is asked again, what strangers cannot do."""

import json
import re
import time
from urllib.parse import urljoin

import pytest
import requests

from localaws.managed_login import pages
from localaws.managed_login.transactions import IMPATIENCE
from tests.localaws.visitors import (
    HOME,
    PASSWORD,
    POOL,
    Browser,
    address,
    answered,
    app_client,
    asked,
    id_claims,
    later,
    let_in,
    mailed_codes,
    person,
    sign_up_page,
    with_authenticator,
)
from tests.people import Form
from tests.stack import ROOT, STACK

# --- What the site asked for -----------------------------------------------------------------------


def test_the_form_cannot_change_what_the_site_asked_for() -> None:
    browser = Browser()
    evil = {"redirect_uri": "https://evil.example/", "state": "evil", "nonce": "evil", "scope": "evil"}
    answer = browser.submit(browser.open(), username=person(), password=PASSWORD, **evil)
    assert answered(answer)["state"] == "the state"
    assert id_claims(answer)["nonce"] == "the-nonce"


def test_an_address_that_was_taken_off_the_list_meanwhile_gets_no_code() -> None:
    cognito, browser = STACK.admin("cognito-idp"), Browser()
    client = app_client(POOL, "brief")
    page = browser.open(client_id=client)
    cognito.update_user_pool_client(
        UserPoolId=POOL, ClientId=client, CallbackURLs=["http://localhost/other"]
    )
    answer = browser.submit(page, username=person(), password=PASSWORD)
    assert (answer.status_code, "Location" in answer.headers) == (400, False)


def test_the_hint_of_the_site_is_filled_in_and_not_run() -> None:
    page = Browser().open(login_hint="bob@example.com").text
    assert re.search('<input id="username"[^>]*value="bob@example.com"', page)
    assert re.search('<input id="password"[^>]*autofocus', page)
    assert "<script>" not in Browser().open(login_hint='"><script>alert(1)</script>').text


def test_the_page_speaks_the_language_that_the_site_asks_for_and_keeps_it() -> None:
    browser = Browser()
    page = browser.open(lang="de")
    assert '<html lang="de">' in page.text
    assert "<h1>Anmelden</h1>" in page.text
    wrong = browser.submit(page, username=person(), password="wrong")
    assert "E-Mail oder Passwort ist falsch." in wrong.text
    link = re.search('href="(/forgotPassword[^"]+)"', wrong.text)
    assert link
    assert "Passwort vergessen" in browser.open(link[1]).text
    assert '<html lang="en">' in browser.open(lang="ja").text


def test_every_language_has_every_sentence() -> None:
    told = {
        lang: json.loads((pages.HERE / "words" / f"{lang}.json").read_text("utf-8"))
        for lang in pages.LANGUAGES
    }
    for words in told.values():
        assert words.keys() == told["en"].keys()
        for key, sentence in words.items():
            assert re.findall("{.*?}", sentence) == re.findall("{.*?}", told["en"][key])


def test_the_levels_of_authentication_are_told_where_they_are_asked_for() -> None:
    email, browser = person(), Browser()
    assert "acr" not in id_claims(browser.sign_in(email))
    one = id_claims(browser.open(acr_values="urn:cognito:loa:1"))
    assert (one["acr"], one["amr"]) == ("urn:cognito:loa:1", ["pwd"])
    totp = with_authenticator(email)
    page = browser.sign_in(email, acr_values="urn:cognito:loa:4")
    four = id_claims(browser.submit(page, code=later(totp)))
    assert (four["acr"], four["amr"]) == ("urn:cognito:loa:4", ["pwd", "otp", "mfa"])


# --- Strangers -------------------------------------------------------------------------------------


def test_another_browser_cannot_go_on_with_a_stolen_transaction() -> None:
    victim, mallory, email = Browser(), Browser(), person()
    page = victim.open()
    refused = mallory.submit(page, username=email, password=PASSWORD)
    assert (refused.status_code, "Location" in refused.headers) == (400, False)
    with_authenticator(email)
    page = victim.submit(page, username=email, password=PASSWORD)
    for stranger in (mallory, Browser()):
        assert stranger.submit(page, code="000000").status_code == 400
        assert stranger.open(page.request.path_url).status_code == 400


def test_nobody_is_signed_in_as_somebody_else_by_a_page_elsewhere() -> None:
    """Login CSRF: mallory's own transaction, sent by bob's browser."""
    mallory, bob = Browser(), Browser()
    bob.open()
    form = {**Form(mallory.open().text).fields, "username": person(), "password": PASSWORD}
    assert bob.send_form(f"{STACK.endpoint}/login", form).status_code == 400
    form = {**asked(), "username": person(), "password": PASSWORD}
    assert bob.send_form(f"{STACK.endpoint}/login", form).status_code == 400
    assert Browser().send_form(f"{STACK.endpoint}/login", form).status_code == 400
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    url = f"{STACK.endpoint}/login"
    assert requests.post(url, data=form, headers=headers, timeout=10).status_code == 403


def test_a_program_without_cookies_may_sign_in_and_no_more() -> None:
    email = person()
    form = {**asked(), "username": email, "password": PASSWORD}
    url = f"{STACK.endpoint}/login"
    assert let_in(requests.post(url, data=form, allow_redirects=False, timeout=10))
    with_authenticator(email)
    onward = requests.post(url, data=form, allow_redirects=False, timeout=10)
    assert onward.headers["Location"].startswith("/challenge?")
    to = urljoin(url, onward.headers["Location"])
    assert requests.get(to, timeout=10).status_code == 400


def test_a_form_that_is_sent_twice_gives_one_code_and_shows_the_way_back() -> None:
    browser = Browser()
    page = browser.open()
    email = person()
    first = browser.submit(page, username=email, password=PASSWORD)
    assert let_in(first)
    at_once = browser.submit(page, username=email, password=PASSWORD)  # a double click
    assert at_once.headers["Location"] == first.headers["Location"]
    stolen = Browser().submit(page, username=email, password=PASSWORD)
    assert (stolen.status_code, "Location" in stolen.headers) == (400, False)
    time.sleep(IMPATIENCE)
    again = browser.submit(page, username=email, password=PASSWORD)
    assert (again.status_code, "Location" in again.headers) == (400, False)
    assert f'href="{HOME}"' in again.text


def test_the_emulators_own_form_is_no_way_round_these_pages() -> None:
    form = {**asked(), "username": person(), "password": PASSWORD}
    answer = requests.post(f"{STACK.endpoint}/oauth2/login", data=form, timeout=10)
    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/challenge", "/signup", "/confirmUser", "/forgotPassword", "/login"])
def test_no_page_shows_anything_to_whoever_names_no_transaction_of_their_own(path: str) -> None:
    for transaction in ("", "unknown", "\0", "ü"):
        for answer in (
            Browser().open(path, transaction=transaction),
            Browser().send_form(f"{STACK.endpoint}{path}", {"transaction": transaction}),
        ):
            assert answer.status_code == 400
            assert "cannot go on" in answer.text


# --- The pages themselves --------------------------------------------------------------------------


def test_pages_run_no_script_stay_out_of_frames_and_out_of_caches() -> None:
    browser = Browser()
    found = [browser.open(), sign_up_page(browser), browser.open("/mailbox/"), browser.open("/logout")]
    for page in found:
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe" not in policy
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "same-origin"
        assert "<script" not in page.text
        assert "style=" not in page.text
        assert "Simulated Cognito on this machine." in page.text
    assert f"form-action 'self' {STACK.site_url};" in found[0].headers["Content-Security-Policy"]


def test_the_pages_have_the_sites_colours_in_both_modes_and_its_mark() -> None:
    sheet = Browser().open("/managed-login/style.css")
    site = (ROOT / "static" / "strongbox.css").read_text("utf-8")
    for token in re.findall(r"--[a-z0-9-]+: [^;]+;", site.partition("/* --- Ground")[0]):
        assert token in sheet.text
    assert sheet.text.count("prefers-color-scheme: dark") == 1
    used = set(re.findall(r"var\((--[a-z0-9-]+)\)", sheet.text))
    assert used <= set(re.findall(r"(--[a-z0-9-]+):", sheet.text))
    mark = (ROOT / "static" / "favicon.svg").read_bytes()
    assert Browser().open("/favicon.ico").content == mark


def test_the_mailbox_shows_mails_newest_first_and_runs_nothing_in_them() -> None:
    email, ses = address(), STACK.admin("ses")
    assert "No mail yet for" in Browser().open("/mailbox/", to=email).text
    ses.verify_email_identity(EmailAddress="sender@example.com")
    for text in ("first 111111", "<script>alert(1)</script> 222222"):
        ses.send_email(
            Source="sender@example.com",
            Destination={"ToAddresses": [email]},
            Message={"Subject": {"Data": "<b>x"}, "Body": {"Text": {"Data": text}}},
        )
    page = Browser().open("/mailbox/", to=email.upper()).text
    assert mailed_codes(email) == ["222222", "111111"]
    assert "<script" not in page
    assert "<b>" not in page
    assert "111111" not in Browser().open("/mailbox/", to=address()).text


def test_no_page_elsewhere_reads_the_mailbox() -> None:
    url = f"{STACK.endpoint}/mailbox/"
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example"}):
        assert requests.get(url, headers=headers, timeout=10).status_code == 403


def test_the_pages_have_one_app_client_of_their_own_which_is_narrow() -> None:
    Browser().sign_in(person())
    cognito = STACK.admin("cognito-idp")
    clients = cognito.list_user_pool_clients(UserPoolId=POOL, MaxResults=60)["UserPoolClients"]
    (own,) = [client["ClientId"] for client in clients if client["ClientName"] == "managed-login"]
    found = cognito.describe_user_pool_client(UserPoolId=POOL, ClientId=own)["UserPoolClient"]
    assert "ClientSecret" not in found
    assert not found.get("AllowedOAuthFlows")
    assert set(found["ExplicitAuthFlows"]) == {"ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH"}


def test_a_form_that_is_too_long_is_refused() -> None:
    answer = Browser().send_form(f"{STACK.endpoint}/login", {"username": "x" * 200_000})
    assert answer.status_code == 413
