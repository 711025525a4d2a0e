"""Whoever deletes their account takes along all that they keep, and nothing of anybody else's."""

from typing import Any
from unittest.mock import patch

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.dispatch import Signal

from accounts import leaving
from accounts.credentials import Credentials
from accounts.faults import Refused, SignInAgain, Unavailable
from accounts.models import AuditEvent, Kind, User
from accounts.sessions import credentials_of
from files import uploads
from files.models import File, Upload
from files.parts import MIB
from files.storage import Prefix
from tests.accounts import newcomers
from tests.accounts.test_account import words
from tests.conftest import Person
from tests.stack import STACK

pytestmark = pytest.mark.django_db

BUCKET = STACK.env["FILES_BUCKET"]


@pytest.fixture
def ned() -> Person:
    """Somebody new, with two files and an upload on its way."""
    person = newcomers.signed_in(newcomers.make())
    keep(person, "one.txt")
    keep(person, "two.txt")
    start = {"path": "large.bin", "size": 20 * MIB, "content_type": "application/octet-stream"}
    answer = person.post("/api/v1/uploads", start, content_type="application/json")
    assert answer.status_code == 201, answer.content
    person.user.refresh_from_db()
    return person


def keep(person: Person, name: str) -> None:
    person.post("/files/upload/", {"file": SimpleUploadedFile(name, b"kept"), "folder": ""})
    assert File.objects.owned_by(person.user).filter(name=name).exists()


def delete(person: Person) -> Any:
    return person.post("/account/delete/", {"confirmation": person.user.email})


def keys(s3: Any, user: User) -> list[str]:
    answer = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"users/{user.identity_id}/")
    return [one["Key"] for one in answer.get("Contents", ())]


def open_uploads(s3: Any, user: User) -> list[str]:
    every = s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", ())
    return [one["Key"] for one in every if user.identity_id in one["Key"]]


def move_to(person: Person, group: str) -> None:
    """Into this group of the user pool and out of members, as of the next sign-in."""
    cognito, pool = STACK.admin("cognito-idp"), STACK.env["COGNITO_USER_POOL_ID"]
    email = person.user.email
    cognito.admin_remove_user_from_group(UserPoolId=pool, Username=email, GroupName="members")
    if group:
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=email, GroupName=group)


def test_files_uploads_and_stray_objects_all_go(ned: Person, s3_admin: Any) -> None:
    s3_admin.put_object(Bucket=BUCKET, Key=f"users/{ned.user.identity_id}/stray", Body=b"no row")
    assert len(keys(s3_admin, ned.user)) == 3
    assert len(open_uploads(s3_admin, ned.user)) == 1
    assert delete(ned).status_code == 302
    assert keys(s3_admin, ned.user) == []
    assert open_uploads(s3_admin, ned.user) == []
    assert not File.objects.exists()
    assert not Upload.objects.exists()
    assert not User.objects.filter(pk=ned.user.pk).exists()


def test_many_open_uploads_of_one_part_cost_no_call_each(ned: Person, s3_calls: list[str]) -> None:
    for number in range(20):
        start = {"path": f"{number}", "size": 3}
        ned.post("/api/v1/uploads", start, content_type="application/json")
    assert Upload.objects.filter(file=None, multipart_id="").count() == 20
    s3_calls.clear()
    assert delete(ned).status_code == 302
    # The one in parts; then what is there, and whether anything is left.
    assert s3_calls == [
        "AbortMultipartUpload",
        "DeleteObject",
        "ListObjectsV2",
        "DeleteObjects",
        "ListObjectsV2",
        "ListObjectsV2",
    ]
    assert not Upload.objects.exists()


def test_an_upload_of_one_part_whose_object_stays_stays_too(ned: Person) -> None:
    ned.post("/api/v1/uploads", {"path": "small", "size": 3}, content_type="application/json")
    with patch("files.storage.Prefix.delete_all", side_effect=Unavailable):
        assert delete(ned).status_code == 503
    assert Upload.objects.get(name="small").aborting
    assert delete(ned).status_code == 302
    assert not Upload.objects.exists()


def test_a_strangers_files_stay(ned: Person, s3_admin: Any) -> None:
    mallory = newcomers.signed_in(newcomers.make())
    assert delete(mallory).status_code == 302
    assert len(keys(s3_admin, ned.user)) == 2
    assert File.objects.owned_by(ned.user).count() == 2
    assert Upload.objects.owned_by(ned.user).filter(file=None).count() == 1


def test_more_objects_than_one_call_deletes_all_go(ned: Person, s3_admin: Any) -> None:
    for number in range(5):
        key = f"users/{ned.user.identity_id}/{number}"
        s3_admin.put_object(Bucket=BUCKET, Key=key, Body=b"")
    with patch("files.storage.LIST_PAGE", 2):
        assert delete(ned).status_code == 302
    assert keys(s3_admin, ned.user) == []


@pytest.mark.parametrize("group", ["viewers", ""])
def test_who_may_not_delete_files_keeps_files_and_account(
    ned: Person, group: str, s3_admin: Any
) -> None:
    move_to(ned, group)
    ned = newcomers.signed_in(ned.user.email)
    answer = delete(ned)
    assert answer.status_code == 403
    assert "Ask an administrator of this site to add you to a group" in words(answer)
    assert len(keys(s3_admin, ned.user)) == 2
    assert File.objects.owned_by(ned.user).count() == 2
    assert newcomers.attributes(ned.user.email)


