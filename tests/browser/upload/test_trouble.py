"""When failures are no noise."""

import pytest
from playwright.sync_api import Page


@pytest.mark.parametrize(
    ("failures", "gives_way"),
    [
        pytest.param([(0, 0)], [False], id="one"),
        pytest.param([(0, 0), (100, 0)], [False, True], id="two"),
        pytest.param([(0, 0), (100, 0), (2000, 9)], [False, True, False], id="two, and calm after it"),
        pytest.param([(0, 0), (100, 10), (200, 10)], [False] * 3, id="one in ten"),
        pytest.param([(0, 0)] * 6, [False, True] + [False] * 4, id="six at once: one trouble"),
        pytest.param([(0, 0), (0, 0), (999, 0), (1000, 0)], [False, True, False, True], id="it goes on"),
    ],
)
def test_something_gives_way_when_failures_are_many(
    bench: Page, failures: list[tuple[int, int]], gives_way: list[bool]
) -> None:
    """failures: (milliseconds, how many PUTs have succeeded since the last)."""
    told = bench.evaluate(
        """async (failures) => {
            const { Trouble } = await at("trouble");
            const trouble = new Trouble();
            return failures.map(([now, successes]) => {
                for (let nth = 0; nth < successes; nth += 1) trouble.succeeded();
                return trouble.failed(now);
            });
        }""",
        failures,
    )
    assert told == gives_way
