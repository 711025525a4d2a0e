"""A file of several parts gets to S3 whole, once, and proved, whatever happens on the way."""

import base64
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests.browser.faults import FaultyS3, Op, Refusal, Trouble
from tests.browser.upload.conftest import MIB, TOOLS, Calls, content

PART = 5 * MIB
SIZE = 8 * PART + MIB  # nine parts, the last one short
Picked = Callable[[Path], None]

MAKE = """async ({ name, size, seed = 0, options = {} }) => {
    const { Transfer } = await at("transfer");
    const file = globalThis.pickedFile ?? fileOf(size, name, seed);
    globalThis.transfer = new Transfer(file, `transfers/${name}`, options);
}"""


@pytest.fixture(autouse=True)
def behind_the_proxy(s3: FaultyS3, forgiving: None) -> None:
    """Every test of this module can spoil what goes to S3."""


def make(page: Page, name: str, size: int = SIZE, **more: Any) -> None:
    page.evaluate(MAKE, {"name": name, "size": size, **more})


def send(page: Page) -> Any:
    return page.evaluate("send(transfer)")


def begin(page: Page) -> None:
    """Runs on its own; `outcome` is what comes of it, `stop` pauses it."""
    page.evaluate(
        """() => {
            globalThis.stop = new AbortController();
            globalThis.outcome = send(transfer, stop.signal);
        }"""
    )


def composite(whole: bytes, part: int = PART) -> str:
    digests = [hashlib.sha256(whole[at : at + part]).digest() for at in range(0, len(whole), part)]
    return f"{base64.b64encode(hashlib.sha256(b''.join(digests)).digest()).decode()}-{len(digests)}"


def assert_whole(page: Page, came: Any, name: str, seed: int = 0, size: int = SIZE) -> None:
    """It is stored, proved, and comes back as it was."""
    assert came["failure"] == {}
    assert came["stored"]["path"] == f"transfers/{name}"
    assert came["proof"]["verified"]
    back = page.request.get(f"/api/v1/files/{came['stored']['id']}/content").body()
    assert hashlib.sha256(back).digest() == hashlib.sha256(content(size, seed)).digest()


def test_it_comes_back_as_it_was_and_its_hash_is_proved(bench: Page, s3: FaultyS3, calls: Calls) -> None:
    make(bench, "plain.bin")
    came = send(bench)
    assert_whole(bench, came, "plain.bin")
    assert came["proof"] == {"sha256": composite(content(SIZE)), "partSize": PART, "verified": True}
    assert came["sent"] == came["bytesSent"] == s3.bytes_sent == SIZE
    assert came["told"] == ["finishing"]
    assert calls.names == ["POST uploads", "GET parts", "POST complete"]
    assert calls.asked("GET parts")[0]["fresh"] == ["true"]
    assert s3.count(Op.PARTS) == 1  # at the end only: nothing was asked that was known
    started = json.loads(calls.made[0].post_data or "")
    assert started["last_modified"] == 1_700_000_000_000
    assert len(base64.b64decode(started["fingerprint"])) == 32


def test_parts_that_s3_has_no_time_for_are_sent_again(bench: Page, s3: FaultyS3) -> None:
    s3.will(Op.PART, Refusal(503, "SlowDown"), times=2)
    make(bench, "busy.bin")
    came = send(bench)
    assert_whole(bench, came, "busy.bin")
    assert came["sent"] == SIZE
    assert came["bytesSent"] == s3.bytes_sent > SIZE


@pytest.mark.parametrize(("status", "code"), [(403, "AccessDenied"), (400, "ExpiredToken")])
def test_a_refused_address_is_signed_anew(
    bench: Page, s3: FaultyS3, calls: Calls, status: int, code: str
) -> None:
    s3.will(Op.PART, Refusal(status, code), part=3, times=1)
    make(bench, f"refused {status}.bin")
    assert_whole(bench, send(bench), f"refused {status}.bin")
    asked = calls.asked("GET parts")
    assert [len(one["sha256"]) for one in asked if one["from"] == ["3"] and "fresh" not in one] == [1]


