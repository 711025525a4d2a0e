"""Files go from the picker, or from a drop, straight to S3, and come back byte for byte."""

import base64
import hashlib
import json
import re
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.browser.conftest import Complaints, Visit
from tests.browser.site import fill_sign_in_form
from tests.browser.uploading import MIB, Hurry, MakeFile, choose
from tests.stack import STACK

S3 = f"{STACK.both_names}/{STACK.env['FILES_BUCKET']}/**"


def upload_row(page: Page, name: str) -> Locator:
    return page.locator(".upload", has_text=name)


def listed(page: Page, name: str) -> Locator:
    return page.get_by_role("row").get_by_role("link", name=name, exact=True)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def download(page: Page, name: str, to: Path) -> Path:
    with page.expect_download() as started:
        listed(page, name).click()
    assert started.value.suggested_filename == name
    started.value.save_as(to)
    return to


def hover(page: Page, files: dict[str, str]) -> None:
    """Hold files, name → content, above the middle of the page."""
    page.evaluate(
        """files => {
            const dataTransfer = new DataTransfer();
            for (const [name, content] of Object.entries(files))
                dataTransfer.items.add(new File([content], name, { type: "text/plain" }));
            const event = type => new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true });
            document.body.dispatchEvent(event("dragenter"));
            globalThis.letGo = () => document.body.dispatchEvent(event("drop"));
        }""",
        files,
    )
    expect(page.get_by_text("Drop to upload into")).to_be_visible()


def drop(page: Page, files: dict[str, str]) -> None:
    hover(page, files)
    page.evaluate("letGo()")
    expect(page.get_by_text("Drop to upload into")).to_be_hidden()


def hold_back(page: Page, after: int = 0) -> list[Route]:
    """What is sent to S3 stays here from now on, but for the first so many, until it is let go."""
    held: list[Route] = []
    number = count(1)

    def hold(route: Route) -> None:
        if route.request.method == "PUT" and next(number) <= after:
            route.continue_()
        else:
            held.append(route)

    page.route(S3, hold)
    return held


def let_go(page: Page, held: list[Route], *, abort: bool = False) -> None:
    """What was held back goes on, or is lost; and nothing is held any more."""
    for route in held:
        if abort:
            route.abort()
        else:
            route.continue_()
    page.unroute(S3)


def sizes_sent(page: Page) -> list[int]:
    """The bytes of every PUT that starts from now on."""
    sizes: list[int] = []

    def note(request: Request) -> None:
        if request.method == "PUT":
            sizes.append(int(request.all_headers()["content-length"]))

    page.on("requestfinished", note)
    return sizes


def choose_texts(page: Page, files: dict[str, str]) -> None:
    payloads = [
        {"name": name, "mimeType": "text/plain", "buffer": text.encode()} for name, text in files.items()
    ]
    page.get_by_label("Choose files to upload").set_input_files(payloads)  # type: ignore[arg-type]


def put(page: Page, files: dict[str, str]) -> None:
    """Files of these texts, stored in the folder that the page shows."""
    choose_texts(page, files)
    for name in files:
        expect(listed(page, name)).to_be_visible()


def choose_again(page: Page, row: Locator, file: Path) -> None:
    with page.expect_file_chooser() as chooser:
        row.get_by_role("button", name="Choose the file to go on").click()
    chooser.value.set_files(file)


def bob_folder(page: Page) -> str:
    value: str = page.locator("#uploader [name=folder]").input_value()
    return value


@pytest.mark.parametrize("way", ["keyboard", "mouse", "hovering"])
def test_hashers_come_up_while_files_are_still_on_their_way(visit: Visit, way: str) -> None:
    page = visit("/files/", "bob@example.com")
    with page.expect_worker():
        if way == "hovering":
            hover(page, {"a.txt": "a"})
        else:
            with page.expect_file_chooser():
                if way == "mouse":
                    page.get_by_text("Choose files", exact=True).click()
                else:
                    page.get_by_label("Choose files to upload").press("Enter")


