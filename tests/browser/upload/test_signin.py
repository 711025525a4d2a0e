"""The banner when the sign-in has ended, and what makes it go. (Signing in for real is a journey.)"""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Complaints

WAIT = """async () => {
    const { SignIn } = await import("/static/upload/signin.js");
    const { person, who } = document.querySelector("#uploader").dataset;
    globalThis.person = person;
    const banner = document.querySelector("#sign-in-again");
    new SignIn(lab.queue, { banner, person, who });
    lab.add({ a: 5_000_000 });
    lab.transfer("a").fail("Your sign-in has ended.", { status: 401, final: true });
}"""
TELL = """(person) => new BroadcastChannel("strongbox.signed-in").postMessage({ person })"""


def state(page: Page, name: str) -> None:
    expect(page.locator("#queue .upload")).to_have_attribute("data-state", name)


def test_the_same_person_lets_it_go_on_whatever_window_tells(lab: Page) -> None:
    lab.evaluate(WAIT)
    banner = lab.get_by_role("alert").filter(has_text="Your sign-in has ended.")
    expect(banner.get_by_text("once bob@example.com is signed in again")).to_be_visible()
    expect(banner.get_by_role("button", name="Go on")).to_be_hidden()
    state(lab, "signed-out")
    person = lab.evaluate("globalThis.person")
    tab = lab.context.new_page()
    tab.goto("/account/")
    tab.evaluate(TELL, person)
    state(lab, "sending")
    expect(banner).to_be_hidden()


def test_another_person_is_told_and_does_not_take_over(lab: Page) -> None:
    lab.evaluate(WAIT)
    tab = lab.context.new_page()
    tab.goto("/account/")
    tab.evaluate(TELL, "another")
    banner = lab.get_by_role("alert").filter(has_text="Somebody else has signed in.")
    expect(banner).to_be_visible()
    state(lab, "signed-out")
    address = banner.get_by_role("link", name="Sign in again").get_attribute("href") or ""
    assert "max_age=0" in address  # managed login must ask, instead of letting that person in


def test_coming_back_to_the_page_looks_who_is_signed_in(lab: Page) -> None:
    lab.evaluate(WAIT)
    state(lab, "signed-out")
    lab.evaluate("window.dispatchEvent(new Event('focus'))")
    state(lab, "sending")


def test_while_nobody_is_signed_in_coming_back_changes_nothing(
    lab: Page, complaints: Complaints
) -> None:
    complaints.forgive("401")
    lab.evaluate(WAIT)
    state(lab, "signed-out")
    lab.context.clear_cookies(name="sessionid")
    with lab.expect_response("**/api/v1/uploads") as looked:
        lab.evaluate("window.dispatchEvent(new Event('focus'))")
    assert looked.value.status == 401
    state(lab, "signed-out")


def test_without_channels_between_windows_there_is_a_button(lab: Page) -> None:
    lab.evaluate("delete globalThis.BroadcastChannel")
    lab.evaluate(WAIT)
    lab.get_by_role("button", name="Go on", exact=True).click()
    state(lab, "sending")


def test_where_windows_are_blocked_the_link_opens_a_tab(lab: Page) -> None:
    lab.evaluate("window.open = () => null; void 0")
    lab.evaluate(WAIT)
    with lab.expect_popup() as opened:
        lab.get_by_role("link", name="Sign in again").click()
    expect(opened.value.get_by_role("button", name="Sign in")).to_be_visible()
