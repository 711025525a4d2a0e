"""Many small files travel with few calls, and what befalls one is none of the others' business."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests.browser.faults import FaultyS3, Op, Refusal, Trouble
from tests.browser.upload.conftest import Calls

SEND = """async ({ names, size = 1024, dropped = [] }) => {
    const { Transfer } = await at("transfer");
    globalThis.stops = names.map(() => new AbortController());
    globalThis.transfers = names.map((name, nth) =>
        new Transfer(fileOf(size, name, nth), `small/${name}`));
    globalThis.outcomes = Promise.all(transfers.map((one, nth) => send(one, stops[nth].signal)));
    for (const nth of dropped) stops[nth].abort(new DOMException("Cancelled", "AbortError"));
}"""


@pytest.fixture(autouse=True)
def behind_the_proxy(s3: FaultyS3, forgiving: None) -> None:
    """Every test of this module can spoil what goes to S3."""


def begin(page: Page, names: list[str], **more: Any) -> None:
    page.evaluate(SEND, {"names": names, **more})


def stand_still(page: Page) -> None:
    """No timer of the page rings from now on."""
    page.clock.install(time=0)
    page.clock.pause_at(1000)


def outcomes(page: Page) -> Any:
    return page.evaluate("outcomes")


def named(prefix: str, count: int) -> list[str]:
    return [f"{prefix} {number}.txt" for number in range(count)]


def test_two_hundred_files_are_started_and_completed_by_the_hundred(bench: Page, calls: Calls) -> None:
    names = named("many", 200)
    stand_still(bench)  # nobody's patience ends, however slow this machine is
    begin(bench, names)
    came = outcomes(bench)
    assert [one["stored"]["name"] for one in came] == names
    assert all(one["proof"]["verified"] for one in came)
    assert [one["sent"] for one in came] == [1024] * 200
    assert sorted(calls.names) == ["POST batch"] * 2 + ["POST complete"] * 2


def test_a_single_one_does_not_wait_for_others(bench: Page, calls: Calls) -> None:
    stand_still(bench)
    begin(bench, ["alone.txt"])
    assert outcomes(bench)[0]["failure"] == {}
    assert calls.names == ["POST batch", "POST complete"]


def test_one_bad_name_among_them_fails_alone(bench: Page) -> None:
    names = [*named("good", 5), "back\\slash.txt", *named("fine", 5)]
    begin(bench, names)
    came = outcomes(bench)
    assert [bool(one["failure"]) for one in came] == [name == "back\\slash.txt" for name in names]
    assert came[5]["failure"]["status"] == 422
    assert came[5]["failure"]["final"]
    assert "backslash" in came[5]["failure"]["message"]


def test_one_that_is_cancelled_is_ended_on_the_server_and_the_others_arrive(
    bench: Page, s3: FaultyS3
) -> None:
    held: list[Route] = []
    bench.route("**/uploads/batch", lambda route: held.append(route))
    with bench.expect_request("**/uploads/batch"):
        begin(bench, named("cancelled", 4))
    bench.evaluate("stops[2].abort(new DOMException('Cancelled', 'AbortError')); transfers[2].discard()")
    bench.wait_for_function("() => transfers[2].id === null")
    with bench.expect_response(lambda response: response.request.method == "DELETE") as ended:
        held[0].continue_()
    assert ended.value.status == 204
    came = outcomes(bench)
    assert [one["failure"].get("name") for one in came] == [None, None, "AbortError", None]
    assert s3.count(Op.PUT) == 3


def test_one_that_is_cancelled_before_its_batch_left_is_never_started(bench: Page, calls: Calls) -> None:
    begin(bench, ["kept.txt", "dropped.txt"], dropped=[1])
    came = outcomes(bench)
    assert came[0]["failure"] == {}
    assert came[1]["failure"]["name"] == "AbortError"
    started = json.loads(calls.made[0].post_data or "")["uploads"]
    assert [one["path"] for one in started] == ["small/kept.txt"]


@pytest.mark.parametrize("call", ["**/uploads/batch", "**/uploads/batch/complete"])
def test_a_call_that_fails_is_made_again_for_all_of_them(bench: Page, calls: Calls, call: str) -> None:
    failed: list[Route] = []

    def fail_once(route: Route) -> None:
        if failed:
            route.continue_()
        else:
            failed.append(route)
            route.fulfill(status=503, json={"title": "Unavailable", "detail": "Wait.", "status": 503})

    bench.route(call, fail_once)
    begin(bench, named(f"again {len(call)}", 3))
    assert [one["failure"] for one in outcomes(bench)] == [{}, {}, {}]
    assert len(calls.names) == 3


def test_when_the_sign_in_has_ended_all_of_them_wait_for_the_next(bench: Page) -> None:
    refusal = {"title": "Unauthorized", "detail": "Sign in.", "status": 401}
    bench.route("**/uploads/batch", lambda route: route.fulfill(status=401, json=refusal))
    begin(bench, named("signed out", 3))
    assert [one["failure"]["signIn"] for one in outcomes(bench)] == [True] * 3
    bench.unroute("**/uploads/batch")
    came = bench.evaluate("Promise.all(transfers.map((one) => send(one)))")
    assert [one["failure"] for one in came] == [{}, {}, {}]


def test_s3s_troubles_with_one_are_its_own(bench: Page, s3: FaultyS3, calls: Calls) -> None:
    s3.will(Op.PUT, Refusal(403, "AccessDenied"), times=1)
    s3.will(Op.PUT, Trouble.LOST, times=1)
    begin(bench, named("troubled", 4))
    came = outcomes(bench)
    assert [one["failure"] for one in came] == [{}] * 4
    assert all(one["proof"]["verified"] for one in came)


def test_an_empty_file_and_a_name_that_is_taken_are_no_trouble(bench: Page) -> None:
    begin(bench, ["empty.txt"], size=0)
    assert outcomes(bench)[0]["stored"]["size"] == 0
    begin(bench, ["empty.txt"], size=3)
    assert outcomes(bench)[0]["stored"]["name"] == "empty (2).txt"
