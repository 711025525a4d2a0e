"""As many PUTs at once as bring something, on lines of every kind, by a clock that the test moves."""

from typing import Any

import pytest
from playwright.sync_api import Page

MB = 1_000_000
HOSTS = ["https://s3.example", "https://s3.dualstack.example"]

LINE = """async ({ each, all, part, seconds, ...more }) => {
    const { roundTrip = 100, troubles = {}, noise = 0, kept = {}, hosts = [] } = more;
    const { Lanes } = await at("lanes");
    (await at("settings")).settings.storage = hosts;
    for (const origin of hosts) (await at("hosts")).hosts.reached(origin);
    let clock = 0, dice = 1;
    const memory = { getItem: (key) => kept[key] ?? null, setItem: (key, value) => (kept[key] = value) };
    const lanes = new Lanes({ memory, now: () => clock });
    const busy = new Set(), unanswered = new Set(), counts = [];
    const open = []; // connections in use
    let asked = 0;
    const queue = async () => {
        const lane = await lanes.take(never, part, hosts[asked++ % hosts.length]);
        busy.add({ lane, sent: 0, idle: roundTrip });
    };
    for (let waiting = 0; waiting < 16; waiting += 1) queue();
    for (let tick = 1; tick <= seconds * 20; tick += 1) {
        clock = tick * 50;
        await new Promise((resolve) => queueMicrotask(resolve));
        dice = (dice * 16807) % 2147483647;
        const luck = 1 + noise * ((2 * dice) / 2147483647 - 1);
        for (const one of busy) one.idle -= 50;
        const moving = [...busy].filter(({ idle }) => idle < 0);
        const rate = Math.min(each, all / moving.length) * luck;
        for (const one of moving) {
            one.sent += rate / 20;
            one.lane.moved(Math.min(one.sent, part));
            if (one.sent < part) continue;
            busy.delete(one);
            one.lane.sent();
            unanswered.add({ lane: one.lane, due: clock + roundTrip });
        }
        for (const one of unanswered) {
            if (clock < one.due) continue;
            if (troubles[tick]-- > 0) one.lane.failed({ status: 503 });
            else one.lane.succeeded();
            unanswered.delete(one);
            one.lane.release();
            queue();
        }
        counts.push(lanes.count);
        open.push(busy.size + unanswered.size);
    }
    return { counts, open, known: lanes.known, kept };
}"""


def on(page: Page, **line: Any) -> Any:
    return page.evaluate(LINE, line)


@pytest.mark.parametrize("noise", [0, 0.1])
def test_a_line_that_limits_each_connection_gets_six_within_two_seconds(
    bench: Page, noise: float
) -> None:
    seen = on(bench, each=20 * MB, all=125 * MB, part=16 * MB, seconds=60, noise=noise)
    assert seen["counts"][0] == 2
    assert seen["counts"][2 * 20] == 6
    assert sum(count >= 5 for count in seen["counts"]) >= 0.98 * len(seen["counts"])


def test_what_is_being_tried_is_not_remembered(bench: Page) -> None:
    seen = on(bench, each=125 * MB, all=12.5 * MB, part=16 * MB, seconds=2.5)
    assert seen["counts"][-1] == 6
    assert '"lanes":2' in seen["kept"]["strongbox.line"]


def test_two_hosts_have_eight_lanes_and_connections_beside_them(bench: Page) -> None:
    """Twelve connections, some of which idle around their part while eight send."""
    line = {"each": 20 * MB, "all": 250 * MB, "part": 16 * MB, "seconds": 60}
    seen = on(bench, hosts=HOSTS, **line)
    assert seen["counts"][2 * 20] == 8
    assert max(seen["counts"]) == 8
    assert 8 < max(seen["open"]) <= 12
    again = on(bench, hosts=["https://s3.example"], kept=seen["kept"], **line)
    assert max(again["counts"]) == 6
    assert max(again["open"]) == 6


def test_small_files_use_all_connections_to_two_hosts(bench: Page) -> None:
    seen = on(bench, each=20 * MB, all=125 * MB, part=1024, seconds=10, hosts=HOSTS)
    assert max(seen["open"]) == 12


