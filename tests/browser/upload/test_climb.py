"""How many lanes a line gets: climbed to by what each of them brings. test_lanes.py has whole lines."""

import pytest
from playwright.sync_api import Page


@pytest.mark.parametrize(
    ("each", "by", "lanes"),
    [
        pytest.param("20_000", 0.5, 8, id="fast: at a glance"),
        pytest.param("Math.min(20_000, 100 * 2 ** (ms / 150))", 2, 8, id="fast, but far away"),
        pytest.param("ms < 200 ? 54_000 : 20_000", 3, 8, id="fast, buffers seem faster"),
        pytest.param("500", 9, 2, id="slow"),
        pytest.param("Math.min(500, 50 * 2 ** (ms / 150))", 9, 2, id="slow, and far away"),
        pytest.param("Math.min(66_000 / lanes, 20_000)", 5, 8, id="fast, and busy"),
        pytest.param("ms < 700 ? 40_000 : 60_000 / lanes", 5, 2, id="filled by each, buffers seem fast"),
        pytest.param("ms < 700 ? 40_000 : 1_000 / lanes", 9, 2, id="slow, buffers seem fast"),
        pytest.param("ms < 700 ? 40_000 : 10_000", 5, 8, id="limits each, buffers seem fast"),
    ],
)
def test_a_new_line_is_known_within_seconds(bench: Page, each: str, by: float, lanes: int) -> None:
    """each: bytes per millisecond of one lane, of (lanes, milliseconds since the beginning)."""
    counts = bench.evaluate(
        """async () => {
            const { Climb } = await at("climb");
            const climb = new Climb(() => 8);
            const each = (lanes, ms) => EACH;
            const counts = [];
            for (let now = 0; now < 10_000; now += 100) {
                const { lanes } = climb;
                counts.push(lanes);
                for (let lane = 0; lane < lanes; lane += 1)
                    climb.add(100 * each(lanes, now), 100, now + 100);
            }
            return counts;
        }""".replace("EACH", each)
    )
    assert counts[0] == 2
    assert counts[int(by * 10)] == lanes
    assert counts[-1] == lanes


def test_trouble_after_a_leap_that_was_undone_is_no_reason_for_another(bench: Page) -> None:
    counts = bench.evaluate(
        """async () => {
            const { Climb } = await at("climb");
            const climb = new Climb(() => 8);
            const counts = [];
            for (let now = 0; now < 6_000; now += 100) {
                const { lanes } = climb;
                counts.push(lanes);
                if (now === 2_600) for (let times = 0; times < 2; times += 1) climb.failed(now);
                const each = now < 700 ? 40_000 : 50_000 / lanes;
                for (let lane = 0; lane < lanes; lane += 1) climb.add(100 * each, 100, now + 100);
            }
            return counts;
        }"""
    )
    assert counts[20] == 8
    assert counts[26] == 2
    assert counts[27] == 1
    assert max(counts[27 : 26 + 30]) == 1
