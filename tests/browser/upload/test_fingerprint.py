"""A file is known again by its size, time, name, and samples of its content."""

import base64
import hashlib
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.upload.conftest import MIB, content

SAMPLE = 64 * 1024


def of(whole: bytes) -> str:
    last = max(0, len(whole) - SAMPLE)
    samples = b"".join(whole[start : start + SAMPLE] for start in [0, last // 2, last])
    return base64.b64encode(hashlib.sha256(len(whole).to_bytes(8, "big") + samples).digest()).decode()


@pytest.mark.parametrize("size", [0, 1, SAMPLE, SAMPLE + 1, 3 * SAMPLE - 1, 20 * MIB + 5])
def test_it_is_the_hash_of_the_size_and_three_samples(bench: Page, size: int) -> None:
    made = bench.evaluate("async (size) => (await at('fingerprint')).fingerprint(fileOf(size))", size)
    assert made == of(content(size))


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ({}, True),
        ({"name": "Über.bin"}, False),
        ({"last_modified": 1}, False),
        ({"last_modified": None}, False),
        ({"size": 1}, False),
        ({"fingerprint": "x"}, False),
        ({"fingerprint": ""}, False),
    ],
    ids=str,
)
def test_all_of_it_has_to_agree(bench: Page, other: dict[str, Any], same: bool) -> None:
    known = {
        "name": "\u00c4rger.bin",
        "size": 17 * MIB,
        "last_modified": 1_700_000_000_000,
        "fingerprint": of(content(17 * MIB)),
    }
    script = """async ([open, size]) =>
        (await at("fingerprint")).matches(open, fileOf(size, "A\u0308rger.bin"))"""
    assert bench.evaluate(script, [known | other, 17 * MIB]) is same