@pytest.mark.parametrize("group", ["viewers", ""])
def test_who_may_not_delete_files_but_has_none_may_leave(group: str) -> None:
    ned = newcomers.signed_in(newcomers.make())
    keep(ned, "one.txt")
    file = File.objects.owned_by(ned.user).get()
    ned.delete(f"/api/v1/files/{file.pk}")
    move_to(ned, group)
    ned = newcomers.signed_in(ned.user.email)
    assert delete(ned).status_code == 302
    assert not User.objects.filter(pk=ned.user.pk).exists()


def test_a_viewer_with_objects_that_no_row_names_keeps_them(s3_admin: Any) -> None:
    ned = newcomers.signed_in(newcomers.make())
    keep(ned, "one.txt")
    File.objects.owned_by(ned.user).delete()
    move_to(ned, "viewers")
    ned = newcomers.signed_in(ned.user.email)
    assert delete(ned).status_code == 403
    ned.user.refresh_from_db()
    assert len(keys(s3_admin, ned.user)) == 1


def test_while_s3_is_away_nothing_is_deleted_and_later_everything(ned: Person, s3_admin: Any) -> None:
    with patch("files.storage.Prefix.keys", side_effect=Unavailable):
        answer = delete(ned)
    assert answer.status_code == 503
    assert newcomers.attributes(ned.user.email)
    assert File.objects.owned_by(ned.user).count() == 2
    assert delete(ned).status_code == 302
    assert keys(s3_admin, ned.user) == []


def test_an_upload_that_another_tab_begins_meanwhile_does_not_stop_it(
    ned: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = Signal()
    monkeypatch.setattr(leaving, "leaving", late)
    calls: list[int] = []

    def receiver(request: Any, **_: object) -> None:
        calls.append(1)
        uploads.empty(owner=ned.user, credentials=credentials_of(request))
        if len(calls) == 1:
            File.objects.create(owner=ned.user, name="late.txt", folded="late.txt", size=1, key="late")

    late.connect(receiver)
    assert delete(ned).status_code == 302
    assert len(calls) == 2
    assert not User.objects.filter(pk=ned.user.pk).exists()
    events = AuditEvent.objects.filter(kind=Kind.ACCOUNT_DELETED, subject=ned.user.subject)
    assert events.count() == 1


@pytest.mark.parametrize("refused", [False, True], ids=["kept again", "no credentials any more"])
def test_whoever_goes_on_uploading_is_asked_to_stop_and_can_then_finish(
    ned: Person, monkeypatch: pytest.MonkeyPatch, refused: bool
) -> None:
    uploading, calls = Signal(), []
    monkeypatch.setattr(leaving, "leaving", uploading)

    def receiver(request: Any, **_: object) -> None:
        calls.append(1)
        if refused and len(calls) > 1:
            raise SignInAgain
        uploads.empty(owner=ned.user, credentials=credentials_of(request))
        File.objects.create(owner=ned.user, name="late", folded="late", size=1, key=f"{len(calls)}")

    uploading.connect(receiver)
    answer = delete(ned)
    assert answer.status_code == 409
    assert "Stop it, then press the button once more." in words(answer)
    assert User.objects.filter(pk=ned.user.pk).exists()
    assert not AuditEvent.objects.filter(kind=Kind.ACCOUNT_DELETED, subject=ned.user.subject).exists()
    File.objects.owned_by(ned.user).delete()
    assert delete(ned).status_code == 302
    assert not User.objects.filter(pk=ned.user.pk).exists()


def test_what_iam_stops_midway_is_not_said_to_be_all_there(ned: Person) -> None:
    with patch("files.storage.Prefix.delete_all", side_effect=Refused):
        page = words(delete(ned))
    assert "Nothing was deleted" not in page
    assert "Some may be gone already" in page
    assert newcomers.attributes(ned.user.email)


def test_what_s3_stops_midway_is_not_said_to_be_all_there(ned: Person) -> None:
    with patch("files.storage.Prefix.delete_all", side_effect=Unavailable):
        answer = delete(ned)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Nothing was lost" not in words(answer)
    assert "press the button once more" in words(answer)


def test_more_than_one_request_can_delete_goes_in_several(ned: Person, s3_admin: Any) -> None:
    with patch("files.storage.LIST_PAGE", 1), patch("files.uploads.PAGES", 1):
        answer = delete(ned)
        assert answer.status_code == 503
        assert "press the button once more" in words(answer)
        assert len(keys(s3_admin, ned.user)) == 1
    assert newcomers.attributes(ned.user.email)
    assert delete(ned).status_code == 302
    assert keys(s3_admin, ned.user) == []


@pytest.mark.parametrize("whose", ["victors", "bobs"])
def test_objects_that_s3_does_not_let_go_are_not_taken_for_deleted(
    victors: Credentials, bobs: Credentials, whose: str, s3_admin: Any
) -> None:
    """A viewer's own, and another person's: DeleteObjects itself answers 200 to both."""
    owner = {"victors": victors, "bobs": bobs}[whose]
    key = f"users/{owner.identity_id}/kept"
    s3_admin.put_object(Bucket=BUCKET, Key=key, Body=b"kept")
    with Prefix(victors) as prefix, pytest.raises(Refused):
        prefix.delete_all([key])
    assert s3_admin.head_object(Bucket=BUCKET, Key=key)
    s3_admin.delete_object(Bucket=BUCKET, Key=key)
