"""Numbers and names, as people read them."""

from typing import Any

import pytest
from playwright.sync_api import Page

CASES: list[tuple[str, str]] = [
    ("bytes(0)", "0 bytes"),
    ("bytes(1)", "1 byte"),
    ("bytes(1024)", "1.0 KB"),
    ("bytes(5 * 1024 ** 3)", "5.0 GB"),
    ("bytes(3 * 1024 ** 5)", "3072.0 TB"),
    ("speed(2_621_440)", "2.5 MB/s"),
    ("share(0, 10)", "0 %"),
    ("share(999, 1000)", "99 %"),  # never 100 before the end
    ("share(0, 0)", "100 %"),
    ("timeLeft(0.4)", "a moment left"),
    ("timeLeft(41.2)", "42 s left"),
    ("timeLeft(150)", "3 min left"),
    ("timeLeft(3 * 3600 + 25 * 60)", "3 h 25 min left"),
    ("timeLeft(100_000)", "more than a day left"),
    ("files(1)", "1 file"),
    ("files(9900)", "9,900 files"),
    ("firstNames(['a'])", "“a”"),
    ("firstNames(['a', 'b'])", "“a” and “b”"),
    ("firstNames(['a', 'b', 'c', 'd', 'e'])", "“a”, “b”, “c” and 2 more"),
]


@pytest.mark.parametrize(("call", "text"), CASES, ids=[call for call, _ in CASES])
def test_what_is_written(bench: Page, call: str, text: str) -> None:
    written: Any = bench.evaluate(f"async () => (await at('format')).{call}")
    assert written.replace("\xa0", " ") == text
