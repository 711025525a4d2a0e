"""Files in Django admin: to be looked at, by administrators."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import AuditEvent, Kind
from files.models import File, Upload
from tests.conftest import Person

LISTS = ["/admin/files/file/", "/admin/files/upload/"]


@pytest.fixture
def bobs_file(bob: Person) -> File:
    file = File.objects.create(
        owner=bob.user,
        folder="f/",
        name="<b>report</b>.pdf",
        folded="<b>report</b>.pdf",
        size=5_000_000,
        content_type="application/pdf",
        key=f"users/x/{uuid4()}",
        etag='"e"',
    )
    about = {
        "owner": bob.user,
        "name": "way.bin",
        "content_type": "a/b",
        "part_size": 9,
        "part_count": 1,
    }
    Upload.objects.create(**about, size=9, key="k1")
    Upload.objects.create(**about, size=9, key="k2", aborting=True)
    Upload.objects.create(**about, size=9, key="k3", file=file)
    return file


def test_an_administrator_sees_everybodys_files(alice: Person, bobs_file: File) -> None:
    page = alice.get("/admin/files/file/").content.decode()
    assert "&lt;b&gt;report&lt;/b&gt;.pdf" in page
    assert "<b>report" not in page
    assert "bob@example.com" in page
    assert f"/admin/accounts/user/{bobs_file.owner_id}/change/" in page
    assert "5,000,000 bytes" in page
    one = alice.get(f"/admin/files/file/{bobs_file.pk}/change/").content.decode()
    assert bobs_file.key in one


def test_an_administrator_reads_a_file_with_their_own_credentials(
    alice: Person, bobs_file: File
) -> None:
    address = f"/admin/files/file/{bobs_file.pk}/content/"
    assert address in alice.get(f"/admin/files/file/{bobs_file.pk}/change/").content.decode()
    answer = alice.get(address)
    assert answer.status_code == 302
    assert "no-store" in answer["Cache-Control"]
    assert bobs_file.key in answer["Location"]
    noted = AuditEvent.objects.get(kind=Kind.FILE_READ)
    assert noted.user == bobs_file.owner
    assert noted.detail == {"by": alice.user.pk, "file": str(bobs_file.pk)}


def test_nobody_else_reads_a_file_there(bob: Person, mallory: Person, bobs_file: File) -> None:
    for person in (bob, mallory):
        address = f"/admin/files/file/{bobs_file.pk}/content/"
        assert person.get(address, follow=True).status_code == 403


def test_a_file_is_read_there_with_mfa_where_the_settings_say_so(
    alice: Person, bobs_file: File, settings: Settings
) -> None:
    address = f"/admin/files/file/{bobs_file.pk}/content/"
    settings.ADMIN_REQUIRES_MFA = True
    assert b"Add an authenticator app" in alice.get(address).content
    settings.ADMIN_REQUIRES_MFA = False
    assert alice.get(address).status_code == 302


def test_a_file_that_is_not_there_is_told_to_administrators_too(alice: Person) -> None:
    assert alice.get(f"/admin/files/file/{uuid4()}/content/").status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=report", True),
        ("q=bob@example.com", True),
        ("q=alice@example.com", False),
        ("kind=application", True),
        ("kind=image", False),
        ("kind=%27", False),
    ],
)
def test_files_are_found_by_name_owner_and_kind(
    alice: Person, bobs_file: File, query: str, found: bool
) -> None:
    answer = alice.get(f"/admin/files/file/?{query}")
    assert ("report" in answer.content.decode().partition("result_list")[2]) == found


@pytest.mark.parametrize(("state", "count"), [("open", 1), ("complete", 1), ("aborting", 1), ("", 3)])
def test_uploads_are_found_by_state(alice: Person, bobs_file: File, state: str, count: int) -> None:
    answer = alice.get("/admin/files/upload/", {"state": state} if state else {})
    assert len(answer.context["cl"].result_list) == count


def test_nobody_changes_there_what_s3_knows_better(alice: Person, bobs_file: File) -> None:
    for address in LISTS:
        assert alice.get(f"{address}add/").status_code == 403
    for page in ("change", "delete"):
        assert alice.post(f"/admin/files/file/{bobs_file.pk}/{page}/", {"name": "x"}).status_code == 403
    alice.post(LISTS[0], {"action": "delete_selected", "_selected_action": str(bobs_file.pk)})
    bobs_file.refresh_from_db()
    assert bobs_file.name == "<b>report</b>.pdf"


@pytest.mark.parametrize("address", LISTS)
def test_a_list_costs_no_query_per_row(alice: Person, bobs_file: File, address: str) -> None:
    with CaptureQueriesContext(connection) as few:
        alice.get(address)
    for number in range(20):
        about = {"owner": bobs_file.owner, "name": f"{number}", "size": 1, "key": f"more{number}"}
        Upload.objects.create(**about, part_size=1, part_count=1)
        File.objects.create(**about, folded="x", etag="e")
    with CaptureQueriesContext(connection) as many:
        alice.get(address)
    assert len(many) == len(few)


@pytest.mark.parametrize("address", LISTS)
def test_only_administrators_get_there(
    bob: Person, mallory: Person, victor: Person, address: str
) -> None:
    for person in (bob, mallory, victor):
        assert person.get(address).status_code in {302, 403}
        assert person.get(address, follow=True).status_code == 403
