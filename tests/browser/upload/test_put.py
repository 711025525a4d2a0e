"""One PUT: it is stored, refused, or does not move any more, and each is told apart."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Complaints
from tests.browser.faults import FaultyS3, Op, Refusal, Trouble
from tests.browser.upload.conftest import MIB
from tests.stack import STACK

PUT = """([url, size]) => {
    globalThis.told = [];
    globalThis.stop = new AbortController();
    globalThis.outcome = (async () => {
        const { put } = await at("put");
        const hooks = { onProgress: (bytes) => told.push(bytes), onSent: () => told.push("sent") };
        return put({ url, headers: {} }, fileOf(size), hooks, stop.signal)
            .then(() => "stored", ({ message, status, gone, final, stalled }) =>
                ({ message, status, gone, final, stalled }));
    })();
}"""


@pytest.fixture(autouse=True)
def forgive(complaints: Complaints) -> None:
    complaints.forgive("Failed to load resource|blocked by CORS|ERR_")


def put(page: Page, s3: FaultyS3, size: int = MIB) -> None:
    page.evaluate(PUT, [f"{s3.url}/{STACK.env['FILES_BUCKET']}/users/nobody/file", size])


def outcome(page: Page) -> Any:
    return page.evaluate("outcome")


def test_what_was_written_by_an_earlier_try_is_stored(s3: FaultyS3, bench: Page) -> None:
    s3.will(Op.PUT, Refusal(412, "PreconditionFailed"))
    put(bench, s3)
    assert outcome(bench) == "stored"


@pytest.mark.parametrize(
    ("status", "code", "gone"),
    [
        (403, "AccessDenied", False),
        (400, "ExpiredToken", False),
        (503, "SlowDown", False),
        (404, "NoSuchUpload", True),
    ],
)
def test_a_refusal_is_told_with_its_status_and_takes_the_progress_back(
    s3: FaultyS3, bench: Page, status: int, code: str, gone: bool
) -> None:
    s3.will(Op.PUT, Refusal(status, code))
    put(bench, s3)
    told = outcome(bench)
    assert (told["status"], told["gone"], told["final"]) == (status, gone, gone)
    assert not told["stalled"]
    assert bench.evaluate("told.slice(-3)") == [MIB, "sent", 0]


@pytest.mark.parametrize("trouble", [Trouble.RESET, Trouble.TORN, Trouble.LOST])
def test_a_broken_connection_is_told(s3: FaultyS3, bench: Page, trouble: Trouble) -> None:
    s3.will(Op.PUT, trouble)
    put(bench, s3, 24 * MIB)
    told = outcome(bench)
    assert (told["status"], told["final"], told["stalled"]) == (0, False, False)
    assert "cannot be reached" in told["message"]


def test_what_does_not_move_for_half_a_minute_is_given_up(s3: FaultyS3, bench: Page) -> None:
    rule = s3.will(Op.PUT, Trouble.HELD)
    bench.clock.install()
    put(bench, s3, 48 * MIB)  # more than buffers on the way hold
    rule.wait()
    bench.wait_for_function("() => told.length > 0")
    bench.clock.run_for(25_000)
    assert bench.evaluate("Promise.race([outcome, 'still waiting'])") == "still waiting"
    bench.clock.run_for(40_000)
    told = outcome(bench)
    assert told["stalled"]
    assert "stopped answering" in told["message"]


def test_once_all_is_sent_the_answer_has_a_minute(s3: FaultyS3, bench: Page) -> None:
    rule = s3.will(Op.PUT, Trouble.LATE)
    bench.clock.install()
    put(bench, s3)
    rule.wait()
    bench.wait_for_function("() => told.at(-1) === 'sent'")
    bench.clock.run_for(55_000)
    assert bench.evaluate("Promise.race([outcome, 'still waiting'])") == "still waiting"
    bench.clock.run_for(10_000)
    assert outcome(bench)["stalled"]


def test_an_abort_ends_it_at_once(s3: FaultyS3, bench: Page) -> None:
    rule = s3.will(Op.PUT, Trouble.HELD)
    put(bench, s3)
    rule.wait()
    bench.evaluate("stop.abort(new DOMException('Enough', 'AbortError'))")
    assert outcome(bench)["message"] == "Enough"


def test_one_that_was_aborted_before_sends_nothing(s3: FaultyS3, bench: Page) -> None:
    told = bench.evaluate(
        """async ([url]) => {
            const { put } = await at("put");
            const signal = AbortSignal.abort(new DOMException("Enough", "AbortError"));
            return kindOf(put({ url, headers: {} }, fileOf(10), {}, signal));
        }""",
        [f"{s3.url}/"],
    )
    assert told["message"] == "Enough"
    assert s3.count(Op.PUT) == 0
