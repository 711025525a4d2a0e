"""What the page says to the site's API, and what it makes of the answers."""

from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests.browser.conftest import Complaints

ASK = "async (id) => kindOf((await at('api')).openUpload(id))"
NOBODYS = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(autouse=True)
def forgive(complaints: Complaints) -> None:
    complaints.forgive("Failed to load resource|ERR_")


def answered(page: Page, **how: Any) -> Any:
    page.route("**/api/v1/uploads/*", lambda route: route.fulfill(**how))
    return page.evaluate(ASK, NOBODYS)


def test_what_is_not_there_is_gone(bench: Page) -> None:
    failed = bench.evaluate(ASK, NOBODYS)
    assert (failed["status"], failed["gone"], failed["final"]) == (404, True, True)


def test_a_page_that_says_whose_it_is_never_acts_for_somebody_else(bench: Page) -> None:
    bench.evaluate("async () => (await at('api')).configure({ person: '999999' })")
    failed = bench.evaluate(ASK, NOBODYS)
    assert failed["status"] == 401
    assert failed["signIn"]
    assert "somebody else" in failed["message"].lower()


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_passes_is_not_final(bench: Page, status: int) -> None:
    problem = {"detail": "Wait a moment.", "reference": "R-1", "title": "Busy"}
    failed = answered(bench, status=status, json=problem)
    assert not failed["final"]
    assert failed["message"].startswith("Wait a moment.")
    assert ("Reference: R-1." in failed["message"]) is (status >= 500)


@pytest.mark.parametrize("body", ["<html>a proxy's page</html>", ""])
def test_an_answer_that_is_not_the_sites_is_told_as_no_answer(bench: Page, body: str) -> None:
    failed = answered(bench, status=200, body=body)
    assert (failed["status"], failed["final"]) == (0, False)
    assert "cannot be reached" in failed["message"]


def test_complaints_about_fields_are_told_once(bench: Page) -> None:
    problem = {"detail": "Too long.", "errors": {"path": "Too long.", "size": "Not a number."}}
    assert answered(bench, status=422, json=problem)["message"] == "Too long. Not a number."


def test_no_connection_is_told(bench: Page) -> None:
    bench.route("**/api/v1/uploads/*", lambda route: route.abort())
    failed = bench.evaluate(ASK, NOBODYS)
    assert (failed["status"], failed["final"]) == (0, False)


def test_many_names_are_looked_up_a_thousand_at_a_time(bench: Page) -> None:
    asked: list[int] = []

    def note(route: Route) -> None:
        asked.append(len((route.request.post_data_json or {})["paths"]))
        route.continue_()

    bench.route("**/api/v1/files/known", note)
    found = bench.evaluate(
        """async () => {
            const { Transfer } = await at("transfer");
            const { knownFiles } = await at("api");
            await new Transfer(fileOf(5), "known/1500.txt").run(never, hooksOf());
            return knownFiles(Array.from({ length: 2500 }, (_, nth) => `known/${nth}.txt`));
        }"""
    )
    assert asked == [1000, 1000, 500]
    assert [(one["path"], one["size"]) for one in found] == [("known/1500.txt", 5)]


def test_long_names_are_looked_up_a_megabyte_at_a_time(bench: Page) -> None:
    asked: list[int] = []

    def note(route: Route) -> None:
        asked.append(len(route.request.post_data_buffer or b""))
        route.continue_()

    bench.route("**/api/v1/files/known", note)
    bench.evaluate(
        """async () => (await at("api")).knownFiles(
            Array.from({ length: 700 }, (_, nth) => `long/${nth}${"語".repeat(800)}`))"""
    )
    assert len(asked) == 2
    assert max(asked) < 1_001_000