def test_several_files_of_every_kind_of_size_come_back_as_they_were(
    bob: Page, make_file: MakeFile, tmp_path: Path
) -> None:
    files = [
        make_file("empty.txt", 0),
        make_file("just over five.bin", 5 * MIB + 1),
        make_file("in three parts.bin", 40 * MIB),
    ]
    choose(bob, *files)
    expect(bob.get_by_text("3 of 3 files uploaded")).to_be_visible(timeout=30_000)
    expect(bob.locator(".upload[data-state=done]")).to_have_count(3)
    for file in files:
        expect(listed(bob, file.name)).to_be_visible()
        back = download(bob, file.name, tmp_path / "back" / file.name)
        assert digest(back) == digest(file)


def test_progress_is_shown_while_a_file_travels(bob: Page, make_file: MakeFile) -> None:
    held = hold_back(bob)
    with bob.expect_request(S3):
        choose(bob, make_file("slow.bin", 1 * MIB))
    row = upload_row(bob, "slow.bin")
    expect(row.get_by_role("progressbar", name="Progress of slow.bin")).to_be_visible()
    expect(row.get_by_role("button", name="Cancel slow.bin")).to_be_visible()
    expect(bob.get_by_role("status").get_by_text("Uploading 1 file.")).to_be_attached()
    for route in held:
        route.continue_()
    expect(row.get_by_text("Uploaded")).to_be_visible()
    expect(bob.get_by_role("status").get_by_text("1 file uploaded.")).to_be_attached()


def test_bytes_go_to_s3_in_hashed_parts_and_never_through_the_site(
    bob: Page, make_file: MakeFile
) -> None:
    puts, to_site = [], []
    bob.on("request", lambda sent: puts.append(sent) if sent.method == "PUT" else None)
    bob.on("request", lambda sent: to_site.append(sent) if sent.method == "POST" else None)
    choose(bob, make_file("forty.bin", 40 * MIB))
    expect(listed(bob, "forty.bin")).to_be_visible(timeout=30_000)
    hosts = [put.url.partition("/strongbox-bucket")[0] for put in puts]
    assert sorted(set(hosts)) == [STACK.endpoint.replace("localhost", "127.0.0.1"), STACK.endpoint]
    assert len(puts) == 8
    assert all(put.headers["x-amz-checksum-sha256"] for put in puts)
    # Whether the name is taken, start, complete: the first window came with the start.
    assert [post.url.rpartition("/")[2] for post in to_site] == ["known", "uploads", "complete"]
    assert json.loads(to_site[1].post_data or "")["on_conflict"] == "rename"


def test_windows_of_parts_are_signed_ahead_and_counted(
    bob: Page, make_file: MakeFile, tmp_path: Path
) -> None:
    calls: list[str] = []
    bob.on("request", lambda sent: calls.append(sent.url) if "/api/v1/" in sent.url else None)
    file = make_file("seventeen parts.bin", 16 * 5 * MIB + 1)
    choose(bob, file)
    expect(listed(bob, file.name)).to_be_visible(timeout=60_000)
    assert [call.split("?")[0].rpartition("/")[2] for call in calls] == [
        "known",
        "uploads",  # and parts 1 to 8
        "parts",  # 9 to 16
        "parts",  # 17
        "complete",
    ]
    assert digest(download(bob, file.name, tmp_path / "back.bin")) == digest(file)


def test_files_dropped_on_the_page_are_uploaded(bob: Page, tmp_path: Path) -> None:
    drop(bob, {"one.txt": "first", "two.txt": "second"})
    expect(bob.get_by_text("2 of 2 files uploaded")).to_be_visible()
    assert download(bob, "two.txt", tmp_path / "two").read_text() == "second"


