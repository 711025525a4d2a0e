"""The pages about files, without JavaScript."""

import os
import tracemalloc
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import requests
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries

from files.models import File, Upload
from files.parts import MIB
from files.paths import parse
from tests.conftest import Person
from tests.files.fake_s3 import Failure, FakeS3
from tests.files.test_paths import IN_MANY_LANGUAGES


def upload(client: Client, *files: SimpleUploadedFile, folder: str = "") -> Any:
    return client.post("/files/upload/", {"folder": folder, "file": list(files)})


def named(name: str, content: bytes = b"content", kind: str = "text/plain") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, kind)


def told(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def row(owner: Person, name: str = "a.txt", folder: str = "", **over: Any) -> File:
    about = {"size": 1, "content_type": "text/plain", "key": f"users/x/{uuid4()}", "etag": "e"}
    return File.objects.create(
        owner=owner.user, folder=folder, name=name, folded=name.casefold(), **{**about, **over}
    )


# --- The list --------------------------------------------------------------------------------------


def test_the_list_costs_four_queries_whatever_its_length(
    bob: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(120):
        row(bob, f"n{number}", f"f{number % 3}/" if number % 2 else "")
    with django_assert_num_queries(4):
        page = bob.get("/files/")
    assert page.status_code == 200
    assert len(page.context["listing"].files) == 60
    assert len(page.context["listing"].folders) == 3


def test_names_are_shown_as_text(bob: Person) -> None:
    row(bob, "<script>alert(1)</script>", "<b>/")
    for address in ("/files/?folder=%3Cb%3E/", "/files/?q=script", "/files/"):
        page = bob.get(address).content.decode()
        assert "<script>alert" not in page
        assert "<b>" not in page
    assert escape("<script>alert(1)") in bob.get("/files/?q=script").content.decode()


def test_pages_follow_each_other(bob: Person) -> None:
    for number in range(150):
        row(bob, f"n{number:03}")
    first = bob.get("/files/").context["listing"]
    second = bob.get(first.next_url).context["listing"]
    assert [file.name for file in (*first.files, *second.files)] == [f"n{n:03}" for n in range(150)]


@pytest.mark.parametrize("query", ["sort=x", "cursor=x", "folder=../", "folder=%00", f"q={'x' * 300}"])
def test_an_address_that_makes_no_sense_is_told_so(bob: Person, query: str) -> None:
    assert bob.get(f"/files/?{query}").status_code == 422


def test_a_person_without_a_group_is_told_why(nora: Person) -> None:
    page = nora.get("/files/")
    assert page.status_code == 200
    assert "listing" not in page.context
    assert "may not keep files yet" in page.content.decode()


def test_a_viewer_sees_no_upload(victor: Person) -> None:
    row(victor)
    page = victor.get("/files/").content.decode()
    assert "a.txt" in page
    assert "uploader" not in page


def test_a_stranger_sees_nothing_of_bobs(bob: Person, mallory: Person) -> None:
    row(bob, "bobs-secret.txt")
    for address in ("/files/", "/files/?q=secret"):
        assert "bobs-secret" not in mallory.get(address).content.decode()


# --- Uploading -------------------------------------------------------------------------------------


def test_files_go_up_through_the_plain_form(bob: Person) -> None:
    files = [named("Zoë.txt"), named("empty.txt", b""), named("big.bin", os.urandom(9 * MIB))]
    answer = upload(bob, *files, folder="f/")
    assert (answer.status_code, answer["Location"]) == (302, "/files/?folder=f%2F")
    assert told(answer) == ["“Zoë.txt” is kept.", "“empty.txt” is kept.", "“big.bin” is kept."]
    assert {(file.path, file.size) for file in File.objects.owned_by(bob.user)} == {
        ("f/Zoë.txt", 7),
        ("f/empty.txt", 0),
        ("f/big.bin", 9 * MIB),
    }
    file = File.objects.get(name="Zoë.txt")
    got = bob.get(f"/files/{file.pk}/content/")
    assert got.status_code == 302
    assert "no-store" in got["Cache-Control"]
    assert requests.get(got["Location"], timeout=10).content == b"content"
    shown = bob.get(f"/files/{file.pk}/content/?disposition=inline")
    assert "inline" in shown["Location"]
    assert bob.get(f"/files/{file.pk}/content/?disposition=x").status_code == 422


def test_a_second_file_of_a_name_is_numbered(bob: Person) -> None:
    upload(bob, named("a.txt"))
    assert told(upload(bob, named("a.txt")))[-1] == "“a (2).txt” is kept."


def test_names_in_every_language_come_through_the_form(bob: Person) -> None:
    names = [name for name in IN_MANY_LANGUAGES if not name.isprintable()]
    upload(bob, *map(named, names))
    assert {file.name for file in File.objects.all()} == {parse(name).name for name in names}


@pytest.mark.parametrize("size", [1, 3 * MIB])  # in memory, and on disk
@pytest.mark.parametrize(
    "name", ["a\0b", "a\x7f", "x." + "語" * 200, "語" * 400, "\udcff", "&#0;", "&#x202e;"]
)
def test_names_that_cannot_be_kept_are_told(bob: Person, name: str, size: int) -> None:
    quoted = name.encode("utf-8", "surrogateescape")
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n\r\n' % quoted
    body += bytes(size) + b"\r\n--x--\r\n"
    answer = bob.generic("POST", "/files/upload/", body, content_type="multipart/form-data; boundary=x")
    # 400: more header than Django reads, or a file that came without a name.
    assert answer.status_code == 400 or told(answer)
    assert not any("\0" in file.name or "\x7f" in file.name for file in File.objects.all())


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data; boundary=x"),
        (b"x", "multipart/form-data"),
        (b"x", "multipart/form-data; boundary=\xc3"),
        (b"{}", "application/json"),
    ],
)
def test_a_body_that_is_no_form_is_told_so(bob: Person, body: bytes, kind: str) -> None:
    answer = bob.generic("POST", "/files/upload/", body, content_type=kind)
    assert answer.status_code in {302, 400}