def test_once_one_address_is_over_no_other_of_its_time_is_tried(
    bench: Page, s3: FaultyS3, calls: Calls
) -> None:
    s3.will(Op.PART, Refusal(400, "ExpiredToken"), part=4, times=1)
    for number in (5, 6):
        s3.will(Op.PART, Trouble.HELD, part=number)
    # Two lanes, and a third after a look: the last parts wait.
    bench.evaluate("localStorage.setItem('strongbox.line', JSON.stringify({ lanes: 2, speed: 1e6 }))")
    make(bench, "over.bin")

    def renewed() -> set[str]:
        return {one["from"][0] for one in calls.asked("GET parts") if "fresh" not in one}

    begin(bench)
    for _ in range(300):
        bench.wait_for_timeout(50)
        if "4" in renewed():
            break
    s3.behave()
    assert_whole(bench, bench.evaluate("outcome"), "over.bin")
    # What is on the wire goes on, since S3 has taken it; what waits for a lane was not tried in vain.
    assert renewed() >= {"4", "9"}
    assert not renewed() & {"1", "2", "3"}


def test_addresses_about_to_end_are_signed_anew_before_a_byte_is_sent(
    bench: Page, s3: FaultyS3, calls: Calls
) -> None:
    def soon_over(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        told["expires_at"] = answer.headers["date"] and "2020-01-01T00:00:00Z"
        route.fulfill(response=answer, json=told)

    bench.route("**/api/v1/uploads", soon_over)
    make(bench, "late.bin")
    came = send(bench)
    assert_whole(bench, came, "late.bin")
    assert s3.bytes_sent == SIZE
    signed = [asked["from"] for asked in calls.asked("GET parts") if "fresh" not in asked]
    first = len(json.loads(calls.made[0].post_data or "")["part_sha256"])  # signed with the start
    assert sorted(signed) == [[str(number)] for number in range(1, first + 1)]


def test_a_clock_that_is_wrong_by_a_day_changes_nothing(bench: Page, s3: FaultyS3, calls: Calls) -> None:
    bench.evaluate("() => { const now = Date.now; Date.now = () => now() + 86_400_000; }")
    make(bench, "tomorrow.bin")
    assert_whole(bench, send(bench), "tomorrow.bin")
    assert calls.names == ["POST uploads", "GET parts", "POST complete"]


def test_a_part_whose_answer_was_lost_is_not_sent_again(bench: Page, s3: FaultyS3) -> None:
    # Chromium itself sends again what fails on a connection that was used before.
    rule = s3.will(Op.PART, Trouble.LOST, part=2)
    make(bench, "unheard.bin")
    came = send(bench)
    assert_whole(bench, came, "unheard.bin")
    assert s3.parts_taken[2] == rule.met
    assert came["bytesSent"] == SIZE


def test_a_torn_part_is_sent_again(bench: Page, s3: FaultyS3) -> None:
    s3.will(Op.PART, Trouble.TORN, part=2, times=1)
    make(bench, "torn.bin")
    assert_whole(bench, send(bench), "torn.bin")


def test_a_pause_keeps_what_s3_has_and_going_on_sends_the_rest(bench: Page, s3: FaultyS3) -> None:
    rule = s3.will(Op.PART, Trouble.HELD, after=3)
    make(bench, "paused.bin")
    begin(bench)
    rule.wait()
    s3.wait_for_parts(3)
    bench.evaluate("stop.abort(new DOMException('Paused', 'AbortError'))")
    paused = bench.evaluate("outcome")
    assert paused["failure"]["name"] == "AbortError"
    assert paused["id"]
    rule.drop()
    s3.behave()
    came = send(bench)
    assert_whole(bench, came, "paused.bin")
    assert came["id"] == paused["id"]
    assert all(times == 1 for times in s3.parts_taken.values())


def reloaded(page: Page, s3: FaultyS3, path: Path, picked: Picked, *, informed: bool) -> int:
    """The same file is picked again; how many of its parts S3 has. informed: the page knows which."""
    path.write_bytes(content(SIZE))
    picked(path)
    rule = s3.will(Op.PART, Trouble.HELD, after=4)
    make(page, path.name)
    begin(page)
    rule.wait()
    s3.wait_for_parts(4)
    page.reload()
    rule.drop()
    s3.forget()
    page.evaluate(TOOLS)
    picked(path)
    stored: int = page.evaluate(
        """async (informed) => {
            const { openUploads, openUpload } = await at("api");
            const { matches } = await at("fingerprint");
            const [open] = await openUploads();
            if (!(await matches(open, pickedFile))) throw new Error("another file");
            const told = await openUpload(open.id);
            const { Transfer } = await at("transfer");
            const resume = informed ? told : open;
            globalThis.transfer = new Transfer(pickedFile, open.path, { resume });
            return told.stored_parts;
        }""",
        informed,
    )
    assert stored >= 4
    return stored


@pytest.mark.parametrize("informed", [True, False])
def test_after_a_reload_the_same_file_goes_on_where_it_was(
    bench: Page, s3: FaultyS3, tmp_path: Path, picked: Picked, informed: bool
) -> None:
    name = f"reloaded, {informed}.bin"
    stored = reloaded(bench, s3, tmp_path / name, picked, informed=informed)
    came = send(bench)
    assert_whole(bench, came, name)
    assert len(s3.parts_taken) == 9 - stored
    assert came["sent"] == SIZE
    assert came["bytesSent"] == s3.bytes_sent < SIZE - 3 * PART


def test_what_is_missing_is_sent_while_what_is_stored_is_compared(
    bench: Page, s3: FaultyS3, tmp_path: Path, picked: Picked
) -> None:
    reloaded(bench, s3, tmp_path / "at once.bin", picked, informed=True)
    held: list[Route] = []
    bench.route("**/parts?from=1&*", lambda route: held.append(route))
    begin(bench)
    s3.wait_for_parts(1)
    for _ in range(100):
        if bench.evaluate("transfer.comparing"):
            break
        bench.wait_for_timeout(50)
    assert bench.evaluate("[transfer.comparing, transfer.sent < transfer.file.size]") == [True, True]
    assert len(held) == 1
    held[0].continue_()
    assert_whole(bench, bench.evaluate("outcome"), "at once.bin")
    bench.unroute("**/parts?from=1&*")


def test_a_stored_part_that_is_not_of_the_file_is_sent_after_all(
    bench: Page, s3: FaultyS3, tmp_path: Path, picked: Picked
) -> None:
    """Only what fingerprint and time do not show: another byte in the middle."""
    path = tmp_path / "retouched.bin"
    stored = reloaded(bench, s3, path, picked, informed=True)
    kept, whole = path.stat(), bytearray(content(SIZE))
    whole[PART + 9] ^= 1
    path.write_bytes(whole)
    os.utime(path, ns=(kept.st_atime_ns, kept.st_mtime_ns))
    picked(path)
    bench.evaluate(
        """async () => {
            const { Transfer } = await at("transfer");
            const resume = await (await at("api")).openUpload(transfer.id);
            globalThis.transfer = new Transfer(pickedFile, transfer.path, { resume });
        }"""
    )
    came = send(bench)
    assert came["proof"] == {"sha256": composite(bytes(whole)), "partSize": PART, "verified": True}
    assert sorted(s3.parts_taken) == [2, *range(stored + 1, 10)]


def test_a_file_that_is_changed_while_it_is_sent_is_noticed(
    bench: Page, s3: FaultyS3, tmp_path: Path, picked: Picked
) -> None:
    path = tmp_path / "edited.bin"
    path.write_bytes(content(SIZE))
    picked(path)
    rule = s3.will(Op.PART, Trouble.LATE, part=1)
    make(bench, path.name)
    begin(bench)
    rule.wait()
    path.write_bytes(content(SIZE, seed=5))
    rule.let_go()
    came = bench.evaluate("outcome")
    assert came["failure"]["changed"]
    assert came["failure"]["final"]
    assert s3.count(Op.COMPLETE) == 0


def test_a_stored_file_with_another_hash_is_never_called_done(bench: Page) -> None:
    def lie(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        told["sha256"] = composite(content(SIZE, seed=1))
        route.fulfill(response=answer, json=told)

    bench.route("**/complete", lie)
    make(bench, "swapped.bin")
    came = send(bench)
    assert came["failure"]["final"]
    assert "not the file on your disk" in came["failure"]["message"]
    assert came["proof"] is None


def test_an_ended_sign_in_is_told_and_the_upload_goes_on_after_the_next(
    bench: Page, s3: FaultyS3
) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=401, json={"title": "Unauthorized", "status": 401})

    bench.route("**/parts?*", refuse)
    make(bench, "signed out.bin")
    came = send(bench)
    assert came["failure"]["signIn"]
    bench.unroute("**/parts?*")
    assert (
        came["bytesSent"] == s3.bytes_sent == sum(s3.parts_taken.values()) * PART > 0
    )  # all of it arrived
    assert_whole(bench, send(bench), "signed out.bin")
    assert set(s3.parts_taken.values()) == {1}


def test_an_upload_that_was_ended_on_the_server_starts_afresh(bench: Page, s3: FaultyS3) -> None:
    rule = s3.will(Op.PART, Trouble.HELD)
    make(bench, "ended.bin")
    begin(bench)
    rule.wait()
    bench.evaluate("async () => (await at('api')).abortUpload(transfer.id)")
    s3.behave()
    came = bench.evaluate("outcome")
    assert came["failure"]["gone"]
    assert came["id"] is None
    assert_whole(bench, send(bench), "ended.bin")


def test_an_upload_whose_start_got_no_answer_is_not_begun_twice(
    bench: Page, s3: FaultyS3, calls: Calls
) -> None:
    lost: list[str] = []

    def lose(route: Route) -> None:
        if lost:
            return route.continue_()
        lost.append(route.fetch().json()["id"])
        return route.abort()

    bench.route("**/api/v1/uploads", lose)
    make(bench, "begun once.bin")
    came = send(bench)
    assert_whole(bench, came, "begun once.bin")
    assert came["id"] == lost[0]
    assert calls.names[:2] == ["POST uploads"] * 2
    assert s3.count(Op.CREATE) == 1


def test_what_may_be_replaced_is_what_was_seen(bench: Page) -> None:
    def store(content: str, **options: Any) -> Any:
        return bench.evaluate(
            """async ([content, options]) => {
                const { Transfer } = await at("transfer");
                const path = "transfers/seen.txt";
                const transfer = new Transfer(new File([content], "seen.txt"), path, options);
                const stored = await transfer.run(never, hooksOf());
                const [known] = await (await at("api")).knownFiles([path]);
                return [stored.name, known.etag];
            }""",
            [content, options],
        )

    _, seen = store("first")
    assert store("second", onConflict="replace", replaces=seen)[0] == "seen.txt"
    assert store("third", onConflict="replace", replaces=seen)[0] == "seen (2).txt"


def test_a_completion_whose_answer_was_lost_is_asked_again(bench: Page, s3: FaultyS3) -> None:
    s3.will(Op.COMPLETE, Trouble.LOST, times=1)
    make(bench, "completed twice.bin")
    assert_whole(bench, send(bench), "completed twice.bin")


def test_what_s3_misses_at_the_end_is_sent_again_without_asking_anybody(
    bench: Page, s3: FaultyS3
) -> None:
    s3.will(Op.PART, Refusal(412, "PreconditionFailed"), part=4, times=1)  # taken for a yes
    make(bench, "hole.bin")
    came = send(bench)
    assert_whole(bench, came, "hole.bin")
    assert [s3.parts_taken[number] for number in range(1, 10)] == [1] * 9


def test_a_completion_that_is_refused_for_good_is_given_up_and_started_afresh(
    bench: Page, s3: FaultyS3
) -> None:
    refusal = {
        "status": 409,
        "json": {"title": "Conflict", "status": 409, "detail": "Parts are missing."},
    }
    bench.route("**/complete", lambda route: route.fulfill(**refusal))
    make(bench, "refused at last.bin")
    with bench.expect_response(lambda response: response.request.method == "DELETE") as ended:
        came = send(bench)
    assert ended.value.status == 204
    assert came["failure"]["gone"]
    assert came["id"] is None
    bench.unroute("**/complete")
    assert_whole(bench, send(bench), "refused at last.bin")


RIVAL = """async () => {
    const { openUpload } = await at("api");
    const { Transfer } = await at("transfer");
    const open = await openUpload(transfer.id);
    globalThis.rival = new Transfer(fileOf(open.size, open.name), open.path, { resume: open });
}"""


def test_what_is_sent_already_is_not_sent_or_ended_from_elsewhere(bench: Page, s3: FaultyS3) -> None:
    rule = s3.will(Op.PART, Trouble.HELD, after=3)
    make(bench, "one tab.bin")
    begin(bench)
    rule.wait()
    bench.evaluate(RIVAL)
    refused = bench.evaluate("send(rival)")
    assert "Another tab or window" in refused["failure"]["message"]
    assert not refused["failure"]["final"]
    bench.evaluate("rival.discard()")
    s3.behave()
    assert_whole(bench, bench.evaluate("outcome"), "one tab.bin")


def test_a_paused_upload_is_kept_from_other_tabs_until_it_is_left(bench: Page, s3: FaultyS3) -> None:
    rule = s3.will(Op.PART, Trouble.HELD, after=3)
    make(bench, "left.bin")
    begin(bench)
    rule.wait()
    bench.evaluate("stop.abort(new DOMException('Paused', 'AbortError'))")
    bench.evaluate("outcome")
    s3.behave()
    bench.evaluate(RIVAL)
    assert "Another tab" in bench.evaluate("send(rival)")["failure"]["message"]
    bench.evaluate("transfer.leave()")
    assert_whole(bench, bench.evaluate("send(rival)"), "left.bin")
    assert bench.evaluate("async () => (await navigator.locks.query()).held.length") == 0


def test_a_name_that_is_taken_meanwhile_is_told(bench: Page, s3: FaultyS3) -> None:
    options = {"onConflict": "fail"}
    rule = s3.will(Op.PART, Trouble.HELD, part=1)
    make(bench, "raced.bin", options=options)
    begin(bench)
    rule.wait()
    bench.evaluate(
        """async () => {
            const { Transfer } = await at("transfer");
            await new Transfer(fileOf(10), "transfers/raced.bin").run(never, hooksOf());
        }"""
    )
    s3.behave()
    came = bench.evaluate("outcome")
    assert came["failure"]["status"] == 409
    assert not came["failure"]["gone"]
    assert "already" in came["failure"]["message"]


def test_a_stalled_part_is_told_and_sent_again(bench: Page, s3: FaultyS3) -> None:
    rule = s3.will(Op.PART, Trouble.HELD, part=1, times=1)
    bench.clock.install()
    make(bench, "stalled.bin")
    begin(bench)
    rule.wait()
    bench.wait_for_function(f"() => transfer.sent >= {SIZE - PART}")
    bench.clock.run_for(62_000)
    bench.wait_for_function("() => transfer.sent <= " + str(SIZE - PART))
    for _ in range(5):
        bench.clock.run_for(1000)
    came = bench.evaluate("outcome")
    rule.let_go()
    assert_whole(bench, came, "stalled.bin")
    assert came["told"][0] == "stalled"
    assert "moving" in came["told"]


def test_a_discarded_upload_is_ended_on_the_server_even_if_its_start_was_under_way(
    bench: Page, s3: FaultyS3
) -> None:
    rule = s3.will(Op.CREATE, Trouble.LATE)
    make(bench, "unwanted.bin")
    begin(bench)
    rule.wait()
    bench.evaluate("stop.abort(new DOMException('Cancelled', 'AbortError')); transfer.discard()")
    assert bench.evaluate("outcome")["failure"]["name"] == "AbortError"
    with bench.expect_response(lambda response: response.request.method == "DELETE") as ended:
        rule.let_go()
    assert ended.value.status == 204
    assert s3.count(Op.PART) == 0


def test_a_browser_that_takes_no_hashes_uploads_without_a_proof(bench: Page) -> None:
    bench.evaluate("() => Object.defineProperty(crypto, 'subtle', { value: undefined })")
    make(bench, "unproved.bin")
    came = send(bench)
    assert came["stored"]["size"] == SIZE
    assert came["proof"]["verified"] is False
