"""The files API, as a client meets it."""

import json
import os
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from uuid import uuid4

import pytest
import requests
from django.http import HttpResponse
from django.test import Client

from files.models import File, Upload
from files.parts import MIB
from tests.conftest import Person
from tests.files.fake_s3 import Failure, FakeS3
from tests.files.test_paths import IN_MANY_LANGUAGES
from tests.files.test_uploads import sha256
from tests.stack import STACK

API = "/api/v1"


def call(client: Client, method: str, path: str, body: object = None, **headers: str) -> Any:
    data = json.dumps(body) if body is not None else ""
    return client.generic(method, API + path, data, content_type="application/json", headers=headers)


def start(client: Client, path: str = "a.txt", size: int = 3, **more: Any) -> Any:
    return call(client, "POST", "/uploads", {"path": path, "size": size, **more})


def send(parts: list[dict[str, Any]], content: bytes, part_size: int) -> list[dict[str, Any]]:
    sent = []
    for part in parts:
        first = (part["number"] - 1) * part_size
        body = content[first : first + part["size"]]
        answer = requests.put(part["url"], data=body, headers=part["headers"], timeout=30)
        assert answer.status_code == 200, answer.text
        sent.append({"number": part["number"], "etag": answer.headers["ETag"]})
    return sent


def keep(client: Client, path: str = "a.txt", content: bytes = b"abc", **more: Any) -> dict[str, Any]:
    """Upload a file as a client does."""
    begun = start(client, path, len(content), **more).json()
    send(begun["parts"], content, begun["part_size"])
    answer = call(client, "POST", f"/uploads/{begun['id']}/complete")
    assert answer.status_code == 201, answer.content
    file: dict[str, Any] = answer.json()
    del file["same_as"]
    return file