def test_what_waits_for_a_connection_to_its_host_is_overtaken_by_others(bench: Page) -> None:
    order = bench.evaluate(
        """async (hosts) => {
            const { Lanes } = await at("lanes");
            (await at("settings")).settings.storage = hosts;
            const lanes = new Lanes({ memory: null });
            const [one, other] = hosts;
            (await at("hosts")).hosts.reached(other);
            const held = await Promise.all([1, 2, 3, 4, 5, 6].map(() => lanes.take(never, 1, one)));
            const order = [];
            const ask = (name, host) => lanes.take(never, 1, host).then(() => order.push(name));
            const first = ask("waits", one);
            await Promise.all([ask("goes", other), ask("goes too", other)]);
            held[0].sent(); // its connection is still in use
            await new Promise((resolve) => setTimeout(resolve));
            order.push("answered");
            held[0].release();
            await first;
            return order;
        }""",
        HOSTS,
    )
    assert order == ["goes", "goes too", "answered", "waits"]


def test_a_host_that_is_not_known_to_be_in_reach_has_one_put(bench: Page) -> None:
    given = bench.evaluate(
        """async (names) => {
            const { Lanes } = await at("lanes");
            const { hosts } = await at("hosts");
            (await at("settings")).settings.storage = names;
            const lanes = new Lanes({ memory: null });
            const given = [];
            const soon = () => new Promise((resolve) => setTimeout(resolve));
            for (const name of ["first", "second"])
                lanes.take(never, 1, names[1]).then(() => given.push(name));
            await soon();
            const before = given.join(" ");
            hosts.reached(names[1]);
            await soon();
            return [before, given.join(" ")];
        }""",
        HOSTS,
    )
    assert given == ["first", "first second"]


def test_a_line_that_one_connection_fills_has_two_at_most_times(bench: Page) -> None:
    seen = on(bench, each=125 * MB, all=12.5 * MB, part=5 * MB, seconds=120)
    assert max(seen["counts"]) == 6  # once, to see what they bring
    # Now and then one more, for the few seconds that it takes to see what that brings.
    assert sum(count == 2 for count in seen["counts"]) >= 0.85 * len(seen["counts"])


def test_a_slow_line_has_little_in_flight_from_the_first_second_on(bench: Page) -> None:
    seen = on(bench, each=10 * MB, all=1 * MB, part=5 * MB, seconds=120)
    assert max(seen["counts"][: 60 * 20]) == 2
    assert max(seen["counts"]) == 3  # whether one more brings something takes two parts to tell


def test_too_many_503s_halve_the_lanes_and_calm_brings_them_back(bench: Page) -> None:
    ticks = {str(tick): 6 for tick in range(200, 240)}
    seen = on(bench, each=20 * MB, all=125 * MB, part=5 * MB, seconds=40, troubles=ticks)
    assert min(seen["counts"][200:260]) <= 2
    assert max(seen["open"][-20:]) == 6


def test_one_503_in_a_hundred_changes_nothing(bench: Page) -> None:
    ticks = {str(tick): 1 for tick in range(100, 2000, 300)}
    seen = on(bench, each=20 * MB, all=125 * MB, part=5 * MB, seconds=50, troubles=ticks)
    # With five lanes all six connections are in use; it may have tried four.
    assert min(seen["counts"][100:]) >= 4
    assert sum(count >= 5 for count in seen["counts"]) >= 0.9 * len(seen["counts"])


def test_stalls_take_lanes_away(bench: Page) -> None:
    counts = bench.evaluate(
        """async () => {
            const { Lanes } = await at("lanes");
            let clock = 1000;
            const lanes = new Lanes({ memory: null, now: () => clock });
            const counts = [];
            for (let nth = 0; nth < 5; nth += 1) {
                const lane = await lanes.take(never);
                lane.failed({ status: 0, stalled: true });
                lane.release();
                counts.push(lanes.count);
                clock += 2000;
            }
            return counts;
        }"""
    )
    assert counts == [2, 1, 1, 1, 1]


