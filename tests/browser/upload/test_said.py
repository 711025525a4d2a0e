"""What a row says of its file, in each state."""

from typing import Any

import pytest
from playwright.sync_api import Page

MIB = 1024 * 1024
SIZE = 40 * MIB
HALF = {"sent": 20 * MIB}
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "waiting": ({"state": "waiting"}, "Waiting · 40.0 MB"),
    "about to go on": ({"state": "waiting", "entry": {"resume": {}}}, "Waits to go on · 40.0 MB"),
    "starting": ({"state": "sending", "sent": 0}, "Starting…"),
    "early": ({"state": "sending", **HALF}, "20.0 MB of 40.0 MB · 50 %"),
    "later": (
        {"state": "sending", **HALF, "meter": {"rate": 2 * MIB}},
        "20.0 MB of 40.0 MB · 50 % · 2.0 MB/s · 10 s left",
    ),
    "comparing": (
        {"state": "sending", **HALF, "wired": 9, "comparing": True, "meter": {"rate": 0}},
        "Checking what is stored already · 20.0 MB of 40.0 MB · 50 %",
    ),
    "stalled": (
        {"state": "sending", **HALF, "stalled": True},
        "Nothing has got through for a while. It keeps trying. · 20.0 MB of 40.0 MB · 50 %",
    ),
    "paused": ({"state": "paused", **HALF}, "Paused · 20.0 MB of 40.0 MB · 50 %"),
    "offline": ({"state": "offline"}, "You are offline. It goes on when the connection is back."),
    "signed out": (
        {"state": "signed-out", "failure": {"message": "Your sign-in has ended."}},
        "Your sign-in has ended. It goes on when you are signed in again.",
    ),
    "finishing": ({"state": "finishing"}, "Finishing…"),
    "identical": ({"state": "identical"}, "Not sent: this very file is here already"),
    "done": ({"state": "done", "stored": {"name": "a.bin", "same_as": None}}, "Uploaded · 40.0 MB"),
    "renamed": (
        {"state": "done", "stored": {"name": "a (2).bin", "same_as": "old/b.bin"}},
        "Uploaded as “a (2).bin” · same content as “old/b.bin” · 40.0 MB",
    ),
    "failed": ({"state": "failed", "failure": {"message": "It broke."}}, "It broke."),
    "cancelled": ({"state": "cancelled"}, "Cancelled"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_words_of_a_row(bench: Page, case: str) -> None:
    given, words = CASES[case]
    item = {"name": "in/a.bin", "size": SIZE, "sent": 0, "entry": {}, "meter": {"rate": 0}, **given}
    said: str = bench.evaluate("async (item) => (await at('said')).said(item)", item)
    assert said.replace("\xa0", " ") == words
