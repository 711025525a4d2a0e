"""Files go from the picker, or from a drop, straight to S3, and come back byte for byte."""

import hashlib
import json
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Complaints
from tests.browser.site import fill_sign_in_form
from tests.stack import STACK

MIB = 1024 * 1024
S3 = f"{STACK.endpoint}/{STACK.env['FILES_BUCKET']}/**"
MakeFile = Callable[..., Path]


def choose(page: Page, *files: Path) -> None:
    page.get_by_label("Choose files to upload").set_input_files(list(files))


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


def drop(page: Page, files: dict[str, str]) -> None:
    """Let go of files, name → content, above the middle of the page."""
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
    page.evaluate("letGo()")
    expect(page.get_by_text("Drop to upload into")).to_be_hidden()


def hold_back(page: Page) -> list[Route]:
    """What is sent to S3 stays here from now on, until the test lets it go on."""
    held: list[Route] = []
    page.route(S3, lambda route: held.append(route))
    return held


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
    assert [put.url.startswith(STACK.endpoint) for put in puts] == [True] * 3
    assert all(put.headers["x-amz-checksum-sha256"] for put in puts)
    assert len(to_site) == 2  # start, complete: the first window came with the start
    assert json.loads(to_site[0].post_data or "")["on_conflict"] == "rename"


def test_windows_of_parts_are_signed_ahead_and_counted(
    bob: Page, make_file: MakeFile, tmp_path: Path
) -> None:
    calls: list[str] = []
    bob.on("request", lambda sent: calls.append(sent.url) if "/api/v1/" in sent.url else None)
    file = make_file("seventeen parts.bin", 16 * 16 * MIB + 1)
    choose(bob, file)
    expect(listed(bob, file.name)).to_be_visible(timeout=60_000)
    assert [call.split("?")[0].rpartition("/")[2] for call in calls] == [
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
    bob.get_by_role("heading", name="Uploads").click()  # browsers ask only people who did something
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


def test_a_second_file_of_the_same_name_is_numbered_and_says_so(bob: Page, make_file: MakeFile) -> None:
    file = make_file("twice.txt", 10)
    choose(bob, file)
    expect(bob.get_by_text("1 of 1 file uploaded")).to_be_visible()
    choose(bob, file)
    expect(bob.get_by_text("Uploaded as “twice (2).txt”")).to_be_visible()
    expect(listed(bob, "twice (2).txt")).to_be_visible()


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
    bob.clock.install()  # so that the pauses between tries pass at once
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
    for _ in range(4):
        with bob.expect_response(lambda response: "partNumber=2" in response.url):
            pass
        bob.clock.run_for(5_000)
    expect(row.get_by_text("The storage refused a piece of this file (503).")).to_be_visible()
    bob.unroute(S3)
    parts = []
    bob.on("request", lambda put: parts.append(put.url) if put.method == "PUT" else None)
    row.get_by_role("button", name="Retry half.bin").click()
    bob.clock.resume()
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


def test_when_the_sign_in_ends_midway_the_file_waits_for_the_next_one(
    bob: Page, make_file: MakeFile, complaints: Complaints
) -> None:
    complaints.forgive("401")
    bob.context.clear_cookies(name="sessionid")
    choose(bob, make_file("kept in the queue.txt", 10))
    row = upload_row(bob, "kept in the queue.txt")
    expect(row.get_by_text("Your sign-in has ended.")).to_be_visible()
    with bob.expect_popup() as opened:
        row.get_by_role("link", name="Sign in again").click()
    fill_sign_in_form(opened.value, "bob@example.com")
    expect(opened.value.get_by_role("heading", name="Your files")).to_be_visible()
    row.get_by_role("button", name="Retry").click()
    expect(row.get_by_text("Uploaded")).to_be_visible()


def test_a_name_that_is_refused_is_explained(
    bob: Page, make_file: MakeFile, complaints: Complaints
) -> None:
    complaints.forgive("422")
    choose(bob, make_file("back\\slash.txt", 10))
    failed = bob.locator(".upload[data-state=failed]")
    expect(failed.get_by_text("A name cannot contain a backslash")).to_be_visible()
    expect(failed.get_by_role("button", name="Retry")).to_be_hidden()  # it would be refused again
