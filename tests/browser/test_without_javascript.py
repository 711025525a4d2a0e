"""Everything but progress works with JavaScript switched off."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit


@pytest.fixture
def bob(visit: Visit, folder: str) -> Page:
    return visit(f"/files/?folder={folder}", "bob@example.com", java_script_enabled=False)


def test_a_plain_form_uploads_several_files_and_pages_rename_and_delete(
    bob: Page, tmp_path: Path
) -> None:
    for name, size in [("empty.txt", 0), ("photo.jpg", 6_000_000)]:
        (tmp_path / name).write_bytes(b"\xff" * size)
    bob.get_by_label("Choose files to upload").set_input_files(
        [tmp_path / "empty.txt", tmp_path / "photo.jpg"]
    )
    expect(bob.get_by_text("Choose a folder")).to_be_hidden()
    bob.get_by_role("button", name="Upload", exact=True).click()
    expect(bob.get_by_text("“photo.jpg” is kept.")).to_be_visible()

    with bob.expect_download() as started:
        bob.get_by_role("rowheader").get_by_role("link", name="photo.jpg").click()
    assert started.value.path().read_bytes() == (tmp_path / "photo.jpg").read_bytes()

    bob.get_by_role("link", name="Rename photo.jpg").click()
    bob.get_by_label("Name, with its folders").fill("renamed/picture.jpg")
    bob.get_by_role("button", name="Save the name").click()
    expect(bob.get_by_role("heading", name="renamed")).to_be_visible()

    bob.get_by_role("link", name="Delete picture.jpg").click()
    expect(bob.get_by_role("heading", name="Delete this file?")).to_be_visible()
    bob.get_by_role("button", name="Delete for good").click()
    expect(bob.get_by_text("“picture.jpg” is deleted.")).to_be_visible()


def test_a_new_folder_and_a_search_are_plain_forms(bob: Page, folder: str) -> None:
    bob.locator("summary", has_text="New folder").click()
    bob.get_by_label("Folder to open").fill(f"{folder}new one")
    bob.get_by_role("button", name="Open").click()
    expect(bob.get_by_role("heading", name="new one")).to_be_visible()
    bob.get_by_role("searchbox").fill("nothing like it")
    bob.get_by_role("button", name="Search").click()
    expect(bob.get_by_role("heading", name="Nothing by that name")).to_be_visible()
