"""S3 has two host names, and a page makes do with one where the other is out of reach."""

from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests.browser.faults import FaultyS3, Op
from tests.browser.upload.conftest import MIB, Calls

PART = 5 * MIB
SIZE = 8 * PART + MIB  # nine parts
FIRST, SECOND = "https://s3.example", "https://s3.dualstack.example"

SEND = """async ({ name, size, storage }) => {
    (await at("api")).configure({ storage });
    const { Transfer } = await at("transfer");
    return send(new Transfer(fileOf(size, name), `hosts/${name}`));
}"""


def after(page: Page, *steps: tuple[Any, ...]) -> Any:
    """What a page may use after these: a method of Hosts, the origin, and what else it is told."""
    return page.evaluate(
        """async ([storage, steps]) => {
            const { Hosts } = await at("hosts");
            (await at("settings")).settings.storage = storage;
            const hosts = new Hosts();
            for (const [step, origin, ...more] of steps) hosts[step](`${origin}/part?a=b`, ...more);
            const usable = storage.map((origin) => hosts.usable(`${origin}/a?b`));
            const rooms = storage.map((origin) => hosts.room(origin));
            return { spread: hosts.spread, connections: hosts.connections, usable, rooms };
        }""",
        [[FIRST, SECOND], steps],
    )


def given_up(page: Page, *steps: tuple[Any, ...]) -> bool:
    came = after(page, *steps)
    assert came["usable"] == [True, came["spread"]]
    assert came["connections"] == (12 if came["spread"] else 6)
    return not came["spread"]


REACHED = ("reached", SECOND)
LOST = ("failed", SECOND, {"status": 0})
FORBIDDEN = ("failed", SECOND, {"status": 403})


def test_the_second_name_has_one_put_until_it_is_seen_to_be_in_reach(bench: Page) -> None:
    assert after(bench)["rooms"] == [6, 1]
    assert after(bench, REACHED)["rooms"] == [6, 6]
    # Who waits for it is let through once it is given up, to be signed again.
    assert after(bench, LOST)["rooms"] == [6, 6]


@pytest.mark.parametrize("failed", [LOST, FORBIDDEN])
def test_a_second_name_is_given_up_at_once_or_if_it_was_in_reach_after_three_failures(
    bench: Page, failed: tuple[Any, ...]
) -> None:
    assert given_up(bench, failed)
    assert not given_up(bench, REACHED, failed, failed)
    assert given_up(bench, REACHED, failed, failed, failed)
    assert not given_up(bench, REACHED, failed, failed, ("stored", SECOND, 1), failed, failed)


@pytest.mark.parametrize(
    "failure", [{"status": 503}, {"status": 500}, {"status": 400}, {"status": 403, "expired": True}]
)
def test_what_s3_says_of_a_request_tells_nothing_of_its_name(bench: Page, failure: Any) -> None:
    assert not given_up(bench, *[("failed", SECOND, failure)] * 5)


def test_an_offline_device_tells_nothing_of_a_name(bench: Page) -> None:
    bench.evaluate("Promise.all([at('hosts'), at('settings')])")  # while they can be loaded
    bench.context.set_offline(True)
    assert not given_up(bench, LOST, LOST, LOST)
    bench.context.set_offline(False)


def test_the_first_name_is_never_given_up(bench: Page) -> None:
    assert not given_up(bench, *[("failed", FIRST, {"status": 0})] * 5)


@pytest.mark.parametrize(("pace", "slow"), [(1.5, False), (3, True)])
def test_a_name_that_is_much_slower_is_given_up(bench: Page, pace: float, slow: bool) -> None:
    fast = [("stored", FIRST, 1)] * 3
    assert given_up(bench, *fast, *[("stored", SECOND, pace)] * 3) is slow
    assert not given_up(bench, *fast, *[("stored", SECOND, pace)] * 2)
    assert not given_up(bench, *fast[:2], *[("stored", SECOND, pace)] * 3)


def test_without_a_page_that_tells_them_there_is_one(bench: Page) -> None:
    known = "at('hosts').then(({ hosts }) => [hosts.spread, hosts.connections])"
    assert bench.evaluate(known) == [False, 6]


def test_names_are_origins_whatever_case_or_port_they_are_written_with(bench: Page) -> None:
    storage = "https://S3.example:443 https://s3.example http://two.example:80/"
    known = bench.evaluate(
        """async (storage) => {
            (await at("api")).configure({ storage });
            return (await at("settings")).settings.storage;
        }""",
        storage,
    )
    assert known == ["https://s3.example", "http://two.example"]


@pytest.mark.usefixtures("forgiving")
class TestWithS3:
    def send(self, page: Page, s3: FaultyS3, name: str, size: int) -> Any:
        storage = f"{s3.url} {s3.second_url}"
        return page.evaluate(SEND, {"name": name, "size": size, "storage": storage})

    def test_parts_go_by_both(self, bench: Page, s3: FaultyS3, calls: Calls) -> None:
        came = self.send(bench, s3, "both.bin", SIZE)
        assert came["proof"]["verified"]
        assert set(s3.hosts.values()) == {4, 5}
        assert calls.asked("GET parts")[0]["spread"] == ["true"]

    @pytest.mark.parametrize("size", [SIZE, MIB])
    def test_where_the_second_is_blocked_all_goes_by_the_first(
        self, bench: Page, s3: FaultyS3, size: int
    ) -> None:
        bench.route(f"{s3.second_url}/**", lambda route: route.abort())
        for number in range(1 if size == SIZE else 4):  # of small ones each goes by either
            came = self.send(bench, s3, f"blocked {size} {number}.bin", size)
            assert came["failure"] == {}
            assert came["proof"]["verified"]
        assert list(s3.hosts) == ["localhost"]

    def test_where_the_second_is_silent_the_first_goes_on_meanwhile(
        self, bench: Page, s3: FaultyS3
    ) -> None:
        held: list[Route] = []
        bench.route(f"{s3.second_url}/**", lambda route: held.append(route))
        came = self.send(bench, s3, "silent.bin", SIZE)
        assert came["proof"]["verified"]
        assert len(held) == 1  # nothing else was risked
        assert list(s3.hosts) == ["localhost"]

    @pytest.mark.parametrize("size", [SIZE, MIB])
    def test_a_second_name_that_goes_away_is_done_without(
        self, bench: Page, s3: FaultyS3, size: int
    ) -> None:
        """A virtual private network is switched on, perhaps."""
        assert self.send(bench, s3, "before.bin", SIZE)["proof"]["verified"]
        s3.forget()
        bench.route(f"{s3.second_url}/**", lambda route: route.abort())
        for number in range(1 if size == SIZE else 6):
            came = self.send(bench, s3, f"after {size} {number}.bin", size)
            assert came["proof"]["verified"]
        assert list(s3.hosts) == ["localhost"]

    def test_a_policy_that_forbids_the_second_name_costs_few_tries(
        self, bench: Page, s3: FaultyS3, calls: Calls
    ) -> None:
        asked: list[str] = []

        def forbid(route: Route) -> None:
            asked.append(route.request.method)
            route.fulfill(status=403)

        bench.route(f"{s3.second_url}/**", forbid)
        came = self.send(bench, s3, "refused.bin", SIZE)
        assert came["proof"]["verified"]
        assert s3.count(Op.PART) == 9
        assert list(s3.hosts) == ["localhost"]
        assert 1 <= len(asked) <= 6
        renewed = [one for one in calls.asked("GET parts") if "fresh" not in one]
        assert renewed
        assert not any("spread" in one for one in renewed)
