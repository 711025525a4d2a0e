"""A window that was opened to sign in again tells the page that waits for it, and goes away."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Complaints, Visit
from tests.browser.site import fill_sign_in_form

LISTEN = """() => {
  window.heard = [];
  new BroadcastChannel("strongbox.signed-in").onmessage = ({ data }) => window.heard.push(data);
}"""
OPEN = """() => {
  document.querySelector("h1").addEventListener("click", () => {
    window.open("/oidc/authenticate/?next=/account/signed-in/", "x", "popup,width=480,height=760");
  });
}"""
HEARD = "() => window.heard"


def person_of(page: Page) -> str | None:
    return page.locator("#signed-in").get_attribute("data-person")


def test_it_tells_who_it_is_and_closes_itself(visit: Visit) -> None:
    waiting = visit("/files/", "bob@example.com")
    waiting.evaluate(LISTEN)
    waiting.evaluate(OPEN)
    waiting.context.clear_cookies(name="sessionid")
    with waiting.expect_popup() as opened:
        waiting.get_by_role("heading", level=1).click()
    window = opened.value
    with window.expect_event("close"):
        fill_sign_in_form(window, "bob@example.com")
    heard = waiting.evaluate(HEARD)
    assert len(heard) == 1
    assert heard[0].keys() == {"person"}
    waiting.reload()
    expect(waiting.get_by_role("heading", name="Your files")).to_be_visible()


def test_a_window_of_ones_own_stays(visit: Visit, complaints: Complaints) -> None:
    complaints.forgive("Scripts may close only the windows")
    page = visit("/files/", "bob@example.com")
    page.evaluate(LISTEN)
    other = page.context.new_page()
    other.goto("/files/")
    other.goto("/account/signed-in/")
    expect(other.get_by_role("heading", name="You are signed in again")).to_be_visible()
    assert page.evaluate(HEARD) == [{"person": person_of(other)}]
    other.get_by_role("link", name="Go to your files").click()
    expect(other.get_by_role("heading", name="Your files")).to_be_visible()
