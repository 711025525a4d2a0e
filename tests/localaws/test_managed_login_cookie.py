"""Managed login's own cookie: who is not asked again, who is, and how it ends. Over HTTP."""

from urllib.parse import urljoin

import pytest
from starlette.requests import Request
from starlette.responses import Response

from localaws.managed_login.sessions import Session, Sessions
from localaws.managed_login.transactions import Asked, Transactions
from tests.localaws.visitors import (
    CLIENT,
    HOME,
    PASSWORD,
    POOL,
    Browser,
    answered,
    app_client,
    asked,
    asks,
    id_claims,
    let_in,
    person,
)
from tests.stack import STACK


def test_a_person_who_has_signed_in_is_not_asked_again() -> None:
    browser = Browser()
    assert let_in(browser.sign_in(person()))
    again = browser.open(state="s2")
    assert answered(again)["state"] == "s2"
    assert let_in(again)
    assert asks(Browser().open())


def test_the_cookie_tells_when_the_person_really_signed_in() -> None:
    browser, email = Browser(), person()
    first = id_claims(browser.sign_in(email))
    second = id_claims(browser.open())
    assert first["auth_time"] == second["auth_time"] <= first["iat"] <= second["iat"]
    assert second["email"] == email


def test_whoever_asks_for_a_new_sign_in_gets_one() -> None:
    browser = Browser()
    browser.sign_in(person())
    assert asks(browser.open(prompt="login"))
    assert asks(browser.open(max_age="0"))
    assert let_in(browser.open(max_age="600"))
    assert let_in(browser.open(max_age="9" * 5000))  # nonsense asks for nothing


def test_nobody_is_asked_where_the_site_wants_no_page() -> None:
    browser = Browser()
    assert answered(browser.open(prompt="none")) == {"error": "login_required", "state": "the state"}
    browser.sign_in(person())
    assert let_in(browser.open(prompt="none"))
    assert "error" in answered(browser.open(prompt="none", max_age="0"))


@pytest.mark.parametrize("what", ["admin_disable_user", "admin_delete_user"])
def test_people_who_were_disabled_or_deleted_are_not_let_in_by_their_cookie(what: str) -> None:
    browser, email = Browser(), person()
    browser.sign_in(email)
    getattr(STACK.admin("cognito-idp"), what)(UserPoolId=POOL, Username=email)
    assert asks(browser.open())
    refused = browser.sign_in(email)
    assert "Incorrect username or password." in refused.text


def test_signing_out_everywhere_leaves_the_cookie_as_on_aws() -> None:
    browser, email = Browser(), person()
    browser.sign_in(email)
    STACK.admin("cognito-idp").admin_user_global_sign_out(UserPoolId=POOL, Username=email)
    assert let_in(browser.open())


def test_the_cookie_of_one_pool_opens_no_other() -> None:
    cognito, browser = STACK.admin("cognito-idp"), Browser()
    browser.sign_in(person())
    pool = cognito.create_user_pool(PoolName="other")["UserPool"]["Id"]
    client = app_client(pool, "other")
    assert asks(browser.open(client_id=client))


def test_cookies_are_out_of_scripts_reach_and_named_unlike_the_sites() -> None:
    browser = Browser()
    for answer in (browser.open(), browser.sign_in(person())):
        if "Set-Cookie" in answer.headers:
            assert "HttpOnly" in answer.headers["Set-Cookie"]
            assert "SameSite=lax" in answer.headers["Set-Cookie"]
    assert set(browser.cookies.keys()) == {"managed_login", "managed_login_browser"}


class Time:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def request(cookies: dict[str, str], **headers: str) -> Request:
    sent = {**headers, "cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    pairs = [(name.encode(), value.encode()) for name, value in sent.items() if value]
    return Request({"type": "http", "headers": pairs})


def cookie(response: Response) -> dict[str, str]:
    name, _, rest = response.headers["set-cookie"].partition("=")
    return {name: rest.partition(";")[0]}


def test_the_cookie_ends_after_an_hour_however_often_it_was_used() -> None:
    time = Time()
    sessions, response = Sessions(time), Response()
    sessions.keep(sessions.new("pool", "bob", ("pwd",)), response, request({}))
    brought = request(cookie(response))
    for _ in range(3):
        time.now += 1199
        assert sessions.find(brought, "pool") == Session("pool", "bob", 1_000_000.0, ("pwd",))
    time.now += 3
    assert sessions.find(brought, "pool") is None


def test_a_sign_in_under_way_ends_after_an_hour() -> None:
    time = Time()
    transactions = Transactions(time)
    begun = transactions.begin(request({"managed_login_browser": "b"}), Asked(), "pool")
    brought = request({"managed_login_browser": "b"})
    time.now += 3599
    assert transactions.find(brought, begun.id) is begun
    time.now += 1
    assert transactions.find(brought, begun.id) is None


def test_a_new_sign_in_ends_the_one_before() -> None:
    browser = Browser()
    browser.sign_in(person())
    before = browser.cookies["managed_login"]
    email = person()
    browser.submit(browser.open(prompt="login"), username=email, password=PASSWORD)
    assert id_claims(browser.open())["email"] == email
    stale = Browser()
    stale.cookies.set("managed_login", before)
    assert asks(stale.open())


# --- Signing out -----------------------------------------------------------------------------------


def test_after_signing_out_the_person_is_asked_again() -> None:
    browser = Browser()
    browser.sign_in(person())
    before = browser.cookies["managed_login"]
    out = browser.open("/logout", client_id=CLIENT, logout_uri=HOME)
    assert (out.status_code, out.headers["Location"]) == (302, HOME)
    assert asks(browser.open())
    browser.cookies.set("managed_login", before)  # not only forgotten by the browser
    assert asks(browser.open())


def test_signing_out_may_lead_to_signing_in_again() -> None:
    browser = Browser()
    browser.sign_in(person())
    out = browser.open("/logout", **asked(state="s3"))
    page = browser.get(urljoin(STACK.endpoint, out.headers["Location"]), timeout=10)
    assert asks(page)
    assert answered(browser.submit(page, username=person(), password=PASSWORD))["state"] == "s3"


def test_signing_out_leads_to_no_unregistered_address() -> None:
    browser = Browser()
    browser.sign_in(person())
    for query in (
        {"client_id": CLIENT, "logout_uri": "https://evil.example/"},
        {"client_id": CLIENT, "logout_uri": ""},
        {"client_id": "unknown", "logout_uri": HOME},
        asked(redirect_uri="https://evil.example/"),
    ):
        answer = browser.open("/logout", **query)
        assert (answer.status_code, "Location" in answer.headers) == (400, False)
        assert "cannot go on" in answer.text
    assert let_in(browser.open())