def test_a_pasted_picture_is_uploaded_and_pasted_text_is_left_alone(bob: Page) -> None:
    bob.evaluate(
        """() => {
            const paste = (target, clipboardData) => target.dispatchEvent(
                new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
            const text = new DataTransfer(), picture = new DataTransfer();
            text.setData("text/plain", "words");
            picture.items.add(new File(["GIF89a"], "image.gif", { type: "image/gif" }));
            paste(document.body, text);
            paste(document.body, picture);
        }"""
    )
    expect(bob.get_by_text("1 of 1 file uploaded")).to_be_visible()
    expect(listed(bob, "image.gif")).to_be_visible()


def test_leaving_the_page_asks_while_something_is_on_its_way(bob: Page, make_file: MakeFile) -> None:
    held = hold_back(bob)
    with bob.expect_request(S3):
        choose(bob, make_file("slow.bin", 1 * MIB))
    bob.get_by_role(
        "heading", name="Uploads", exact=True
    ).click()  # browsers ask only people who did something
    with bob.expect_event("dialog") as asked:
        bob.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()
    for route in held:
        route.continue_()
    expect(upload_row(bob, "slow.bin").get_by_text("Uploaded")).to_be_visible()


def test_a_chosen_folder_keeps_its_shape(bob: Page, make_file: MakeFile) -> None:
    inner = make_file("holiday/day one/sea.txt", 10)
    bob.get_by_label("Choose a folder to upload").set_input_files(inner.parent.parent)
    expect(bob.get_by_text("1 of 1 file uploaded")).to_be_visible()
    listed(bob, "Folder holiday").click()
    listed(bob, "Folder day one").click()
    expect(listed(bob, "sea.txt")).to_be_visible()


