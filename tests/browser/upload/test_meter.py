"""The speed that is told: nothing wild, nothing early."""

import pytest
from playwright.sync_api import Page


def rates(page: Page, samples: list[tuple[int, int]]) -> list[float]:
    """After each sample of (milliseconds, total bytes), the rate in bytes per second."""
    found: list[float] = page.evaluate(
        """async (samples) => {
            const { Meter } = await at("meter");
            const meter = new Meter();
            return samples.map(([now, total]) => (meter.add(total, now), meter.rate));
        }""",
        samples,
    )
    return found


def test_nothing_is_said_before_two_seconds_have_been_seen(bench: Page) -> None:
    found = rates(bench, [(ms, ms * 1000) for ms in range(0, 3000, 250)])
    assert found[:8] == [0] * 8
    assert found[8:] == pytest.approx([1_000_000] * 4)


def test_one_gap_moves_it_little_and_a_lasting_change_is_followed(bench: Page) -> None:
    steady = [(ms, ms * 1000) for ms in range(0, 10_000, 250)]
    gap = [(10_500, steady[-1][1])]
    assert 800_000 < rates(bench, steady + gap)[-1] < 1_000_000
    slower = [(10_000 + ms, steady[-1][1] + ms * 100) for ms in range(0, 30_000, 250)]
    assert rates(bench, steady + slower)[-1] == pytest.approx(100_000, rel=0.05)


def test_bytes_that_are_taken_back_do_not_make_it_negative(bench: Page) -> None:
    steady = [(ms, ms * 1000) for ms in range(0, 4000, 250)]
    assert rates(bench, [*steady, (4250, 0)])[-1] > 0


def test_it_starts_anew_when_told_to_forget(bench: Page) -> None:
    assert bench.evaluate(
        """async () => {
            const { Meter } = await at("meter");
            const meter = new Meter();
            for (let now = 0; now < 5000; now += 250) meter.add(now, now);
            meter.forget();
            const before = meter.rate;
            meter.add(10 ** 9, 10_000);
            return [before, meter.rate];
        }"""
    ) == [0, 0]
