"""What systems leave in folders, and nobody means to upload."""

import pytest
from playwright.sync_api import Page


@pytest.mark.parametrize(
    ("name", "junk"),
    [
        ("photos/.DS_Store", True),
        ("photos/2026/Thumbs.db", True),
        ("photos/desktop.ini", True),
        ("photos/._lake.jpg", True),
        ("__MACOSX/photos/lake.jpg", True),
        ("photos/.gitignore", False),  # hidden, but somebody wrote it
        ("photos/lake.jpg", False),
        ("Thumbs.db", False),  # chosen by itself: it is meant
    ],
)
def test_what_is_left_out_of_folders(bench: Page, name: str, junk: bool) -> None:
    assert bench.evaluate("async (name) => (await at('junk')).isJunk(name)", name) is junk
