"""Uploads that were left open: which are listed, and what is asked about them. (Choosing, continuing and
discarding are journeys: tests/browser/test_uploading.py.)"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Complaints, Visit
from tests.stack import STACK

MIB = 1024 * 1024
PERSON = "alice@example.com"  # nobody else's test leaves uploads of hers open
BEGIN = """async (names) => {
    const { startUpload } = await import("/static/upload/api.js");
    const begun = [];
    for (const name of names) {
        const { id } = await startUpload({
            path: `left/${name}`, size: 20 * 1024 * 1024, content_type: "text/plain", part_size: 5242880,
            last_modified: 1e12, fingerprint: "of-what-it-was",
        });
        begun.push(id);
    }
    return begun;
}"""
SEND = """async (wanted) => {
    const { openUpload } = await import("/static/upload/api.js");
    const { Transfer } = await import("/static/upload/transfer.js");
    const open = await openUpload(wanted);
    const file = new File([new Uint8Array(open.size)], open.name);
    const nothing = () => {};
    const hooks = { onProgress: nothing, onFinishing: nothing, onOffline: nothing };
    new Transfer(file, open.path, { resume: open }).run(new AbortController().signal, hooks);
}"""
ABORT = """async () => {
    const { abortUpload, openUploads } = await import("/static/upload/api.js");
    await Promise.all((await openUploads()).map(({ id }) => abortUpload(id)));
}"""


@pytest.fixture
def page(visit: Visit, complaints: Complaints) -> Iterator[Page]:
    complaints.forgive("status of 40[49]")
    page = visit("/files/?folder=left/", PERSON)
    yield page
    page.unroute_all()
    page.evaluate(ABORT)


def begin(page: Page, *names: str) -> list[str]:
    ids: list[str] = page.evaluate(BEGIN, names)
    return ids


def rows(page: Page) -> Locator:
    return page.locator("#unfinished li")


def test_what_was_begun_is_listed_after_a_reload_and_ends_elsewhere(page: Page) -> None:
    begin(page, "a.bin")
    page.reload()
    expect(rows(page)).to_have_count(1)
    expect(rows(page).get_by_text("left/a.bin", exact=True)).to_be_visible()
    expect(rows(page).get_by_text("nothing of 20.0 MB stored · begun")).to_be_visible()
    page.evaluate(ABORT)
    page.reload()
    expect(page.locator("#uploader[data-ready]")).to_be_attached()
    expect(page.locator("#unfinished")).to_be_hidden()


def tab_that_sends(page: Page, upload: str) -> Page:
    """Another tab, whose engine goes on with this upload; what it sends gets nowhere."""
    tab = page.context.new_page()
    tab.goto("/account/")
    held: list[Route] = []
    tab.route(f"{STACK.both_names}/**", lambda route: held.append(route))
    with tab.expect_request(f"{STACK.both_names}/**"):
        tab.evaluate(SEND, upload)
    return tab


def test_what_another_tab_is_sending_is_not_listed(page: Page) -> None:
    ids = begin(page, "here.bin", "there.bin")
    tab = tab_that_sends(page, ids[1])
    page.reload()
    expect(rows(page).locator(".name")).to_have_text(["left/here.bin"])
    tab.close()
    page.reload()
    expect(rows(page)).to_have_count(2)


def test_what_another_tab_has_begun_meanwhile_is_not_discarded(page: Page) -> None:
    ids = begin(page, "taken.bin")
    page.reload()
    expect(rows(page)).to_have_count(1)
    tab_that_sends(page, ids[0])
    rows(page).get_by_role("button", name="Discard").click()
    page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    said = "“taken.bin” is not discarded: another tab or window is sending it."
    expect(page.get_by_text(said)).to_be_visible()
    expect(rows(page)).to_have_count(0)
    still = "async () => (await (await import('/static/upload/api.js')).openUploads()).length"
    assert page.evaluate(still) == 1


def test_of_many_a_few_are_shown_and_asked_about_at_first(page: Page) -> None:
    begin(page, *(f"{number}.bin" for number in range(9)))
    asked: list[Route] = []
    held = [True]

    def hold(route: Route) -> None:
        if held:
            asked.append(route)
        else:
            route.continue_()

    page.route("**/api/v1/uploads/*", hold)
    page.reload()
    expect(rows(page)).to_have_count(5)
    page.get_by_role("button", name="Show 4 more").click()
    expect(rows(page)).to_have_count(9)
    expect(rows(page).nth(5).get_by_role("button").first).to_be_focused()
    while len(asked) < 5:
        page.evaluate("null")  # what was asked is heard meanwhile
    assert len(asked) == 5  # more at once would be a burden
    held.clear()
    for route in asked:
        route.continue_()
    expect(rows(page).filter(has_text="stored")).to_have_count(9, timeout=30_000)


def test_one_that_is_over_by_the_time_it_is_looked_up_goes(page: Page) -> None:
    ids = begin(page, "gone.bin", "stays.bin")
    page.route(
        f"**/api/v1/uploads/{ids[0]}", lambda route: route.fulfill(status=404, body="{}"), times=1
    )
    page.reload()
    expect(rows(page).filter(has_text="stored")).to_have_count(1)
    expect(rows(page).locator(".name")).to_have_text(["left/stays.bin"])