def problem(answer: HttpResponse, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    told: dict[str, Any] = json.loads(answer.content)
    assert told["status"] == status
    assert told["title"]
    assert told["detail"]
    return told


# --- The way of a file -----------------------------------------------------------------------------


def test_a_file_goes_up_and_comes_back(bob: Person) -> None:
    begun = start(bob, "Fotos/Zoë.jpg", 3, content_type="image/jpeg", sha256=sha256(b"abc"))
    assert begun.status_code == 201
    body = begun.json()
    assert set(body) == {
        "id",
        "part_size",
        "part_count",
        "multipart",
        "checksums",
        "parts",
        "expires_at",
    }
    assert (body["part_count"], body["multipart"], body["checksums"]) == (1, False, True)
    (part,) = body["parts"]
    assert (part["number"], part["size"], part["stored"], part["etag"]) == (1, 3, False, None)
    assert part["headers"] == {
        "content-type": "image/jpeg",
        "if-none-match": "*",
        "x-amz-meta-path": "Fotos/Zo%C3%AB.jpg",
        "x-amz-checksum-sha256": sha256(b"abc"),
    }
    send(body["parts"], b"abc", body["part_size"])
    done = call(bob, "POST", f"/uploads/{body['id']}/complete")
    assert done.status_code == 201
    file = done.json()
    assert (file["path"], file["folder"], file["name"]) == ("Fotos/Zoë.jpg", "Fotos/", "Zoë.jpg")
    assert (file["size"], file["content_type"], file["sha256"]) == (3, "image/jpeg", sha256(b"abc"))
    assert call(bob, "POST", f"/uploads/{body['id']}/complete").json() == file
    assert file.pop("same_as") is None
    assert call(bob, "GET", f"/files/{file['id']}").json() == file
    content = call(bob, "GET", f"/files/{file['id']}/content")
    assert content.status_code == 302
    assert content["Cache-Control"] == "no-store"
    got = requests.get(content["Location"], headers={"Range": "bytes=1-"}, timeout=10)
    assert (got.status_code, got.content) == (206, b"bc")
    assert (
        got.headers["Content-Disposition"]
        == "attachment; filename=\"Zoe.jpg\"; filename*=UTF-8''Zo%C3%AB.jpg"
    )


def test_a_large_file_goes_up_in_windows_with_a_hash_for_each_part(bob: Person) -> None:
    content = os.urandom(17 * MIB)
    cuts = [content[i : i + 5 * MIB] for i in range(0, len(content), 5 * MIB)]
    hashes = [sha256(cut) for cut in cuts]
    begun = start(bob, "big", len(content), part_size=5 * MIB, part_sha256=hashes[:2]).json()
    assert (begun["part_count"], begun["multipart"], len(begun["parts"])) == (4, True, 2)
    sent = send(begun["parts"], content, 5 * MIB)
    query = "&".join(f"sha256={quote(one, safe='')}" for one in hashes[2:])
    window = call(bob, "GET", f"/uploads/{begun['id']}/parts?from=3&{query}").json()
    sent += send(window["parts"], content, 5 * MIB)
    seen = call(bob, "GET", f"/uploads/{begun['id']}/parts?from=3&{query}").json()
    assert [(part["stored"], part["etag"]) for part in seen["parts"]] == [
        (True, one["etag"]) for one in sent[2:]
    ]
    file = call(bob, "POST", f"/uploads/{begun['id']}/complete", {"parts": sent}).json()
    assert file["size"] == len(content)
    assert file["sha256"].endswith("-4")


def test_names_in_every_language_come_back(bob: Person) -> None:
    for name in IN_MANY_LANGUAGES:
        file = keep(bob, f"x/{name}")
        url = call(bob, "GET", f"/files/{file['id']}/content")["Location"]
        header = requests.get(url, timeout=10).headers["Content-Disposition"]
        assert header.endswith("''" + quote(file["name"], safe="!#$&+-.^_`|~"))


@pytest.mark.django_db
def test_a_program_keeps_files_with_a_bearer_token() -> None:
    token = STACK.tokens("bob@example.com")["id_token"]
    program = Client(headers={"Authorization": f"Bearer {token}"}, enforce_csrf_checks=True)
    file = keep(program)
    assert call(program, "GET", f"/files/{file['id']}").json()["path"] == "a.txt"


def test_an_upload_can_be_aborted(bob: Person) -> None:
    begun = start(bob, "big", 17 * MIB).json()
    assert call(bob, "DELETE", f"/uploads/{begun['id']}").status_code == 204
    problem(call(bob, "POST", f"/uploads/{begun['id']}/complete"), 404)
    done = start(bob).json()
    send(done["parts"], b"abc", 16 * MIB)
    call(bob, "POST", f"/uploads/{done['id']}/complete")
    problem(call(bob, "DELETE", f"/uploads/{done['id']}"), 409)


def test_files_are_listed_found_moved_and_deleted(bob: Person) -> None:
    first, second = keep(bob, "f/one.txt"), keep(bob, "two.txt")
    top = call(bob, "GET", "/files").json()
    assert [file["name"] for file in top["items"]] == ["two.txt"]
    assert top["folders"] == [{"name": "f", "folder": "f/", "count": 1}]
    assert top["next"] is None
    assert call(bob, "GET", "/files?q=ONE").json()["items"] == [first]
    assert call(bob, "GET", "/files?folder=f").json()["items"] == [first]
    moved = call(bob, "PATCH", f"/files/{second['id']}", {"path": "f/2.txt"})
    assert moved.status_code == 200
    assert moved.json()["folder"] == "f/"
    page = call(bob, "GET", "/files?folder=f/&limit=1&sort=-name").json()
    rest = call(bob, "GET", f"/files?folder=f/&limit=1&sort=-name&cursor={quote(page['next'])}").json()
    assert [page["items"][0]["name"], rest["items"][0]["name"]] == ["one.txt", "2.txt"]
    taken = problem(call(bob, "PATCH", f"/files/{second['id']}", {"path": "f/one.txt"}), 409)
    assert "path" in taken["errors"]
    assert call(bob, "DELETE", f"/files/{second['id']}").status_code == 204
    problem(call(bob, "GET", f"/files/{second['id']}"), 404)


def test_only_what_is_harmless_is_shown(bob: Person) -> None:
    for path, kind, shown in (("a.png", "image/png", "inline"), ("a.html", "text/html", "attachment")):
        file = keep(bob, path, content_type=kind)
        url = call(bob, "GET", f"/files/{file['id']}/content?disposition=inline")["Location"]
        asked = parse_qs(urlsplit(url).query)["response-content-disposition"][0]
        assert asked.startswith(shown)


def test_a_list_costs_four_queries_whatever_its_length(
    bob: Person, django_assert_num_queries: Any
) -> None:
    for number in range(30):
        File.objects.create(
            owner=bob.user, name=f"{number}", folded=f"{number}", size=1, key=f"k{number}", etag="e"
        )
    with django_assert_num_queries(4):
        assert len(call(bob, "GET", "/files").json()["items"]) == 30


# --- Who may ---------------------------------------------------------------------------------------

ROUTES = [
    ("POST", "/uploads", {"path": "a", "size": 1}),
    ("GET", "/uploads", None),
    ("POST", "/uploads/batch", {"uploads": [{"path": "a", "size": 1}]}),
    ("POST", "/uploads/batch/complete", {"ids": [str(uuid4())]}),
    ("GET", "/uploads/{upload}", None),
    ("GET", "/uploads/{upload}/parts", None),
    ("GET", "/uploads/{upload}/parts?fresh=true", None),
    ("POST", "/uploads/{upload}/complete", {}),
    ("DELETE", "/uploads/{upload}", None),
    ("GET", "/files", None),
    ("POST", "/files/known", {"paths": ["a"]}),
    ("GET", "/files/{file}", None),
    ("GET", "/files/{file}/content", None),
    ("PATCH", "/files/{file}", {"path": "stolen"}),
    ("DELETE", "/files/{file}", None),
]
READING = {"/files", "/files/known", "/files/{file}", "/files/{file}/content"}


def fill(path: str, owner: Person) -> str:
    """The route, naming a file and an open upload of this person."""
    about = {"owner": owner.user, "name": "a", "size": 1, "content_type": "text/plain"}
    file = File.objects.create(**about, folded="a", key=f"users/x/{uuid4()}", etag="e")
    upload = Upload.objects.create(**about, key=f"users/x/{uuid4()}", part_size=1, part_count=1)
    return path.format(file=file.pk, upload=upload.pk)


@pytest.mark.parametrize(("method", "path", "body"), [r for r in ROUTES if "{" in r[1]])
def test_a_stranger_gets_the_same_answer_as_for_nothing(
    bob: Person, mallory: Person, method: str, path: str, body: object
) -> None:
    hers = call(mallory, method, fill(path, bob), body)
    none = call(mallory, method, path.format(file=uuid4(), upload=uuid4()), body)
    told, expected = problem(hers, 404), problem(none, 404)
    del told["reference"], expected["reference"]
    assert told == expected
    assert File.objects.get().name == "a"
    assert Upload.objects.filter(aborting=False).exists()


def test_a_stranger_finds_nothing_of_bobs(bob: Person, mallory: Person) -> None:
    fill("", bob)
    assert call(mallory, "GET", "/files?q=a").json() == {"items": [], "folders": [], "next": None}


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_a_viewer_may_only_look(victor: Person, method: str, path: str, body: object) -> None:
    answer = call(victor, method, fill(path, victor), body)
    if path in READING and method not in {"PATCH", "DELETE"}:
        assert answer.status_code in {200, 302}
    else:
        problem(answer, 403)
        assert File.objects.get().name == "a"


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_a_person_without_a_group_may_nothing(
    nora: Person, method: str, path: str, body: object
) -> None:
    problem(call(nora, method, fill(path, nora), body), 403)


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_nobody_is_told_to_sign_in(client: Client, method: str, path: str, body: object) -> None:
    answer = call(client, method, path.format(file=uuid4(), upload=uuid4()), body)
    problem(answer, 401)
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_change_by_cookie_needs_the_csrf_token(bob: Person) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = bob.cookies
    problem(call(strict, "POST", "/uploads", {"path": "a", "size": 1}), 403)


# --- Bad input -------------------------------------------------------------------------------------

HASH = sha256(b"abc")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"size": 1}, 422, "path"),
        ({"path": "a"}, 422, "size"),
        ({"path": 5, "size": 1}, 422, "path"),
        ({"path": None, "size": 1}, 422, "path"),
        ({"path": "a", "size": -1}, 422, "size"),
        ({"path": "a", "size": True}, 422, "size"),
        ({"path": "a", "size": "1"}, 422, "size"),
        ({"path": "a", "size": 1.5}, 422, "size"),
        ({"path": "a", "size": 10**400}, 413, "size"),
        ({"path": "a", "size": 50_000 * 1024 * MIB + 1}, 413, "size"),
        ({"path": "a", "size": 1, "owner": 7}, 422, "owner"),
        ({"path": "a", "size": 1, "key": "users/x/y"}, 422, "key"),
        ({"path": "a", "size": 1, "on_conflict": "ignore"}, 422, "on_conflict"),
        ({"path": "a", "size": 1, "content_type": "a\r\nb"}, 422, "content_type"),
        ({"path": "a", "size": 1, "content_type": "x" * 300}, 422, "content_type"),
        ({"path": "a", "size": 1, "part_size": 5}, 422, "part_size"),
        ({"path": "a", "size": 10**15, "part_size": 5 * MIB}, 413, "size"),
        ({"path": "a", "size": 10**12, "part_size": 5 * MIB}, 422, "part_size"),
        ({"path": "a", "size": 1, "sha256": "abc"}, 422, "sha256"),
        ({"path": "a", "size": 1, "sha256": HASH, "part_sha256": [sha256(b"")]}, 422, "sha256"),
        ({"path": "a", "size": 1, "part_sha256": [HASH] * 2}, 422, "sha256"),
        ({"path": "a", "size": 1, "part_sha256": [HASH] * 101}, 422, "part_sha256"),
        ({"path": "../a", "size": 1}, 422, "path"),
        ({"path": "a\0", "size": 1}, 422, "path"),
        ({"path": "a\u202eb", "size": 1}, 422, "path"),
        ({"path": "a\ud800b", "size": 1}, 422, "path"),
        ({"path": "x" * 10_000, "size": 1}, 422, "path"),
        ({"path": "x" * 100_000, "size": 1}, 422, "path"),
        ([], 422, None),
        ("text", 422, None),
        (None, 422, None),
    ],
)
def test_what_cannot_be_started_is_told_by_field(
    bob: Person, body: object, status: int, field: str | None
) -> None:
    told = problem(call(bob, "POST", "/uploads", body), status)
    if field:
        assert field in told["errors"]
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "",
        '{"path":"a","size":NaN}',
        '{"path":"a","size":1e999}',
        "[" * 100_000,
        "\xff",
        "1" * 5_000,
    ],
)
def test_a_body_that_is_not_json_is_the_clients_mistake(bob: Person, text: str) -> None:
    answer = bob.generic(
        "POST", f"{API}/uploads", text.encode("latin-1"), content_type="application/json"
    )
    assert answer.status_code in {400, 422}
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "parts",
    [
        "all",
        [{}],
        [{"number": 1}],
        [{"number": True, "etag": "x"}],
        [{"number": 0, "etag": "x"}],
        [{"number": 2, "etag": "x"}],
        [{"number": 10**30, "etag": "x"}],
        [{"number": 1, "etag": ""}],
        [{"number": 1, "etag": "x", "size": 1}],
        [{"number": 1, "etag": "x"}] * 2,
        [{"number": 1, "etag": "x"}] * 10_001,
    ],
)
def test_a_list_of_parts_that_makes_no_sense_is_refused(bob: Person, parts: object) -> None:
    begun = start(bob).json()
    problem(call(bob, "POST", f"/uploads/{begun['id']}/complete", {"parts": parts}), 422)


