"""What becomes of the files in the queue, whatever a person or the network does to them."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Complaints

BIG = 5_000_000


def run(page: Page, *steps: str) -> Any:
    """Each step, and all that it sets off; what the last one gives."""
    last = None
    for step in steps:
        last = page.evaluate(f"async () => {{ const made = {step}; await lab.settled(); return made; }}")
    return last


def states(page: Page) -> dict[str, str]:
    found: dict[str, str] = run(page, "lab.states()")
    return found


def add(page: Page, names: str, size: int = BIG) -> None:
    page.evaluate("sizes => void lab.add(sizes)", dict.fromkeys(names, size))


def test_three_big_files_and_two_hundred_small_ones_travel_at_once(lab: Page) -> None:
    run(lab, "void lab.many(10, 5_000_000, 'big')", "void lab.many(300, 10, 'small')")
    sending = "[...lab.queue.in('sending')].filter(({ kind }) => kind === '{}').length"
    assert run(lab, sending.replace("{}", "large")) == 3
    lab.wait_for_function(f"() => {sending.replace('{}', 'small')} === 200")


def test_the_next_one_starts_when_one_is_through(lab: Page) -> None:
    add(lab, "abcd")
    assert states(lab) == {"a": "sending", "b": "sending", "c": "sending", "d": "waiting"}
    run(lab, "lab.transfer('b').hooks.onFinishing()")
    assert states(lab)["b"] == "finishing"
    run(lab, "lab.transfer('b').finish({ name: 'b (2)' })")
    assert states(lab) == {"a": "sending", "b": "done", "c": "sending", "d": "sending"}
    assert run(lab, "lab.of('b').stored.name") == "b (2)"


def test_a_paused_file_makes_room_stays_open_on_the_server_and_goes_on(lab: Page) -> None:
    add(lab, "abcde")
    run(lab, "lab.queue.pause(lab.of('a'))", "lab.queue.pause(lab.of('e'))")
    assert states(lab) == {
        "a": "paused",
        "b": "sending",
        "c": "sending",
        "d": "sending",
        "e": "paused",
    }
    assert not run(lab, "lab.transfer('a').discarded")
    run(lab, "lab.queue.resume(lab.of('a'))")
    assert states(lab)["a"] == "waiting"
    run(lab, "lab.transfer('b').finish()")
    assert states(lab)["a"] == "sending"
    assert run(lab, "[lab.transfer('a').runs, lab.transfer('e').runs]") == [2, 0]


def test_what_is_resumed_before_it_has_stopped_runs_once_at_a_time(lab: Page) -> None:
    add(lab, "abcd")
    run(lab, "(lab.queue.pause(lab.of('a')), lab.queue.resume(lab.of('a')))")
    assert states(lab) == {"a": "sending", "b": "sending", "c": "sending", "d": "waiting"}
    assert run(lab, "lab.transfer('a').runs") == 2


def test_a_cancelled_file_is_discarded_and_may_be_sent_after_all(lab: Page) -> None:
    add(lab, "a")
    run(lab, "lab.queue.cancel(lab.of('a'))")
    assert states(lab) == {"a": "cancelled"}
    assert run(lab, "lab.transfer('a').discarded")
    run(lab, "lab.queue.retry(lab.of('a'))")
    assert states(lab) == {"a": "sending"}


def test_nothing_stops_a_file_that_is_finishing(lab: Page) -> None:
    add(lab, "a")
    run(lab, "lab.transfer('a').hooks.onFinishing()")
    run(lab, "lab.queue.cancel(lab.of('a'))", "lab.queue.pause(lab.of('a'))")
    assert states(lab) == {"a": "finishing"}


def test_nothing_stops_it_either_when_it_goes_offline_then(lab: Page) -> None:
    add(lab, "a")
    run(lab, "lab.transfer('a').hooks.onFinishing()", "lab.transfer('a').hooks.onOffline(true)")
    assert run(lab, "['pause', 'cancel'].map((action) => lab.of('a').may(action))") == [False, False]
    run(lab, "lab.queue.cancel(lab.of('a'))", "lab.queue.pause(lab.of('a'))")
    assert states(lab) == {"a": "offline"}
    run(lab, "lab.transfer('a').hooks.onOffline(false)")
    assert states(lab) == {"a": "finishing"}
    run(lab, "lab.transfer('a').fail('no', { status: 503 })", "lab.queue.retry(lab.of('a'))")
    assert run(lab, "lab.of('a').may('cancel')")  # it is sent again


def test_a_file_that_is_stored_at_the_very_moment_of_its_pause_is_done(lab: Page) -> None:
    add(lab, "a")
    run(lab, "(lab.transfer('a').finish(), lab.queue.pause(lab.of('a')))")
    assert states(lab) == {"a": "done"}


@pytest.mark.parametrize(
    ("kind", "retryable"),
    [({"status": 503}, True), ({"final": True}, False), ({"final": True, "gone": True}, True)],
    ids=["passing", "final", "gone"],
)
def test_a_failed_file_can_be_retried_unless_that_is_of_no_use(
    lab: Page, kind: dict[str, Any], retryable: bool
) -> None:
    add(lab, "a")
    lab.evaluate("kind => lab.transfer('a').fail('It broke.', kind)", kind)
    assert states(lab) == {"a": "failed"}
    assert run(lab, "[lab.of('a').failure.message, lab.of('a').may('retry')]") == [
        "It broke.",
        retryable,
    ]
    run(lab, "lab.queue.retry(lab.of('a'))")
    assert states(lab) == {"a": "sending" if retryable else "failed"}


def test_a_changed_file_is_replaced_by_the_version_that_is_chosen(lab: Page) -> None:
    add(lab, "a")
    run(lab, "lab.transfer('a').fail('It was changed.', { final: true, changed: true })")
    assert run(lab, "[lab.of('a').may('choose'), lab.of('a').may('retry')]") == [True, False]
    chosen = "{ size: 7, name: 'a' }"
    run(lab, f"(globalThis.old = lab.transfer('a'), lab.queue.replace(lab.of('a'), {chosen}))")
    assert run(lab, "[old.discarded, lab.of('a').size, lab.of('a').state]") == [True, 7, "sending"]


def test_a_new_version_does_not_continue_the_upload_of_the_old_one(lab: Page) -> None:
    lab.evaluate(f"void lab.add({{ a: {BIG} }}, {{ resume: {{ id: 'old' }} }})")
    assert run(lab, "lab.transfer('a').options.resume.id") == "old"
    run(lab, "lab.transfer('a').fail('It was changed.', { final: true, changed: true })")
    run(lab, "lab.queue.replace(lab.of('a'), { size: 7, name: 'a' })")
    assert run(lab, "lab.transfer('a').options.resume") is None


def test_a_file_of_another_name_does_not_take_its_place(lab: Page) -> None:
    add(lab, "a")
    run(lab, "lab.transfer('a').fail('It was changed.', { final: true, changed: true })")
    run(lab, "lab.queue.replace(lab.of('a'), { size: 7, name: 'b' })")
    assert run(lab, "[lab.of('a').state, lab.of('a').size]") == ["failed", BIG]
    assert run(lab, "lab.of('a').failure.message") == "That file is called “b”: choose “a”."
    assert run(lab, "lab.of('a').may('choose') && !lab.transfer('a').discarded")


def test_a_failed_file_that_is_taken_off_the_list_keeps_what_s3_has(lab: Page) -> None:
    add(lab, "a")
    add(lab, "s", 10)
    run(lab, "(globalThis.gone = [lab.transfer('a'), lab.transfer('s')])")
    run(lab, "gone.forEach((transfer) => transfer.fail('no'))")
    run(lab, "lab.queue.each('remove', [...lab.queue.in('failed')])")
    assert run(lab, "gone.map(({ discarded, left }) => [Boolean(discarded), Boolean(left)])") == [
        [False, True],
        [True, False],  # it went in one piece: there is nothing to continue
    ]


def test_offline_and_stalled_are_told_while_they_last(lab: Page) -> None:
    add(lab, "a")
    run(lab, "lab.transfer('a').hooks.onOffline(true)")
    assert states(lab) == {"a": "offline"}
    run(lab, "lab.transfer('a').hooks.onOffline(false)", "lab.transfer('a').hooks.onStalled(true)")
    assert run(lab, "[lab.of('a').state, lab.of('a').stalled]") == ["sending", True]
    run(lab, "lab.transfer('a').hooks.onStalled(false)")
    assert not run(lab, "lab.of('a').stalled")


def test_when_the_sign_in_ends_nothing_new_starts_and_all_goes_on_with_the_next(lab: Page) -> None:
    add(lab, "abcd")
    run(lab, "lab.transfer('b').fail('Your sign-in has ended.', { status: 401, final: true })")
    assert states(lab) == {"a": "sending", "b": "signed-out", "c": "sending", "d": "waiting"}
    run(lab, "lab.transfer('a').finish()")  # its addresses were signed before
    run(lab, "lab.transfer('c').fail('Your sign-in has ended.', { status: 401, final: true })")
    assert states(lab) == {"a": "done", "b": "signed-out", "c": "signed-out", "d": "waiting"}
    assert run(lab, "lab.told.filter((type) => type === 'signed-out').length") == 1
    run(lab, "lab.queue.signedIn()")
    assert states(lab) == {"a": "done", "b": "sending", "c": "sending", "d": "sending"}


def test_a_person_orders_what_waits(lab: Page) -> None:
    add(lab, "abcdefg")  # a, b and c are under way
    waiting = "lab.names(lab.queue.line).join('')"
    run(lab, "lab.queue.first(lab.of('f'))")
    assert run(lab, waiting) == "fdeg"
    run(lab, "lab.queue.up(lab.of('g'))", "lab.queue.down(lab.of('f'))")
    assert run(lab, waiting) == "dfge"
    run(lab, "lab.queue.up(lab.of('d'))", "lab.queue.down(lab.of('e'))", "lab.queue.first(lab.of('a'))")
    assert run(lab, waiting) == "dfge"
    run(lab, "lab.transfer('a').finish()")
    assert states(lab)["d"] == "sending"


def test_all_are_paused_and_go_on_in_the_order_they_had(lab: Page) -> None:
    add(lab, "abcdef")
    run(lab, "lab.queue.first(lab.of('f'))")
    run(lab, "lab.queue.each('pause', lab.queue.items)")
    assert set(states(lab).values()) == {"paused"}
    run(lab, "lab.queue.each('resume', [...lab.queue.in('paused')])")
    assert run(lab, "lab.names(lab.queue.line).join('')") == "fde"
    assert states(lab)["a"] == "sending"


def test_totals_are_kept_as_files_come_move_fail_and_go(lab: Page) -> None:
    add(lab, "ab", 1000)
    run(lab, "lab.transfer('a').advance(400)", "lab.transfer('b').advance(300)")
    total = "(({ count, size, sent }) => [count, size, sent])(lab.queue.total)"
    assert run(lab, total) == [2, 2000, 700]
    run(lab, "lab.transfer('a').finish()")
    assert run(lab, total) == [2, 2000, 1300]
    assert run(lab, "lab.queue.moving.count") == 1
    run(lab, "lab.transfer('b').fail('no')")
    assert run(lab, total) == [1, 1000, 1000]
    run(lab, "lab.queue.remove(lab.of('a'))", "lab.queue.remove(lab.of('b'))")
    assert run(lab, total) == [0, 0, 0]
    assert run(lab, "lab.queue.delivered") == 700


def test_an_identical_file_is_not_sent_unless_somebody_wants_it(lab: Page) -> None:
    lab.evaluate("void lab.add({ a: 10 }, { identical: {} })")
    assert states(lab) == {"a": "identical"}
    assert run(lab, "lab.queue.moving.count") == 0
    run(lab, "lab.queue.anyway(lab.of('a'))")
    assert states(lab) == {"a": "sending"}


def test_leaving_would_lose_what_moves_and_what_the_server_does_not_keep(lab: Page) -> None:
    add(lab, "ab")
    assert run(lab, "lab.queue.wouldLose")
    run(lab, "lab.queue.each('pause', lab.queue.items)")
    assert not run(lab, "lab.queue.wouldLose")  # both are open on the server
    add(lab, "s", 10)
    run(lab, "lab.queue.pause(lab.of('s'))")
    assert run(lab, "lab.queue.wouldLose")  # one that goes in a single piece is not


def test_a_fault_of_the_page_itself_is_told_as_one(lab: Page, complaints: Complaints) -> None:
    complaints.forgive("oops")
    add(lab, "a")
    run(lab, "lab.transfer('a').reject(new TypeError('oops'))")
    assert run(lab, "lab.of('a').failure.message") == "Something failed on this page."


def test_no_step_takes_longer_because_ten_thousand_wait(lab: Page) -> None:
    """Ten thousand are added, paused, resumed and finished; no task of it holds the page for long."""
    longest = lab.evaluate(
        """async () => {
            let longest = 0;
            new PerformanceObserver((list) => {
                for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
            }).observe({ entryTypes: ["longtask"] });
            for (let at = 0; at < 20; at += 1) {
                lab.many(500, 10, `batch ${at}`);
                await lab.settled();
            }
            lab.queue.each("pause", lab.queue.items);
            await lab.settled();
            lab.queue.each("resume", lab.queue.items);
            while (lab.queue.count("sending")) {
                for (const item of [...lab.queue.in("sending")]) item.transfer.finish();
                await lab.settled();
            }
            await new Promise((resolve) => setTimeout(resolve, 300));
            return lab.queue.count("done") === 10_000 ? longest : NaN;
        }"""
    )
    assert longest < 500  # on a busy machine; a quarter of it on a quiet one