def test_what_cannot_be_kept_is_told_and_the_rest_is_kept(bob: Person) -> None:
    answer = upload(bob, named("evil\u202efdp.exe"), named("good.txt"))
    bad, good = told(answer)
    assert "was not kept" in bad
    assert "U+202E" in bad
    assert good == "“good.txt” is kept."


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({"folder": ""}, "Choose a file first."),
        ({"folder": "../", "file": named("a")}, "cannot be names"),
        ({"folder": "a\u202e", "file": named("a")}, "invisible"),
    ],
)
def test_a_form_that_makes_no_sense_is_told_so(
    bob: Person, data: dict[str, Any], complaint: str
) -> None:
    answer = bob.post("/files/upload/", data)
    assert answer.status_code == 302
    assert complaint in told(answer)[0]
    assert not Upload.objects.exists()


def test_a_failing_s3_is_an_error_page(bob: Person, broken_s3: FakeS3) -> None:
    broken_s3.failure = Failure(503, "SlowDown")
    answer = upload(bob, named("a.txt"))
    assert answer.status_code == 503
    assert "reference number" in answer.content.decode()
    assert not File.objects.exists()


class Body:
    """A multipart form of one large file, made while it is sent."""

    HEAD = b'--x\r\nContent-Disposition: form-data; name="file"; filename="big"\r\n\r\n'

    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return len(self.HEAD) + self.size + len(b"\r\n--x--\r\n")

    def __iter__(self) -> Iterator[bytes]:
        yield self.HEAD
        for _ in range(self.size // 65536):
            yield bytes(65536)
        yield b"\r\n--x--\r\n"


@pytest.mark.django_db(transaction=True)
def test_a_large_form_keeps_memory_flat(bob: Person, live_server: Any) -> None:
    bob.get("/files/")
    cookies = {name: morsel.value for name, morsel in bob.cookies.items()}
    headers = {
        "X-CSRFToken": cookies["csrftoken"],
        "Content-Type": "multipart/form-data; boundary=x",
    }
    tracemalloc.start()
    try:
        answer = requests.post(
            f"{live_server.url}/files/upload/",
            data=Body(100 * MIB),
            headers=headers,
            cookies=cookies,
            allow_redirects=False,
            timeout=120,
        )
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert answer.status_code == 302, answer.text
    assert File.objects.get().size == 100 * MIB
    assert peak < 50 * MIB


def test_nobody_gets_a_large_body_read_without_the_right_to_send_it(
    client: Client, db: None, victor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unread(*_: object) -> None:
        raise AssertionError("the body was read")

    monkeypatch.setattr("django.http.request.HttpRequest._load_post_and_files", unread)
    for who, status in ((client, 302), (victor, 403)):
        who.handler.enforce_csrf_checks = True
        assert upload(who, named("a.txt")).status_code == status


def test_a_form_without_the_csrf_token_is_refused(bob: Person) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = bob.cookies
    assert upload(strict, named("a.txt")).status_code == 403
    file = row(bob)
    assert strict.post(f"/files/{file.pk}/delete/").status_code == 403
    assert strict.post(f"/files/{file.pk}/rename/", {"path": "b"}).status_code == 403


# --- Renaming and deleting -------------------------------------------------------------------------


def test_a_file_is_renamed_and_moved(bob: Person) -> None:
    file = row(bob)
    assert "a.txt" in bob.get(f"/files/{file.pk}/rename/").content.decode()
    answer = bob.post(f"/files/{file.pk}/rename/", {"path": "Ordner/Ä.txt"})
    assert (answer.status_code, answer["Location"]) == (302, "/files/?folder=Ordner%2F")
    file.refresh_from_db()
    assert file.path == "Ordner/Ä.txt"


@pytest.mark.parametrize(
    ("path", "complaint"),
    [("b.txt", "already"), ("../x", "cannot be names"), ("", "required"), ("x" * 9000, "1000")],
)
def test_a_name_that_cannot_be_used_is_told_in_the_form(bob: Person, path: str, complaint: str) -> None:
    file = row(bob)
    row(bob, "b.txt")
    answer = bob.post(f"/files/{file.pk}/rename/", {"path": path})
    assert answer.status_code == 422
    assert complaint in answer.context["form"].errors["path"][0]


def test_a_file_is_deleted_after_a_question(bob: Person) -> None:
    upload(bob, named("a.txt"), folder="f/")
    file = File.objects.get()
    assert "a.txt" in bob.get(f"/files/{file.pk}/delete/").content.decode()
    assert File.objects.exists()
    answer = bob.post(f"/files/{file.pk}/delete/")
    assert (answer.status_code, answer["Location"]) == (302, "/files/?folder=f%2F")
    assert not File.objects.exists()


# --- Who may ---------------------------------------------------------------------------------------

ABOUT_ONE = [
    ("get", "content"),
    ("get", "rename"),
    ("post", "rename"),
    ("get", "delete"),
    ("post", "delete"),
]


@pytest.mark.parametrize(("method", "page"), ABOUT_ONE)
def test_a_stranger_finds_nothing(bob: Person, mallory: Person, method: str, page: str) -> None:
    file = row(bob)
    for pk in (file.pk, uuid4()):
        assert getattr(mallory, method)(f"/files/{pk}/{page}/", {"path": "x"}).status_code == 404
    assert File.objects.get().name == "a.txt"


@pytest.mark.parametrize(("method", "page"), ABOUT_ONE)
def test_a_viewer_may_only_look(victor: Person, method: str, page: str) -> None:
    file = row(victor)
    answer = getattr(victor, method)(f"/files/{file.pk}/{page}/", {"path": "x"})
    assert answer.status_code == (302 if page == "content" else 403)
    assert File.objects.get().name == "a.txt"


def test_a_viewer_may_not_upload(victor: Person) -> None:
    assert upload(victor, named("a.txt")).status_code == 403


@pytest.mark.parametrize(("method", "page"), ABOUT_ONE)
def test_a_person_without_a_group_may_nothing(nora: Person, method: str, page: str) -> None:
    file = row(nora)
    assert getattr(nora, method)(f"/files/{file.pk}/{page}/", {"path": "x"}).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "address"),
    [("get", ""), ("post", "upload/"), *((m, f"{uuid4()}/{page}/") for m, page in ABOUT_ONE)],
)
def test_nobody_is_sent_to_sign_in(client: Client, method: str, address: str) -> None:
    answer = getattr(client, method)(f"/files/{address}")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/oidc/authenticate/?next=/files/")


@pytest.mark.parametrize(("method", "address"), [("get", "upload/"), ("post", ""), ("put", "")])
def test_methods_that_mean_nothing_are_refused(bob: Person, method: str, address: str) -> None:
    assert getattr(bob, method)(f"/files/{address}").status_code == 405