@pytest.mark.parametrize(
    "name",
    ["عقد الإيجار.pdf", "写真_東京.jpg", "🎉 party 👩‍👩‍👧.txt", "A&B <i>'\"%2F+?#.txt"],
    ids=["Arabic", "Japanese", "emoji", "punctuation"],
)
def test_a_name_in_any_script_is_shown_and_downloaded_as_it_is(
    bob: Page, name: str, make_file: MakeFile, tmp_path: Path
) -> None:
    choose(bob, make_file(name, 100))
    expect(listed(bob, name)).to_be_visible()
    with bob.expect_download() as started:
        listed(bob, name).click()
    # Chromium replaces what file systems cannot take; the bytes are what counts.
    started.value.save_as(tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == (tmp_path / name).read_bytes()


def test_a_second_file_of_the_same_name_is_numbered_and_says_so(bob: Page) -> None:
    put(bob, {"twice.txt": "first"})
    choose_texts(bob, {"twice.txt": "second"})
    dialog = bob.get_by_role("dialog", name="“twice.txt” is there already")
    expect(dialog.get_by_role("button", name="Keep both")).to_be_focused()
    bob.keyboard.press("Enter")
    expect(bob.get_by_text("Uploaded as “twice (2).txt”")).to_be_visible()
    expect(listed(bob, "twice (2).txt")).to_be_visible()


def test_taken_names_are_replaced_at_one_answer(bob: Page, tmp_path: Path) -> None:
    put(bob, {"a.txt": "old", "b.txt": "old"})
    choose_texts(bob, {"a.txt": "newer", "b.txt": "newer", "c.txt": "newer"})
    dialog = bob.get_by_role("dialog", name="2 of these 3 names are taken")
    expect(dialog.get_by_role("listitem")).to_have_text(["a.txt", "b.txt"])
    dialog.get_by_role("button", name="Replace them").click()
    expect(bob.get_by_text("5 of 5 files uploaded")).to_be_visible()
    expect(listed(bob, "c.txt")).to_be_visible()
    expect(bob.get_by_role("row")).to_have_count(1 + 3)
    for name in ["a.txt", "b.txt", "c.txt"]:
        assert download(bob, name, tmp_path / name).read_text() == "newer"


def test_taken_names_are_skipped_and_the_others_sent(bob: Page, tmp_path: Path) -> None:
    put(bob, {"a.txt": "old"})
    choose_texts(bob, {"a.txt": "newer", "b.txt": "newer"})
    bob.get_by_role("dialog").get_by_role("button", name="Skip it").click()
    expect(bob.get_by_text("1 file skipped.")).to_be_visible()
    expect(listed(bob, "b.txt")).to_be_visible()
    assert download(bob, "a.txt", tmp_path / "a.txt").read_text() == "old"


def test_escape_adds_nothing_at_all(bob: Page) -> None:
    put(bob, {"a.txt": "old"})
    choose_texts(bob, {"a.txt": "newer", "b.txt": "newer"})
    expect(bob.get_by_role("dialog")).to_be_visible()
    bob.keyboard.press("Escape")
    expect(bob.get_by_text("Nothing was added.")).to_be_visible()
    expect(bob.locator(".upload")).to_have_count(1)


def test_a_file_that_is_saved_anew_while_a_question_is_open_begins_nothing(
    bob: Page, make_file: MakeFile, folder: str
) -> None:
    put(bob, {"large.bin": "old"})
    file = make_file("large.bin", 20 * MIB)
    choose(bob, file)
    answer = bob.get_by_role("dialog").get_by_role("button", name="Keep both")
    expect(answer).to_be_focused()
    bob.wait_for_timeout(1000)  # its first parts are hashed meanwhile
    file.write_bytes(b"something else")
    answer.click()
    expect(bob.locator(".upload[data-state=failed]")).to_contain_text("changed")
    begun = bob.request.get("/api/v1/uploads").json()["items"]
    assert [one for one in begun if one["path"].startswith(folder)] == []


def test_a_file_that_is_there_already_is_not_sent_again_unless_wanted(bob: Page) -> None:
    put(bob, {"same.txt": "content"})
    sent: list[str] = []
    bob.on("request", lambda put: sent.append(put.url) if put.method == "PUT" else None)
    choose_texts(bob, {"same.txt": "content"})
    row = bob.locator(".upload[data-state=identical]")
    expect(row.get_by_text("Not sent: this very file is here already")).to_be_visible()
    expect(bob.get_by_role("dialog")).to_have_count(0)
    assert sent == []
    row.get_by_role("button", name="Upload anyway").click()
    expect(bob.get_by_text("Uploaded as “same (2).txt” · same content as “")).to_be_visible()
    assert len(sent) == 1


def test_a_cancelled_upload_leaves_nothing_behind(bob: Page, make_file: MakeFile) -> None:
    held = hold_back(bob)
    with bob.expect_request(S3):
        choose(bob, make_file("unwanted.bin", 1 * MIB))
    row = upload_row(bob, "unwanted.bin")
    with bob.expect_response(lambda response: response.request.method == "DELETE") as ended:
        row.get_by_role("button", name="Cancel").click()
    assert ended.value.status == 204
    for route in held:
        route.abort()
    expect(row.get_by_text("Cancelled")).to_be_visible()
    row.get_by_role("button", name="Take off the list").click()
    expect(bob.locator("#queue")).to_be_hidden()
    bob.reload()
    expect(bob.get_by_role("heading", name="Nothing in this folder yet")).to_be_visible()


def test_a_part_that_s3_fails_to_take_is_sent_again(
    bob: Page, make_file: MakeFile, complaints: Complaints, tmp_path: Path
) -> None:
    complaints.forgive("503")
    tries = count(1)

    def fail_twice(route: Route) -> None:
        if route.request.method == "PUT" and next(tries) <= 2:
            route.fulfill(status=503, headers={"Access-Control-Allow-Origin": "*"})
        else:
            route.continue_()

    bob.route(S3, fail_twice)
    file = make_file("stubborn.bin", 20 * MIB)
    choose(bob, file)
    expect(bob.get_by_text("1 of 1 file uploaded")).to_be_visible(timeout=30_000)
    bob.unroute(S3)
    assert digest(download(bob, file.name, tmp_path / "back.bin")) == digest(file)


def test_a_refused_address_is_signed_anew(
    bob: Page, make_file: MakeFile, complaints: Complaints
) -> None:
    complaints.forgive("403")
    refused: list[str] = []

    def refuse_each_address_once(route: Route) -> None:
        if route.request.method == "PUT" and not refused:
            refused.append(route.request.url)
            route.fulfill(status=403, headers={"Access-Control-Allow-Origin": "*"})
        else:
            route.continue_()

    bob.route(S3, refuse_each_address_once)
    with bob.expect_request("**/parts?from=1&sha256=*"):
        choose(bob, make_file("expired.bin", 1 * MIB))
    expect(bob.get_by_text("1 of 1 file uploaded")).to_be_visible()


def test_a_file_that_keeps_failing_says_so_and_retry_sends_only_what_is_missing(
    bob: Page, make_file: MakeFile, complaints: Complaints, tmp_path: Path
) -> None:
    complaints.forgive("503")
    hurry = Hurry(bob)
    sent: list[str] = []

    def fail_second_part(route: Route) -> None:
        if "partNumber=2" in route.request.url:
            route.fulfill(status=503, headers={"Access-Control-Allow-Origin": "*"})
        else:
            sent.append(route.request.url)
            route.continue_()

    bob.route(S3, fail_second_part)
    file = make_file("half.bin", 20 * MIB)
    choose(bob, file)
    row = upload_row(bob, "half.bin")
    hurry.until(row, "failed")
    expect(row).to_contain_text("The storage refused a piece of this file (503).")
    bob.unroute(S3)
    parts = []
    bob.on("request", lambda put: parts.append(put.url) if put.method == "PUT" else None)
    row.get_by_role("button", name="Retry half.bin").click()
    expect(row.get_by_text("Uploaded")).to_be_visible(timeout=30_000)
    assert ["partNumber=2" in url for url in parts] == [True]
    assert digest(download(bob, file.name, tmp_path / "back.bin")) == digest(file)


def test_an_upload_waits_while_the_device_is_offline(
    bob: Page, make_file: MakeFile, complaints: Complaints
) -> None:
    complaints.forgive("ERR_INTERNET_DISCONNECTED")
    bob.context.set_offline(True)
    choose(bob, make_file("patient.txt", 10))
    row = upload_row(bob, "patient.txt")
    expect(row.get_by_text("You are offline.")).to_be_visible()
    bob.context.set_offline(False)
    expect(row.get_by_text("Uploaded")).to_be_visible()


def test_when_the_sign_in_ends_midway_all_goes_on_by_itself_after_the_next_one(
    bob: Page, make_file: MakeFile, complaints: Complaints
) -> None:
    complaints.forgive("401")
    bob.context.clear_cookies(name="sessionid")
    choose(bob, make_file("small.txt", 10), make_file("in parts.bin", 20 * MIB))
    expect(bob.get_by_text("What you chose is added once you are signed in again.")).to_be_visible()
    banner = bob.get_by_role("alert").filter(has_text="Your sign-in has ended.")
    expect(banner).to_be_visible()
    with bob.expect_popup() as opened:
        banner.get_by_role("link", name="Sign in again").click()
    fill_sign_in_form(opened.value, "bob@example.com")
    expect(bob.get_by_text("2 of 2 files uploaded")).to_be_visible(timeout=30_000)
    expect(banner).to_be_hidden()


def test_uploads_do_not_go_on_as_somebody_else(
    bob: Page, make_file: MakeFile, complaints: Complaints
) -> None:
    complaints.forgive("401")
    bob.context.clear_cookies(name="sessionid")
    choose(bob, make_file("bobs.txt", 10))
    banner = bob.get_by_role("alert").filter(has_text="once bob@example.com is signed in again")
    with bob.expect_popup() as opened:
        banner.get_by_role("link", name="Sign in again").click()
    fill_sign_in_form(opened.value, "mallory@example.com")
    expect(banner.get_by_text("omebody else")).to_be_visible()
    expect(bob.locator(".upload")).to_have_count(0)
    # The sign-in page asks now, though mallory is signed in there.
    with bob.expect_popup() as again:
        banner.get_by_role("link", name="Sign in again").click()
    fill_sign_in_form(again.value, "bob@example.com")
    expect(upload_row(bob, "bobs.txt").get_by_text("Uploaded")).to_be_visible(timeout=15_000)


def test_a_paused_upload_goes_on_where_it_stopped(
    bob: Page, make_file: MakeFile, tmp_path: Path
) -> None:
    held = hold_back(bob, after=2)
    file = make_file("long.bin", 40 * MIB)
    choose(bob, file)
    row = upload_row(bob, "long.bin")
    expect(row.get_by_text("10.0 MB of 40.0 MB")).to_be_visible(timeout=15_000)
    row.get_by_role("button", name="Pause").click()
    expect(row.get_by_text("Paused · 10.0 MB of 40.0 MB · 25 %")).to_be_visible()
    expect(row.get_by_role("button", name="Resume long.bin")).to_be_focused()
    let_go(bob, held)
    sent = sizes_sent(bob)
    row.get_by_role("button", name="Resume").click()
    expect(row.get_by_text("Uploaded")).to_be_visible(timeout=30_000)
    assert sum(sent) == 30 * MIB
    assert digest(download(bob, file.name, tmp_path / "back.bin")) == digest(file)


def test_after_a_reload_the_same_file_sends_only_what_is_missing(
    bob: Page, make_file: MakeFile, tmp_path: Path
) -> None:
    hold_back(bob, after=2)
    file, other = make_file("film.mov", 40 * MIB), make_file("other/film.mov", 39 * MIB)
    choose(bob, file)
    expect(upload_row(bob, "film.mov").get_by_text("10.0 MB of 40.0 MB")).to_be_visible(timeout=15_000)
    bob.reload()
    bob.unroute(S3)
    section = bob.get_by_role("region", name="Unfinished uploads")
    waiting = section.get_by_role("listitem").filter(has_text=bob_folder(bob))
    expect(waiting.get_by_text("10.0 MB of 40.0 MB stored (25 %)")).to_be_visible()
    choose_again(bob, waiting, other)
    expect(waiting.get_by_text("has 39.0 MB; the one whose upload began has 40.0 MB")).to_be_visible()
    sent = sizes_sent(bob)
    with bob.expect_request("**/parts?from=*") as first:
        choose_again(bob, waiting, file)
    assert "from=3&" in first.value.url  # what is missing, before what has to be compared
    expect(upload_row(bob, "film.mov").get_by_text("Uploaded")).to_be_visible(timeout=30_000)
    expect(waiting).to_have_count(0)
    assert sum(sent) == 30 * MIB
    assert digest(download(bob, file.name, tmp_path / "back.bin")) == digest(file)


def test_adding_the_file_of_an_unfinished_upload_continues_it_by_itself(
    bob: Page, make_file: MakeFile
) -> None:
    hold_back(bob, after=2)
    file = make_file("thesis.pdf", 40 * MIB)
    choose(bob, file)
    expect(upload_row(bob, "thesis.pdf").get_by_text("10.0 MB of 40.0 MB")).to_be_visible(timeout=15_000)
    bob.reload()
    bob.unroute(S3)
    sent = sizes_sent(bob)
    choose(bob, file)
    expect(bob.get_by_text("“thesis.pdf” goes on where it stopped.")).to_be_visible()
    expect(listed(bob, "thesis.pdf")).to_be_visible(timeout=30_000)
    assert sum(sent) == 30 * MIB


def another_tab(page: Page) -> Page:
    tab = page.context.new_page()
    tab.goto(page.url)
    expect(tab.locator("#uploader[data-ready]")).to_be_attached()
    return tab


def test_what_one_tab_sends_another_neither_lists_nor_sends_again(
    bob: Page, make_file: MakeFile, tmp_path: Path
) -> None:
    before = another_tab(bob)  # from before it was begun
    held = hold_back(bob, after=2)
    file = make_file("film.mov", 40 * MIB)
    choose(bob, file)
    row = upload_row(bob, "film.mov")
    expect(row.get_by_text("10.0 MB of 40.0 MB")).to_be_visible(timeout=15_000)
    for tab in [before, another_tab(bob)]:
        expect(tab.locator("#unfinished li", has_text=bob_folder(bob))).to_have_count(0)
        sent = sizes_sent(tab)
        choose(tab, file)
        failed = upload_row(tab, "film.mov")
        expect(failed.get_by_text("Another tab or window of this browser is")).to_be_visible()
        failed.get_by_role("button", name="Take off the list").click()
        expect(tab.locator("#queue")).to_be_hidden()
        assert sent == []
    let_go(bob, held)
    expect(row.get_by_text("Uploaded")).to_be_visible(timeout=30_000)
    bob.reload()
    expect(bob.get_by_role("row")).to_have_count(1 + 1)
    assert digest(download(bob, file.name, tmp_path / "back.bin")) == digest(file)


def test_a_failed_upload_that_is_cleared_away_is_listed_as_unfinished(
    bob: Page, make_file: MakeFile, complaints: Complaints
) -> None:
    complaints.forgive("422")
    problem = {"title": "Refused", "status": 422, "detail": "Not today."}
    bob.route("**/complete", lambda route: route.fulfill(status=422, json=problem))
    file = make_file("kept.bin", 20 * MIB)
    choose(bob, file)
    expect(upload_row(bob, "kept.bin").get_by_text("Not today.")).to_be_visible(timeout=30_000)
    bob.get_by_role("button", name="Clear finished").click()
    waiting = bob.locator("#unfinished li", has_text=bob_folder(bob))
    expect(waiting.get_by_text("20.0 MB of 20.0 MB stored (100 %)")).to_be_visible()
    bob.unroute("**/complete")
    sent = sizes_sent(bob)
    choose_again(bob, waiting, file)
    expect(upload_row(bob, "kept.bin").get_by_text("Uploaded")).to_be_visible(timeout=30_000)
    assert sent == []


def test_an_unfinished_upload_is_discarded_only_after_a_question(bob: Page, make_file: MakeFile) -> None:
    hold_back(bob, after=2)
    choose(bob, make_file("unwanted.bin", 40 * MIB))
    row = upload_row(bob, "unwanted.bin")
    expect(row.get_by_text("10.0 MB of 40.0 MB")).to_be_visible(timeout=15_000)
    bob.reload()
    bob.unroute(S3)
    waiting = bob.get_by_role("listitem").filter(has_text=f"{bob_folder(bob)}unwanted.bin")
    waiting.get_by_role("button", name=re.compile("^Discard")).click()
    bob.get_by_role("dialog").get_by_role("button", name="Keep it").click()
    expect(waiting).to_have_count(1)
    waiting.get_by_role("button", name=re.compile("^Discard")).click()
    with bob.expect_response(lambda response: response.request.method == "DELETE") as ended:
        bob.get_by_role("dialog").get_by_role("button", name="Discard").click()
    assert ended.value.status == 204
    expect(waiting).to_have_count(0)


def test_a_folder_of_three_hundred_files_comes_whole(bob: Page, tmp_path: Path) -> None:
    top = tmp_path / "archive"
    for number in range(300):
        file = top / f"box {number % 3}" / f"letter {number}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"letter number {number}")
    (top / ".DS_Store").write_text("junk")
    bob.get_by_label("Choose a folder to upload").set_input_files(top)
    expect(bob.get_by_text("300 of 300 files uploaded")).to_be_visible(timeout=60_000)
    expect(bob.get_by_text("Left out: 1 hidden system file (.DS_Store).")).to_be_visible()
    assert bob.locator(".upload").count() <= 100
    listed(bob, "Folder archive").click()
    for number in range(3):
        expect(bob.get_by_role("row", name=f"box {number}")).to_contain_text("100 files")


def test_what_waits_is_sent_in_the_order_a_person_gives_it(bob: Page, make_file: MakeFile) -> None:
    held = hold_back(bob)
    files = [make_file(f"{name}.bin", 17 * MIB) for name in "abcdef"]
    choose(bob, *files)
    names = bob.locator("#queue .name")
    expect(names).to_have_text([file.name for file in files])
    upload_row(bob, "f.bin").get_by_role("button", name="Send first").click()
    expect(names).to_have_text([f"{name}.bin" for name in "abcfde"])
    upload_row(bob, "d.bin").get_by_role("button", name="Move down").click()
    expect(names).to_have_text([f"{name}.bin" for name in "abcfed"])
    bob.keyboard.press("Alt+ArrowUp")  # the focus went with it
    expect(names).to_have_text([f"{name}.bin" for name in "abcfde"])
    expect(bob.locator("#upload-news")).to_have_text("d.bin is number 2 of 3 that wait.")
    upload_row(bob, "a.bin").get_by_role("button", name="Cancel").click()
    expect(upload_row(bob, "f.bin")).to_have_attribute("data-state", "sending")
    bob.get_by_role("button", name="Cancel all").click()
    let_go(bob, held, abort=True)
    expect(bob.locator(".upload[data-state=cancelled]")).to_have_count(6)


def test_a_stored_file_shows_the_hash_that_anybody_can_compute(bob: Page, make_file: MakeFile) -> None:
    file = make_file("proven.bin", 1000)
    choose(bob, file)
    row = upload_row(bob, "proven.bin")
    row.get_by_text("Verified").click()
    expected = base64.b64encode(hashlib.sha256(file.read_bytes()).digest()).decode()
    expect(row.get_by_text(expected)).to_be_visible()
    bob.context.grant_permissions(["clipboard-read", "clipboard-write"])
    row.get_by_role("button", name="Copy the SHA-256").click()
    expect(bob.locator("#upload-news")).to_have_text("The SHA-256 is copied.")
    assert bob.evaluate("navigator.clipboard.readText()") == expected


def test_in_an_older_browser_the_plain_form_stays(
    bob: Page, make_file: MakeFile, complaints: Complaints
) -> None:
    complaints.forgive("too old")
    bob.add_init_script("delete AbortSignal.any")
    bob.reload()
    bob.locator("#pick").set_input_files(make_file("plain.txt", 10))
    bob.get_by_role("button", name="Upload", exact=True).click()
    expect(listed(bob, "plain.txt")).to_be_visible()


def test_a_name_that_is_refused_is_explained(
    bob: Page, make_file: MakeFile, complaints: Complaints
) -> None:
    complaints.forgive("422")
    choose(bob, make_file("back\\slash.txt", 10))
    failed = bob.locator(".upload[data-state=failed]")
    expect(failed.get_by_text("A name cannot contain a backslash")).to_be_visible()
    expect(failed.get_by_role("button", name="Retry")).to_be_hidden()  # it would be refused again


def test_a_page_does_not_show_the_files_of_whoever_signs_in_elsewhere(
    bob: Page, visit: Visit, complaints: Complaints
) -> None:
    complaints.forgive("401")
    put(bob, {"bobs.txt": "content"})
    other = visit(bob.url, "mallory@example.com")
    held = hold_back(bob)
    with bob.expect_request(S3):
        choose_texts(bob, {"last.txt": "its end makes the page look again"})
    bob.context.clear_cookies(name="sessionid")
    session = [one for one in other.context.cookies() if one.get("name") == "sessionid"]
    bob.context.add_cookies(session)  # type: ignore[arg-type]
    with bob.expect_response(lambda response: response.url == bob.url) as fetched:
        let_go(bob, held)
        bob.evaluate("document.dispatchEvent(new CustomEvent('files:changed'))")
    assert "bobs.txt" not in fetched.value.text()
    bob.evaluate("fetch('/healthz')")
    expect(listed(bob, "bobs.txt")).to_be_visible()
