"""A wrong file is explained in plain words."""

from typing import Any

import pytest
from playwright.sync_api import Page

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "none": ({}, ""),
    "name": ({"name": "b.bin"}, "That file is called “a.bin”: choose “b.bin”."),
    "size": (
        {"size": 5 * 1024},
        "That “a.bin” has 2.0 KB; the one whose upload began has 5.0 KB. "
        "If you want this one, add it as a new upload.",
    ),
    "time": (
        {"last_modified": 1},
        "That “a.bin” was changed since its upload began. If you want this one, add it as a new upload.",
    ),
    "content": (
        {"fingerprint": "of another"},
        "That “a.bin” has another content than the one whose upload began. "
        "If you want this one, add it as a new upload.",
    ),
}


def test_a_row_takes_only_a_file_of_its_own_name(bench: Page) -> None:
    said = bench.evaluate(
        """async () => {
            const { misnamed } = await at("wrong-file");
            const names = ["Über.txt", "U\u0308ber.txt", "other.txt"];
            return names.map((name) => misnamed("in/Über.txt", { name })?.message ?? null);
        }"""
    )
    assert said == [None, None, "That file is called “other.txt”: choose “Über.txt”."]


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_with_it(bench: Page, what: str) -> None:
    other, words = WRONG[what]
    said: str = bench.evaluate(
        """async (other) => {
            const { fingerprint } = await at("fingerprint");
            const { difference } = await at("wrong-file");
            const file = fileOf(2048, "a.bin");
            const open = { name: "a.bin", size: 2048, last_modified: file.lastModified };
            return difference({ ...open, fingerprint: await fingerprint(file), ...other }, file);
        }""",
        other,
    )
    assert said.replace("\xa0", " ") == words
