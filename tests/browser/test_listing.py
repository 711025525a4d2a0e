"""The list of files: renaming, deleting, searching, sorting, and what it says when it is empty."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Complaints, Visit
from tests.stack import STACK


def put(page: Page, *names: str) -> None:
    """Files of these names, in the folder that the page shows; each a byte longer than the last."""
    payloads = [
        {"name": name, "mimeType": "text/plain", "buffer": b"x" * size}
        for size, name in enumerate(names, start=1)
    ]
    page.get_by_label("Choose files to upload").set_input_files(payloads)  # type: ignore[arg-type]
    expect(page.get_by_text(f"{len(names)} of {len(names)} file")).to_be_visible()
    for name in names:
        expect(link(page, name)).to_be_visible()


def link(page: Page, name: str) -> Locator:
    return page.get_by_role("rowheader").get_by_role("link", name=name, exact=True)


def names(page: Page) -> Locator:
    return page.get_by_role("rowheader").get_by_role("link")


def test_a_file_is_renamed_in_a_dialog_and_keeps_the_keyboard(bob: Page) -> None:
    put(bob, "draft.txt")
    bob.get_by_role("link", name="Rename draft.txt").click()
    dialog = bob.get_by_role("dialog", name="Rename or move")
    field = dialog.get_by_label("Name, with its folders")
    expect(field).to_be_focused()
    bob.keyboard.type("final")  # the stem is selected, the extension stays
    bob.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(link(bob, "final.txt")).to_be_visible()
    expect(link(bob, "draft.txt")).to_have_count(0)
    expect(bob.get_by_role("link", name="Rename final.txt")).to_be_focused()
    expect(bob.get_by_role("status").get_by_text("final.txt")).to_be_visible()


def test_a_name_that_cannot_be_used_is_explained_in_the_dialog(
    bob: Page, complaints: Complaints
) -> None:
    complaints.forgive("422")
    put(bob, "one.txt", "two.txt")
    bob.get_by_role("link", name="Rename one.txt").click()
    field = bob.get_by_role("dialog").get_by_label("Name, with its folders")
    field.fill("a\\b")
    bob.keyboard.press("Enter")
    expect(bob.get_by_role("dialog").get_by_text("backslash")).to_be_visible()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("a\\b")
    bob.keyboard.press("Escape")
    expect(bob.get_by_role("dialog")).to_be_hidden()
    expect(bob.get_by_role("link", name="Rename one.txt")).to_be_focused()


def test_a_file_is_moved_by_its_path(bob: Page, folder: str) -> None:
    put(bob, "loose.txt", "stays.txt")
    bob.get_by_role("link", name="Rename loose.txt").click()
    bob.get_by_role("dialog").get_by_label("Name, with its folders").fill(f"{folder}deep/tied.txt")
    bob.get_by_role("button", name="Save the name").click()
    link(bob, "Folder deep").click()
    expect(link(bob, "tied.txt")).to_be_visible()
    bob.get_by_role("navigation", name="Folders").get_by_role("link").last.click()
    expect(link(bob, "stays.txt")).to_be_visible()


def test_a_file_is_deleted_only_after_a_confirmation(bob: Page) -> None:
    put(bob, "a.txt", "b.txt")
    bob.get_by_role("link", name="Delete a.txt").click()
    dialog = bob.get_by_role("dialog", name="Delete this file?")
    expect(dialog.get_by_text("a.txt", exact=True)).to_be_visible()
    dialog.get_by_role("link", name="Keep it").click()
    expect(dialog).to_be_hidden()
    expect(link(bob, "a.txt")).to_be_visible()
    bob.get_by_role("link", name="Delete a.txt").click()
    dialog.get_by_role("button", name="Delete for good").click()
    expect(link(bob, "a.txt")).to_have_count(0)
    expect(link(bob, "b.txt")).to_be_focused()  # the neighbour has the keyboard
    bob.reload()
    expect(names(bob)).to_have_text(["b.txt"])


def test_a_dialog_that_cannot_be_fetched_becomes_a_page(bob: Page, complaints: Complaints) -> None:
    complaints.forgive("net::ERR_FAILED")
    put(bob, "plain.txt")
    bob.route("**/delete/", lambda route: route.abort(), times=1)
    bob.get_by_role("link", name="Delete plain.txt").click()
    expect(bob).to_have_url(re.compile("/delete/$"))
    bob.get_by_role("button", name="Delete for good").click()
    expect(bob.get_by_role("heading", name="Nothing in this folder yet")).to_be_visible()


def test_a_search_finds_part_of_a_name_in_the_folders_below(bob: Page, visit: Visit) -> None:
    put(bob, "Ünder water.txt", "desert.txt")
    bob.get_by_role("searchbox").fill("ünDER")
    bob.keyboard.press("Enter")
    expect(bob.get_by_role("heading", name="Search: ünDER")).to_be_visible()
    expect(names(bob)).to_have_text(re.compile("Ünder water.txt"))


def test_a_search_without_a_result_says_so(visit: Visit) -> None:
    page = visit("/files/?q=<script>alert(1)</script>", "mallory@example.com")
    expect(page.get_by_role("heading", name="Nothing by that name")).to_be_visible()
    expect(page.get_by_text("No file of yours has “<script>alert(1)</script>”")).to_be_visible()


def test_columns_sort_both_ways_and_say_so(bob: Page) -> None:
    put(bob, "c.txt", "a.txt", "b.txt")
    expect(names(bob)).to_have_text(["a.txt", "b.txt", "c.txt"])
    bob.get_by_role("link", name="Size").click()
    expect(names(bob)).to_have_text(["c.txt", "a.txt", "b.txt"])
    header = bob.get_by_role("columnheader", name="Size")
    expect(header).to_have_attribute("aria-sort", "ascending")
    bob.get_by_role("link", name="Size").click()
    expect(header).to_have_attribute("aria-sort", "descending")
    expect(names(bob)).to_have_text(["b.txt", "a.txt", "c.txt"])


def test_a_new_folder_opens_empty_and_exists_once_a_file_is_in_it(bob: Page) -> None:
    bob.locator("summary", has_text="New folder").click()
    field = bob.get_by_label("Folder to open")
    expect(field).to_be_focused()
    bob.keyboard.type("recipes")
    bob.keyboard.press("Enter")
    expect(bob.get_by_role("heading", name="recipes")).to_be_visible()
    expect(bob.get_by_role("heading", name="Nothing in this folder yet")).to_be_visible()
    put(bob, "soup.txt")
    bob.get_by_role("navigation", name="Folders").get_by_role("link").last.click()
    expect(link(bob, "Folder recipes")).to_be_visible()


def test_what_is_being_typed_survives_the_refresh_after_an_upload(bob: Page) -> None:
    bob.get_by_role("searchbox").fill("half a thou")
    put(bob, "fresh.txt")
    expect(bob.get_by_role("searchbox")).to_have_value("half a thou")


def test_many_changes_are_seen_together_and_the_last_one_too(bob: Page) -> None:
    put(bob, "one.txt")
    looks: list[str] = []
    bob.on("request", lambda sent: looks.append(sent.url) if sent.url == bob.url else None)
    many = """() => {
        for (let times = 0; times < 500; times += 1)
            document.dispatchEvent(new CustomEvent("files:changed"));
    }"""
    for _ in range(2):
        with bob.expect_request(bob.url):
            bob.evaluate(many)
    assert len(looks) == 2


def test_mallory_gets_a_page_that_says_nothing_of_bobs_file(
    bob: Page, visit: Visit, complaints: Complaints
) -> None:
    complaints.forgive("404")
    put(bob, "private.txt")
    address = link(bob, "private.txt").get_attribute("href") or ""
    for path in [address, address.replace("content", "rename"), address.replace("content", "delete")]:
        page = visit(path, "mallory@example.com")
        expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
        expect(page.get_by_text("private.txt")).to_have_count(0)


def test_victor_may_download_but_is_offered_no_change(visit: Visit) -> None:
    page = visit("/files/", "victor@example.com")
    expect(page.get_by_role("link", name=re.compile("^(Rename|Delete)"))).to_have_count(0)
    expect(page.locator("summary", has_text="New folder")).to_have_count(0)


@pytest.mark.parametrize("path", ["/nowhere/", "/files/00000000-0000-0000-0000-000000000000/delete/"])
def test_an_address_without_anything_shows_a_reference_number(
    path: str, visit: Visit, complaints: Complaints
) -> None:
    complaints.forgive("404")
    page = visit(path, "bob@example.com")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    expect(page.get_by_text("give this reference number")).to_be_visible()
    assert page.url.startswith(STACK.site_url)
