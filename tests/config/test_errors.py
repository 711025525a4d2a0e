"""What people and programs are told when something fails."""

import json
import logging
import re
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from django.test import Client, RequestFactory
from pythonjsonlogger.json import JsonFormatter

from accounts.faults import Fault, Refused, SignInAgain, Unavailable
from accounts.models import Session
from config import errors
from config.request import Request
from tests.accounts.signing_in import sign_in
from tests.conftest import Person
from tests.fakes import FakeCognito


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status"), [("/nothing-here", 404), ("/files/not-a-uuid/content/", 404), ("/%00", 404)]
)
def test_an_address_where_nothing_is_has_a_page_with_a_reference(
    client: Client, path: str, status: int
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer["X-Reference"] in answer.content.decode()


def test_under_api_it_is_a_problem_document(client: Client) -> None:
    answer = client.get("/api/v1/nothing-here")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail", "reference"}
    assert body["reference"] == answer["X-Reference"]


def test_a_body_that_is_not_json_is_a_problem_document(bob: Person) -> None:
    answer = bob.post("/api/v1/uploads", "{not json", "application/json")
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")


def test_a_form_where_json_belongs_is_told(bob: Person) -> None:
    answer = bob.post("/api/v1/uploads", {"path": "a.txt"})
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.status_code in {415, 422}


def test_a_wrong_method_is_a_problem_document_too(bob: Person) -> None:
    answer = bob.put("/api/v1/files")
    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
    assert answer["Allow"] == "GET"


def test_answers_of_the_api_are_not_cached(bob: Person) -> None:
    assert bob.get("/api/v1/files")["Cache-Control"] == "no-store"


def test_a_malformed_body_names_each_field(bob: Person) -> None:
    answer = bob.post("/api/v1/uploads", json.dumps({"size": "x"}), "application/json")
    assert answer.status_code == 422
    assert {"path", "size"} <= set(answer.json()["errors"])


def test_a_foreign_host_is_refused_without_naming_it(client: Client) -> None:
    answer = client.get("/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert b"evil.example" not in answer.content


@pytest.mark.parametrize("fault", [Unavailable(), Refused(), SignInAgain(), Fault()])
def test_each_fault_has_a_page_with_its_reference(fault: Fault) -> None:
    request = a_request("/files/")
    answer = errors.answer(request, fault)
    assert answer.status_code == fault.status
    assert "abc123" in answer.content.decode()
    assert fault.detail in answer.content.decode()
    assert answer.get("Retry-After") == (str(fault.retry_after) if fault.retry_after else None)


def test_a_fault_by_field_names_the_fields_to_a_program() -> None:
    fault = Refused("No.", errors={"path": "It is too long."})
    body = json.loads(errors.answer(a_request("/api/v1/files"), fault).content)
    assert body["errors"] == {"path": "It is too long."}


def test_our_own_failure_is_a_page_too() -> None:
    answer = errors.server_error(a_request("/files/"))
    assert answer.status_code == 500
    assert "our fault" in answer.content.decode()
    assert errors.server_error(a_request("/api/v1/files"))["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_the_error_page_does_not_fail_where_the_request_did(
    client: Client, cognito: FakeCognito
) -> None:
    """Telling who is asking is what failed; the page must not ask again."""
    sign_in(client, cognito)
    Session.objects.update(tokens_expire_at="2020-01-01T00:00:00Z")
    cognito.will_answer("/oauth2/token", 503, b"", times=2)
    answer = client.get("/nothing-here")
    assert answer.status_code == 404


def test_every_page_has_the_strict_policy(client: Client) -> None:
    policy = client.get("/nothing-here")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.django_db
def test_security_headers_are_there(client: Client) -> None:
    answer = client.get("/")
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"


def test_one_log_line_a_request_without_the_query(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "config.requests")
    answer = client.get("/healthz?code=c0de")
    (line,) = (record for record in caplog.records if record.name == "config.requests")
    assert vars(line)["path"] == "/healthz"
    assert vars(line)["reference"] == answer["X-Reference"]
    assert "c0de" not in str(vars(line))


@pytest.mark.django_db
def test_what_django_logs_of_a_request_holds_no_query(client: Client) -> None:
    record = logging.LogRecord("django.request", 40, __file__, 1, "Bad Request", None, None)
    record.request = client.get("/healthz?code=c0de").wsgi_request
    (formatter,) = {
        handler.formatter
        for handler in logging.getLogger().handlers
        if handler.formatter and isinstance(handler.formatter, JsonFormatter)
    }
    assert "c0de" not in formatter.format(record)


def test_a_strangers_form_is_not_spooled_to_disk() -> None:
    large = SimpleUploadedFile("large", b"x" * (3 * 1024 * 1024))
    assert not RequestFactory().post("/oidc/logout/", {"file": large}).FILES


@pytest.mark.parametrize("codec", ["hex", "undefined", "rot13", "punycode", "no-such-codec"])
def test_a_strange_codec_is_no_failure_of_ours(codec: str) -> None:
    environ = {
        "REQUEST_METHOD": "GET",
        "QUERY_STRING": "q=%ff",
        "CONTENT_TYPE": f"text/plain; charset={codec}",
        "wsgi.input": BytesIO(),
    }
    assert Request(environ).GET["q"] == "�"


def test_no_template_has_inline_script_or_style(client: Client) -> None:
    page = client.get("/").content.decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)


def a_request(path: str) -> HttpRequest:
    request = HttpRequest()
    request.path, request.method = path, "GET"
    request.reference = "abc123"  # type: ignore[attr-defined]
    return request