def test_a_completion_before_the_bytes_is_a_conflict(bob: Person) -> None:
    begun = start(bob, size=17 * MIB).json()
    told = problem(call(bob, "POST", f"/uploads/{begun['id']}/complete", {"parts": []}), 409)
    assert "1–2 of 2" in told["errors"]["parts"]
    problem(call(bob, "POST", f"/uploads/{start(bob).json()['id']}/complete"), 409)


@pytest.mark.parametrize(
    "query",
    [
        "from=0",
        "from=-1",
        "from=2",
        "from=x",
        "from=1e9",
        f"from={10**30}",
        "sha256=x",
        "sha256=" + "x" * 99,
    ],
)
def test_a_window_that_makes_no_sense_is_refused(bob: Person, query: str) -> None:
    begun = start(bob).json()
    problem(call(bob, "GET", f"/uploads/{begun['id']}/parts?{query}"), 422)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=1001",
        "limit=x",
        "sort=owner",
        "sort=%00",
        "folder=../",
        "folder=%00",
        "cursor=x",
        "cursor=%00",
        "cursor=%ED%A0%80",
        "q=" + "x" * 300,
    ],
)
def test_a_list_that_makes_no_sense_is_refused(bob: Person, query: str) -> None:
    problem(call(bob, "GET", f"/files?{query}"), 422)


