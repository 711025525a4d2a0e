"""What no page of the site would send, sent by people who are signed in: nothing of it gets through."""

import base64
import hashlib
import re
from typing import Any

import pytest
import requests
from playwright.sync_api import APIResponse, Page, expect

from tests.browser.aftermath import Aftermath
from tests.browser.conftest import Complaints, Visit
from tests.browser.faults import FaultyS3, Op, Trouble
from tests.browser.uploading import MIB, Api, MakeFile, choose

PART = 5 * MIB
PARTS = [b"1" * PART, b"2" * PART, b"3"]
WHOLE = b"".join(PARTS)


def sha256(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def start(api: Api, path: str, size: int = len(WHOLE), **more: Any) -> dict[str, Any]:
    answer = api.call("POST", "/uploads", {"path": path, "size": size, "part_size": PART} | more)
    assert answer.status == 201, answer.text()
    started: dict[str, Any] = answer.json()
    return started


def complete(api: Api, upload: dict[str, Any], **body: Any) -> APIResponse:
    return api.call("POST", f"/uploads/{upload['id']}/complete", body or None)


def put(part: dict[str, Any], content: bytes) -> requests.Response:
    return requests.put(part["url"], data=content, headers=part["headers"], timeout=30)


def put_all(upload: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts as the client knows them afterwards."""
    answers = [put(part, content) for part, content in zip(upload["parts"], PARTS, strict=True)]
    return [
        {"number": number, "etag": answer.headers["ETag"]} for number, answer in enumerate(answers, 1)
    ]


@pytest.fixture
def bobs(bob: Page, s3: FaultyS3) -> Api:
    return Api(bob)


@pytest.fixture
def mallorys(visit: Visit, s3: FaultyS3) -> Api:
    return Api(visit("/files/", "mallory@example.com"))


@pytest.fixture
def upload(bobs: Api, folder: str) -> dict[str, Any]:
    """An upload of bob's in three parts; S3 holds none of them yet."""
    return start(bobs, f"{folder}three parts.bin", part_sha256=[sha256(part) for part in PARTS])


@pytest.fixture
def unhashed(bobs: Api, folder: str) -> dict[str, Any]:
    """The same, but S3 cannot tell one part from another."""
    return start(bobs, f"{folder}three parts.bin")


def arrives(bobs: Api, upload: dict[str, Any], left: Aftermath, folder: str) -> bool:
    """Whether bob's upload still goes its way, to the bytes that he has."""
    put_all(upload)
    done = complete(bobs, upload)
    assert done.status == 201, done.text()
    return left.digest(f"{folder}three parts.bin") == hashlib.sha256(WHOLE).hexdigest()


def detail(answer: APIResponse) -> str:
    text: str = answer.json()["detail"]
    return text


def test_swapped_parts_are_refused_by_s3_where_they_are_hashed(
    bobs: Api, upload: dict[str, Any], left: Aftermath, folder: str
) -> None:
    first, second, _ = upload["parts"]
    assert [put(first, PARTS[1]).status_code, put(second, PARTS[0]).status_code] == [400, 400]
    refused = complete(bobs, upload)
    assert (refused.status, detail(refused)) == (
        409,
        "Not all parts have arrived: 1–3 of 3 are missing.",
    )
    assert arrives(bobs, upload, left, folder)


def test_swapped_parts_are_noticed_by_what_the_client_says_it_sent(
    bobs: Api, unhashed: dict[str, Any]
) -> None:
    one, two, three = put_all(unhashed)
    swapped = [one | {"number": 2}, two | {"number": 1}, three]
    refused = complete(bobs, unhashed, parts=swapped)
    assert (refused.status, detail(refused)) == (
        409,
        "S3 holds another part 2 than the one you name. Upload it again.",
    )
    assert complete(bobs, unhashed, parts=[one, two, three]).status == 201


def test_missing_parts_are_named(
    bobs: Api, upload: dict[str, Any], left: Aftermath, folder: str
) -> None:
    put(upload["parts"][0], PARTS[0])
    refused = complete(bobs, upload)
    assert (refused.status, detail(refused)) == (
        409,
        "Not all parts have arrived: 2–3 of 3 are missing.",
    )
    assert arrives(bobs, upload, left, folder)


@pytest.mark.parametrize(
    "content", [PARTS[1][:-1], PARTS[1] + b"2", b""], ids=["short", "long", "empty"]
)
def test_a_part_of_another_length_is_refused_by_s3(
    bobs: Api, unhashed: dict[str, Any], content: bytes
) -> None:
    assert put(unhashed["parts"][1], content).status_code == 403  # its length is signed
    assert complete(bobs, unhashed).status == 409


def test_a_single_put_takes_the_very_bytes_that_were_announced(bobs: Api, folder: str) -> None:
    upload = start(bobs, f"{folder}one.txt", size=4, sha256=sha256(b"good"))
    (part,) = upload["parts"]
    assert [put(part, b"evil").status_code, put(part, b"good").status_code] == [400, 200]
    assert put(part, b"good").status_code == 412  # an address writes once
    assert complete(bobs, upload).status == 201


def test_a_strangers_upload_is_not_there(
    bobs: Api, mallorys: Api, upload: dict[str, Any], left: Aftermath, folder: str
) -> None:
    about = f"/uploads/{upload['id']}"
    answers = [
        mallorys.call("GET", about),
        mallorys.call("GET", f"{about}/parts?from=1"),
        complete(mallorys, upload),
        mallorys.call("DELETE", about),
    ]
    assert [answer.status for answer in answers] == [404] * 4
    assert mallorys.call("GET", "/uploads").json()["items"] == []
    assert arrives(bobs, upload, left, folder)


def test_a_strangers_upload_in_a_batch_is_not_there_and_the_others_are_completed(
    bobs: Api, mallorys: Api, folder: str
) -> None:
    his, hers = (
        start(one, f"{folder}small.txt", size=4, sha256=sha256(b"good")) for one in (bobs, mallorys)
    )
    for upload in (his, hers):
        put(upload["parts"][0], b"good")
    answer = mallorys.call("POST", "/uploads/batch/complete", {"ids": [his["id"], hers["id"]]})
    assert [one["status"] for one in answer.json()["results"]] == [404, 201]
    assert complete(bobs, his).status == 201


def test_an_address_that_was_signed_for_one_upload_serves_no_other(
    bobs: Api, mallorys: Api, upload: dict[str, Any], left: Aftermath, folder: str
) -> None:
    hers = start(mallorys, "hers.bin")
    (his_key, his_id), (her_key, her_id) = (
        re.search(r"/(users/[^?]+)\?.*uploadId=([^&]+)", one["parts"][0]["url"]).groups()  # type: ignore[union-attr]
        for one in (upload, hers)
    )
    signed = hers["parts"][0]
    for url in (
        signed["url"].replace(her_key, his_key),
        signed["url"].replace(her_id, his_id),
        signed["url"].replace(her_key, his_key).replace(her_id, his_id),
        signed["url"].replace("partNumber=1", "partNumber=2"),
    ):
        assert url != signed["url"]
        assert put(signed | {"url": url}, PARTS[0]).status_code == 403
    assert arrives(bobs, upload, left, folder)


def test_a_completion_from_two_tabs_at_once_makes_one_file(
    bobs: Api, s3: FaultyS3, upload: dict[str, Any], left: Aftermath, folder: str
) -> None:
    put_all(upload)
    held = s3.will(Op.COMPLETE, Trouble.HELD)
    script = """async ([url, token]) => {
        const headers = { "X-CSRFToken": token, "Content-Type": "application/json" };
        const answer = await fetch(url, { method: "POST", headers, body: "{}" });
        return [answer.status, (await answer.json()).id];
    }"""
    bob = bobs.page
    (token,) = (one["value"] for one in bob.context.cookies() if one["name"] == "csrftoken")
    arguments = [f"/api/v1/uploads/{upload['id']}/complete", token]
    tabs = [bob, bob.context.new_page()]
    tabs[1].goto(bob.url)
    for tab in tabs:
        tab.evaluate(f"what => {{ globalThis.done = ({script})(what); }}", arguments)
    held.wait(2)
    held.let_go()
    first, second = (tab.evaluate("done") for tab in tabs)
    assert first == second
    assert first[0] == 201
    assert complete(bobs, upload).json()["id"] == first[1]
    assert list(left.files).count(f"{folder}three parts.bin") == 1
    assert left.digest(f"{folder}three parts.bin") == hashlib.sha256(WHOLE).hexdigest()


def test_a_page_of_bobs_uploads_nothing_once_mallory_has_signed_in(
    bob: Page,
    mallorys: Api,
    s3: FaultyS3,
    make_file: MakeFile,
    complaints: Complaints,
    left: Aftermath,
    folder: str,
) -> None:
    complaints.forgive("^Failed to load resource")
    bob.context.clear_cookies()
    bob.context.add_cookies(mallorys.page.context.cookies())  # type: ignore[arg-type]  # the same shape
    choose(bob, make_file("for bob only.txt", 100))
    banner = bob.get_by_role("alert").filter(has_text="once bob@example.com is signed in again")
    expect(banner).to_contain_text("somebody else has signed in since this page was opened.")
    expect(bob.locator(".upload")).to_have_count(0)
    assert s3.count(Op.PUT) == 0
    assert left.under_way(folder) == []
