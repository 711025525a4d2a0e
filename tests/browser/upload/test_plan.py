"""Files are cut into parts that S3 takes, and that suit the line."""

from typing import Any

import pytest
from playwright.sync_api import Page

MIB = 1024**2
GIB = 1024**3
TIB = 1024**4
LARGEST = 10_000 * 5 * GIB  # 48.8 TiB
MB = 1_000_000


def part_size(page: Page, size: int, link: dict[str, float] | None = None) -> Any:
    return page.evaluate("async ([size, link]) => (await at('plan')).partSize(size, link)", [size, link])


@pytest.mark.parametrize(
    ("size", "part"),
    [
        (0, 1),
        (1, 1),
        (16 * MIB, 16 * MIB),
        (16 * MIB + 1, 5 * MIB),
        (512 * MIB, 5 * MIB),
        (GIB, 10.6875 * MIB),
        (8 * GIB, 16.3125 * MIB),
        (100 * GIB, 16 * MIB),
        (1 * TIB, 104.875 * MIB),
        (LARGEST, 5 * GIB),
    ],
)
def test_a_file_of_an_unknown_line_is_cut_by_its_size(bench: Page, size: int, part: float) -> None:
    assert part_size(bench, size) == part


@pytest.mark.parametrize(
    ("size", "lanes", "speed", "spare", "part"),
    [
        (GIB, 2, 1 * MB, True, 5 * MIB),  # a second of half a MB/s, which S3 does not take so small
        (GIB, 2, 12.5 * MB, True, 6 * MIB),  # a second
        (100 * GIB, 2, 12.5 * MB, True, 10.25 * MIB),  # a second would make more than 10,000
        (GIB, 8, 120 * MB, True, 14.25 * MIB),  # a second of 15 MB/s: others go on around each part
        (GIB, 6, 120 * MB, False, 56.9375 * MIB),  # 3 s of 20 MB/s, three times six parts: none goes on
        (40 * GIB, 6, 3000 * MB, False, 128.8125 * MIB),  # 3 s would be too much to hash at once
        (20 * MIB, 6, 120 * MB, False, 5 * MIB),
    ],
)
def test_a_known_line_gets_parts_of_a_second_or_a_few(
    bench: Page, size: int, lanes: int, speed: float, spare: bool, part: float
) -> None:
    assert part_size(bench, size, {"lanes": lanes, "speed": speed, "spare": spare}) == part


@pytest.mark.parametrize(
    ("link", "lanes"),
    [
        (None, 2),
        (None, 6),
        (None, 8),
        ({"lanes": 6, "speed": 120 * MB, "spare": False}, 6),
        ({"lanes": 8, "speed": 120 * MB, "spare": True}, 8),
    ],
)
def test_no_lane_is_without_work_while_others_send_the_end(bench: Page, link: Any, lanes: int) -> None:
    """All but the last round are full, and that one nearly: parts are multiples of 64 KiB."""
    count = -(-8 * GIB // part_size(bench, 8 * GIB, link))
    assert -count % lanes <= 2


def test_whatever_the_size_and_the_line_s3_takes_the_parts(bench: Page) -> None:
    bad = bench.evaluate(
        """async (largest) => {
            const { partSize, partCount, windowLength } = await at("plan");
            const MIB = 1024 ** 2;
            const lines = [null];
            for (const [lanes, spare] of [[1, true], [2, true], [6, false], [8, true]])
                for (let speed = 1; speed < 1e11; speed *= 30) lines.push({ lanes, speed, spare });
            const bad = [];
            for (let size = 16 * MIB + 1, more = true; more; ) {
                more = size < largest;
                for (const line of lines) {
                    const part = partSize(size, line);
                    const fits = part >= 5 * MIB && part <= 5120 * MIB && part % 65536 === 0
                        && partCount(size, part) <= 10_000 && partCount(size, part) * part >= size;
                    const windows = [0, 1, 2, 9].map((nth) => windowLength(part, nth));
                    const few = !line && size < 250 * 1024 * MIB && windows[0] < 2; // a lane waits
                    const grow = windows.every((length, at) => length >= (windows[at - 1] ?? 1));
                    if (!fits || !grow || few || windows[3] > 8) bad.push([size, line, part, windows]);
                }
                size = Math.min(Math.floor(size * 1.37), largest);
            }
            return bad;
        }""",
        LARGEST,
    )
    assert bad == []


@pytest.mark.parametrize(
    ("part", "lengths"),
    [
        (5 * MIB, [3, 6, 8]),
        (16 * MIB, [2, 4, 4]),
        (32 * MIB, [2, 2, 2]),
        (512 * MIB, [1, 1, 1]),
    ],
)
def test_windows_are_small_so_that_sending_need_not_wait_for_hashes(
    bench: Page, part: int, lengths: list[int]
) -> None:
    script = (
        "async (part) => { const m = await at('plan');"
        " return [0, 1, 2].map((n) => m.windowLength(part, n)); }"
    )
    assert bench.evaluate(script, part) == lengths