def test_any_text_can_be_searched_for(bob: Person) -> None:
    for q in ("%25", "_", "%00", "%ED%A0%80", "'", '"', "%5C", "🦄"):
        assert call(bob, "GET", f"/files?q={q}").json()["items"] == []


def test_a_move_that_makes_no_sense_is_refused(bob: Person) -> None:
    file = keep(bob)
    bodies: list[object] = [
        {},
        {"path": ""},
        {"path": "../x"},
        {"path": "a", "owner": 1},
        {"path": 1},
        [],
    ]
    for body in bodies:
        problem(call(bob, "PATCH", f"/files/{file['id']}", body), 422)
    problem(call(bob, "GET", f"/files/{file['id']}/content?disposition=evil"), 422)


@pytest.mark.parametrize(
    "path", ["/files/1", "/files/x", "/uploads/1/parts", "/files/../files", "/nothing"]
)
def test_an_address_that_is_none_is_not_there(bob: Person, path: str) -> None:
    assert call(bob, "GET", path).status_code == 404


# --- S3 fails --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (Failure(400, "Odd"), 502),
        (Failure(403, "AccessDenied"), 403),
        (Failure(500, "InternalError"), 503),
        (Failure(503, "SlowDown"), 503),
        (Failure(reset=True), 503),
    ],
)
def test_a_failing_s3_is_told_without_a_trace(
    bob: Person, broken_s3: FakeS3, failure: Failure, status: int
) -> None:
    broken_s3.failure = failure
    for answer in (
        start(bob, size=17 * MIB),
        call(bob, "DELETE", fill("/files/{file}", bob)),
    ):
        told = problem(answer, status)
        assert told["reference"]
        assert ("Retry-After" in answer) == (status != 403)
        assert "SECRET" not in answer.content.decode()
        assert "internal" not in answer.content.decode()
    assert File.objects.exists()


def test_nothing_presigned_is_logged(bob: Person, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    file = keep(bob, "secret-name.txt")
    call(bob, "GET", f"/files/{file['id']}/content")
    text = "".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    assert "request" in text
    for secret in ("X-Amz-", "AWS4", "secret-name"):
        assert secret not in text


# --- Documentation ---------------------------------------------------------------------------------


def test_every_operation_is_documented_with_its_problems(bob: Person) -> None:
    paths = call(bob, "GET", "/openapi.json").json()["paths"]
    operations = [
        op for ops in paths.values() for op in ops.values() if {"files", "uploads"} & {*op["tags"]}
    ]
    assert {op["operationId"] for op in operations} == {
        "start_upload",
        "list_uploads",
        "start_uploads",
        "complete_uploads",
        "get_upload",
        "sign_parts",
        "complete_upload",
        "abort_upload",
        "list_files",
        "find_known_files",
        "get_file",
        "get_content",
        "move_file",
        "delete_file",
    }
    for operation in operations:
        assert operation["summary"]
        assert {"401", "403", "422"} <= set(map(str, operation["responses"]))
