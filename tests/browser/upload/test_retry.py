"""Trying again: what passes is waited for, what does not is told at once."""

from playwright.sync_api import Page

TRY = """async ({ fail, tries, kind = {} }) => {
    const { persist } = await at("retry");
    const { Failure } = await at("failure");
    const told = [], stop = new AbortController();
    globalThis.stop = stop;
    globalThis.told = told;
    let count = 0;
    globalThis.outcome = kindOf(persist(async (number, last) => {
        told.push([number, last?.message ?? null]);
        if ((count += 1) <= fail) throw new Failure(`failure ${count}`, kind);
        return "done";
    }, { signal: stop.signal, onOffline: (offline) => told.push(offline) }));
}"""


def test_what_fails_twice_succeeds_the_third_time(bench: Page) -> None:
    bench.clock.install()
    bench.evaluate(TRY, {"fail": 2, "kind": {"status": 503}})
    bench.clock.run_for(2000)
    assert bench.evaluate("outcome") == {"value": "done"}
    assert bench.evaluate("told") == [[1, None], [2, "failure 1"], [3, "failure 2"]]


def test_it_is_given_up_after_seven_tries_and_half_a_minute(bench: Page) -> None:
    bench.clock.install()
    bench.evaluate(TRY, {"fail": 9, "kind": {"status": 500}})
    for _ in range(7):
        bench.clock.run_for(16_000)
    assert bench.evaluate("outcome")["message"] == "failure 7"


def test_what_is_final_is_not_tried_again(bench: Page) -> None:
    bench.evaluate(TRY, {"fail": 9, "kind": {"status": 422, "final": True}})
    assert bench.evaluate("outcome")["message"] == "failure 1"


def test_the_servers_own_wish_is_waited_for(bench: Page) -> None:
    bench.clock.install()
    bench.evaluate(TRY, {"fail": 1, "kind": {"status": 429, "retryAfter": 10}})
    bench.clock.run_for(9000)
    assert len(bench.evaluate("told")) == 1
    bench.clock.run_for(1500)
    assert bench.evaluate("outcome") == {"value": "done"}


def test_a_pause_ends_when_it_is_aborted(bench: Page) -> None:
    bench.clock.install()
    bench.evaluate(TRY, {"fail": 1, "kind": {"status": 503}})
    bench.evaluate("stop.abort(new DOMException('Enough', 'AbortError'))")
    assert bench.evaluate("outcome")["message"] == "Enough"


def test_offline_no_try_is_wasted(bench: Page, forgiving: None) -> None:
    bench.evaluate("Promise.all(['retry', 'failure'].map(at))")
    bench.context.set_offline(True)
    bench.evaluate(TRY, {"fail": 8})
    bench.evaluate("new Promise(setTimeout)")
    assert bench.evaluate("told") == [[1, None], True]
    bench.evaluate("() => addEventListener('online', () => (globalThis.back = true))")
    bench.clock.install()
    bench.context.set_offline(False)
    bench.wait_for_function("() => globalThis.back")
    for _ in range(7):
        bench.clock.run_for(16_000)
    assert bench.evaluate("told[2]") is False
    assert bench.evaluate("outcome")["message"] == "failure 8"  # seven more tries, all wasted online


def test_a_system_that_is_offline_for_ever_is_not_believed_for_ever(bench: Page) -> None:
    bench.evaluate("() => Object.defineProperty(navigator, 'onLine', { value: false })")
    bench.clock.install()
    bench.evaluate(TRY, {"fail": 2})
    for _ in range(2):
        bench.evaluate("new Promise((resolve) => queueMicrotask(resolve))")
        bench.clock.run_for(30_000)
    assert bench.evaluate("outcome") == {"value": "done"}
    tries = [[1, None], True, False, [1, "failure 1"], True, False, [1, "failure 2"]]
    assert bench.evaluate("told") == tries


def test_what_was_tried_seven_times_within_is_not_tried_again_without(bench: Page) -> None:
    bench.clock.install()
    bench.evaluate(
        """async () => {
            const { persist } = await at("retry");
            const { Failure } = await at("failure");
            globalThis.tries = 0;
            const attempt = async () => {
                tries += 1;
                throw new Failure("Busy.", { status: 503 });
            };
            const within = () => persist(attempt, { signal: never });
            globalThis.outcome = kindOf(persist(within, { signal: never }));
        }"""
    )
    for _ in range(8):
        bench.clock.run_for(16_000)
    assert bench.evaluate("outcome")["message"] == "Busy."
    assert bench.evaluate("tries") == 7


def test_who_waits_for_something_may_stop_waiting_but_it_goes_on(bench: Page) -> None:
    seen = bench.evaluate(
        """async () => {
            const { unlessAborted } = await at("retry");
            const stop = new AbortController();
            let go, ended = false;
            const work = new Promise((resolve) => (go = resolve)).then(() => (ended = true));
            const waited = kindOf(unlessAborted(stop.signal, work));
            stop.abort(new DOMException("Enough", "AbortError"));
            const { message } = await waited;
            go();
            await work;
            return [message, ended, await unlessAborted(never, Promise.resolve(5))];
        }"""
    )
    assert seen == ["Enough", True, 5]