def test_what_was_learnt_of_the_line_is_remembered(bench: Page) -> None:
    seen = on(bench, each=20 * MB, all=125 * MB, part=16 * MB, seconds=20)
    assert seen["known"]["lanes"] == 6
    assert 80 * MB < seen["known"]["speed"] < 125 * MB
    again = on(bench, each=20 * MB, all=125 * MB, part=16 * MB, seconds=1, kept=seen["kept"])
    assert again["counts"][0] == 6


def test_no_answer_is_hurried_by_the_speed_of_another_days_line(bench: Page) -> None:
    patience = bench.evaluate(
        """async () => {
            const { Lanes } = await at("lanes");
            const memory = { getItem: () => '{"lanes": 6, "speed": 100000000}', setItem() {} };
            return new Lanes({ memory }).patience;
        }"""
    )
    assert patience == 60_000


@pytest.mark.parametrize("kept", ["", "null", "{}", '{"lanes": "many", "speed": {}}', "[1"])
def test_what_is_not_ours_is_not_taken_for_a_memory(bench: Page, kept: str) -> None:
    seen = on(bench, each=MB, all=MB, part=MB, seconds=1, kept={"strongbox.line": kept})
    assert seen["counts"][0] == 2


def test_where_nothing_may_be_kept_lanes_work_all_the_same(bench: Page) -> None:
    bench.evaluate(
        """async () => {
            const { Lanes } = await at("lanes");
            const forbid = () => { throw new DOMException("", "SecurityError"); };
            let clock = 1;
            const lanes = new Lanes({ memory: { getItem: forbid, setItem: forbid }, now: () => clock });
            const lane = await lanes.take(never);
            for (let sent = 0; sent < 1e8; sent += 1e7) { clock += 1000; lane.moved(sent); }
            lane.release();
        }"""
    )


def test_small_files_tell_nothing_of_the_line_but_go_six_at_once(bench: Page) -> None:
    seen = on(bench, each=20 * MB, all=125 * MB, part=1024, roundTrip=100, seconds=10)
    assert seen["known"] is None
    assert max(seen["counts"]) == 2
    assert max(seen["open"]) == 6


def test_parts_that_fit_into_buffers_tell_of_the_line_once_they_are_answered(bench: Page) -> None:
    seen = on(bench, each=20 * MB, all=125 * MB, part=5 * MB, seconds=10)
    assert seen["counts"][-1] == 6
    seen = on(bench, each=10 * MB, all=1 * MB, part=5 * MB, seconds=60)
    assert max(seen["counts"]) == 2


def test_one_put_more_than_there_are_lanes_waits_for_its_answer(bench: Page) -> None:
    told = bench.evaluate(
        """async () => {
            const { Lanes } = await at("lanes");
            const lanes = new Lanes({ memory: null });
            const [first, second] = await Promise.all([1, 2].map(() => lanes.take(never, 5e6)));
            const given = [];
            for (const name of ["third", "fourth"])
                lanes.take(never, 5e6).then(() => given.push(name));
            const names = async () => {
                await new Promise((resolve) => setTimeout(resolve));
                return given.join(" ");
            };
            const told = [await names()];
            for (const step of [() => first.sent(), () => second.sent(), () => first.release()]) {
                step();
                told.push(await names());
            }
            return told;
        }"""
    )
    assert told == ["", "third", "third", "third fourth"]


def test_whoever_asked_first_goes_first_and_who_gave_up_is_skipped(bench: Page) -> None:
    order = bench.evaluate(
        """async () => {
            const { Lanes } = await at("lanes");
            const lanes = new Lanes({ memory: null });
            const held = await Promise.all([1, 2].map(() => lanes.take(never)));
            const stop = new AbortController(), order = [];
            const ask = (name, signal) => lanes.take(signal).then(
                (lane) => { order.push(name); lane.release(); },
                (reason) => order.push(`${name}: ${reason}`));
            const all = [ask("first", never), ask("second", stop.signal), ask("third", never)];
            stop.abort("gave up");
            held[0].release();
            await Promise.all(all);
            return order;
        }"""
    )
    assert order == ["second: gave up", "first", "third"] or order == [
        "first",
        "second: gave up",
        "third",
    ]
