"""The states of an upload, against the local stack; and what is left when something fails midway."""

import base64
import hashlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
import requests
from django.conf import settings as site_settings
from django.core.files.base import ContentFile
from django.db import connection
from pytest_django import Settings
from s3transfer.utils import ChunksizeAdjuster

from accounts.credentials import Credentials
from accounts.faults import Fault, Refused, Unavailable
from accounts.models import User
from files import placing, s3, streaming, uploads, windows
from files.assembly import Claim, NotArrived
from files.drafts import Asked
from files.faults import Conflict, Malformed, NameTaken, TooLarge
from files.models import File, Upload
from files.parts import MIB
from files.storage import BadParts, Prefix, Stored, UploadOver
from files.uploads import AlreadyComplete
from files.windows import Window
from tests.files.conftest import person
from tests.files.fake_s3 import Failure, fake_s3

pytestmark = pytest.mark.django_db


def sha256(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


@pytest.fixture
def bob_here() -> User:
    return person("bob")


def send(window: Window, content: bytes, part_size: int, *, skip: tuple[int, ...] = ()) -> list[Claim]:
    """What the browser does: PUT each part, and remember the ETags."""
    claims = []
    for part in window.parts:
        if part.number in skip:
            continue
        start = (part.number - 1) * part_size
        body = content[start : start + part.size]
        answer = requests.put(part.signed.url, data=body, headers=part.signed.headers, timeout=30)
        assert answer.status_code == 200, answer.text
        claims.append(Claim(part.number, answer.headers["ETag"]))
    return claims


class Sender:
    """Bob, with a file to keep."""

    def __init__(self, owner: User, credentials: Credentials) -> None:
        self.owner, self.credentials = owner, credentials

    def start(self, path: str, size: int, **how: Any) -> tuple[Upload, Window]:
        asked = Asked(path, size, **how)
        return uploads.start(owner=self.owner, credentials=self.credentials, asked=asked)

    def sent(self, path: str, content: bytes = b"content", **how: Any) -> Upload:
        """An upload whose bytes are all in S3."""
        upload, window = self.start(path, len(content), **how)
        send(window, content, upload.part_size)
        return upload

    def complete(self, upload: Upload, claims: list[Claim] | None = None) -> File:
        fresh = Upload.objects.get(pk=upload.pk)
        return uploads.complete(upload=fresh, credentials=self.credentials, claims=claims)

    def keep(self, path: str, content: bytes = b"content", **how: Any) -> File:
        return self.complete(self.sent(path, content, **how))


@pytest.fixture
def bob(bob_here: User, bobs: Credentials) -> Sender:
    return Sender(bob_here, bobs)


@pytest.fixture
def objects(s3_admin: Any, bobs: Credentials) -> Callable[[], set[str]]:
    """The keys in bob's prefix."""

    def listed() -> set[str]:
        pages = s3_admin.get_paginator("list_objects_v2").paginate(
            Bucket=site_settings.FILES_BUCKET, Prefix=f"users/{bobs.identity_id}/"
        )
        return {one["Key"] for page in pages for one in page.get("Contents", ())}

    return listed


# --- From start to file ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "size", [0, 1, 5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 16 * MIB - 1, 16 * MIB, 16 * MIB + 1]
)
@pytest.mark.parametrize("hashed", [False, True])
def test_a_file_of_any_size_is_kept_whole(bob: Sender, size: int, hashed: bool) -> None:
    content = os.urandom(size)
    cuts = [content[i : i + 16 * MIB] for i in range(0, size, 16 * MIB)] or [b""]
    upload, window = bob.start("a/b.bin", size, hashes=[sha256(cut) for cut in cuts] if hashed else ())
    assert len(window.parts) == upload.part_count == (2 if size > 16 * MIB else 1)
    file = bob.complete(upload, send(window, content, upload.part_size))
    assert (file.folder, file.name, file.size) == ("a/", "b.bin", size)
    if hashed:
        assert file.sha256.split("-")[0] == (sha256(content) if len(cuts) == 1 else file.sha256[:44])
        assert file.sha256.endswith("-2") == (len(cuts) > 1)
    with Prefix(bob.credentials) as prefix:
        url = prefix.sign_get(file.key, name=file.name, content_type="a/b", inline=False)
    assert requests.get(url, timeout=30).content == content


def test_the_key_is_opaque_and_in_the_persons_prefix(bob: Sender) -> None:
    file = bob.keep("Secret Name.txt")
    assert file.key.startswith(f"users/{bob.credentials.identity_id}/")
    assert "Secret" not in file.key


def test_windows_follow_each_other(bob: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "WINDOW", 2)
    upload, window = bob.start("a", 23 * MIB, part_size=5 * MIB)
    assert [part.number for part in window.parts] == [1, 2]
    following = uploads.window(upload=upload, credentials=bob.credentials, first=3)
    assert [(part.number, part.size) for part in following.parts] == [(3, 5 * MIB), (4, 5 * MIB)]
    last = uploads.window(upload=upload, credentials=bob.credentials, first=5)
    assert [(part.number, part.size) for part in last.parts] == [(5, 3 * MIB)]


def test_a_reload_learns_which_parts_s3_holds(bob: Sender) -> None:
    content = os.urandom(12 * MIB)
    cuts = [content[i : i + 5 * MIB] for i in range(0, len(content), 5 * MIB)]
    hashes = [sha256(cut) for cut in cuts]
    upload, window = bob.start("a", len(content), part_size=5 * MIB, hashes=hashes)
    send(window, content, 5 * MIB, skip=(2,))
    again = uploads.window(upload=upload, credentials=bob.credentials, first=1, hashes=hashes)
    assert [part.stored for part in again.parts] == [True, False, True]
    assert [bool(part.etag) for part in again.parts] == [True, False, True]
    other = [sha256(b"another file"), *hashes[1:]]
    changed = uploads.window(upload=upload, credentials=bob.credentials, first=1, hashes=other)
    assert [part.stored for part in changed.parts] == [False, False, True]


def test_a_single_put_is_known_to_have_arrived_too(bob: Sender) -> None:
    upload, window = bob.start("a", 3)
    (part,) = uploads.window(upload=upload, credentials=bob.credentials, first=1).parts
    assert not part.stored
    send(window, b"abc", upload.part_size)
    (part,) = uploads.window(upload=upload, credentials=bob.credentials, first=1).parts
    assert part.stored
    assert part.etag


def test_another_file_cannot_go_on_with_an_upload(bob: Sender) -> None:
    upload, _ = bob.start("a", 3, hashes=[sha256(b"abc")])
    with pytest.raises(Conflict, match="not the file"):
        uploads.window(upload=upload, credentials=bob.credentials, first=1, hashes=[sha256(b"xyz")])


@pytest.mark.parametrize("count", [0, 33])
def test_a_window_is_within_the_upload(bob: Sender, count: int) -> None:
    upload, _ = bob.start("a", 32 * 5 * MIB, part_size=5 * MIB)
    with pytest.raises(Malformed):
        uploads.window(upload=upload, credentials=bob.credentials, first=count)


def test_hashes_go_with_uploads_that_started_with_them(bob: Sender) -> None:
    digest = sha256(b"")
    plain, _ = bob.start("a", 17 * MIB)
    hashed, _ = bob.start("b", 17 * MIB, hashes=[digest])
    for upload, hashes in ((plain, [digest]), (hashed, []), (hashed, [digest] * 3), (hashed, ["x"])):
        with pytest.raises(Malformed):
            uploads.window(upload=upload, credentials=bob.credentials, first=1, hashes=hashes)


@pytest.mark.parametrize(
    ("over", "fault"),
    [
        ({"path": "../x"}, Malformed),
        ({"size": 10**15}, TooLarge),
        ({"part_size": 1}, Malformed),
        ({"content_type": "text/html\r\nX: y"}, Malformed),
        ({"hashes": ["nonsense"]}, Malformed),
        ({"hashes": [sha256(b""), sha256(b"")]}, Malformed),
    ],
)
def test_what_cannot_be_started_leaves_nothing(
    bob: Sender, over: dict[str, Any], fault: type[Fault]
) -> None:
    with pytest.raises(fault):
        bob.start(**{"path": "a.txt", "size": 3, **over})
    assert not Upload.objects.exists()


# --- Names that are taken --------------------------------------------------------------------------


def test_a_second_file_of_a_name_is_numbered(bob: Sender) -> None:
    names = [bob.keep("f/report.pdf").name for _ in range(3)]
    assert names == ["report.pdf", "report (2).pdf", "report (3).pdf"]


def test_a_hundred_taken_names_are_skipped(bob: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "BATCH", 2)
    assert [bob.keep("a").name for _ in range(6)][-1] == "a (6)"
    monkeypatch.setattr(placing, "TRIES", 4)
    with pytest.raises(NameTaken):
        bob.keep("a")


def test_replacing_keeps_the_file_and_deletes_the_old_object(
    bob: Sender, objects: Callable[[], set[str]], django_capture_on_commit_callbacks: Any
) -> None:
    old = bob.keep("a.txt", b"old")
    upload = bob.sent("a.txt", b"newer", on_conflict="replace")
    with django_capture_on_commit_callbacks() as callbacks:
        new = bob.complete(upload)
        assert old.key in objects()  # until the row is certain to name the new one
    with Prefix(bob.credentials) as prefix:
        assert len(callbacks) == 1
        placing.discard(prefix, [old.key])
    assert new.pk == old.pk
    assert new.size == 5
    assert new.modified_at > old.modified_at
    assert old.key not in objects()
    assert new.key in objects()


def test_an_old_object_that_s3_does_not_delete_hinders_nobody(
    bob: Sender, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def failing(*_: object) -> None:
        raise Unavailable

    bob.keep("a.txt", b"old")
    upload = bob.sent("a.txt", b"newer", on_conflict="replace")
    monkeypatch.setattr(Prefix, "delete_all", failing)
    with django_capture_on_commit_callbacks(execute=True):
        assert bob.complete(upload).size == 5


def test_replacing_nothing_is_a_new_file(bob: Sender) -> None:
    assert bob.keep("a.txt", on_conflict="replace").name == "a.txt"


@pytest.mark.parametrize("size", [3, 6 * MIB])
def test_a_file_that_nobody_agreed_to_replace_stays(
    bob: Sender, size: int, objects: Callable[[], set[str]], django_capture_on_commit_callbacks: Any
) -> None:
    """Begun on Monday, left, and resumed when another machine has stored a newer one."""
    bob.keep("report.zip", b"old")
    mondays = bob.sent("report.zip", os.urandom(size), on_conflict="replace")
    with django_capture_on_commit_callbacks(execute=True):
        tuesdays = bob.keep("report.zip", b"newer", on_conflict="replace")
        file = bob.complete(mondays)
    assert (file.name, file.key) == ("report (2).zip", mondays.key)
    assert File.objects.get(name="report.zip").key == tuesdays.key
    assert {tuesdays.key, mondays.key} <= objects()


def test_only_what_somebody_saw_is_replaced(bob: Sender) -> None:
    """Asked on Monday, and begun when another machine has stored a newer one."""
    seen = bob.keep("report.zip", b"old").etag
    newer = bob.keep("report.zip", b"newer", on_conflict="replace", replaces=seen)
    late = bob.keep("report.zip", b"late", on_conflict="replace", replaces=seen)
    assert (late.name, late.size) == ("report (2).zip", 4)
    assert File.objects.get(name="report.zip").key == newer.key
    latest = bob.keep("report.zip", b"latest", on_conflict="replace", replaces=newer.etag)
    assert (latest.pk, latest.size) == (newer.pk, 6)


@pytest.mark.parametrize("size", [3, 6 * MIB])
def test_asked_again_a_completion_does_not_answer_with_what_came_later(bob: Sender, size: int) -> None:
    early = bob.sent("a.bin", os.urandom(size), part_size=5 * MIB)
    bob.complete(early)
    later = bob.keep("a.bin", b"later", on_conflict="replace")
    with pytest.raises(placing.ReplacedSince) as replaced:
        bob.complete(early)
    assert "path" in replaced.value.errors
    with Prefix(bob.credentials) as prefix:  # another tab, which asked before it was replaced
        outcome = placing.settle(prefix, {early.pk: Stored(size, "e", "")})[early.pk]
    assert isinstance(outcome, placing.ReplacedSince)
    assert File.objects.get().key == later.key


def test_what_came_where_nothing_was_is_not_replaced(bob: Sender) -> None:
    early = bob.sent("a.txt", on_conflict="replace")
    meanwhile = bob.keep("a.txt")
    assert bob.complete(early).name == "a (2).txt"
    assert File.objects.get(name="a.txt").key == meanwhile.key


def test_a_file_that_was_moved_away_is_not_replaced_where_it_went(bob: Sender) -> None:
    old = bob.keep("a.txt")
    upload = bob.sent("a.txt", on_conflict="replace")
    uploads.move(file=old, path="f/b.txt")
    assert bob.complete(upload).path == "a.txt"
    assert File.objects.get(pk=old.pk).key == old.key


def test_another_file_that_was_moved_there_is_not_replaced(bob: Sender) -> None:
    bob.keep("a.txt")
    other = bob.keep("b.txt")
    upload = bob.sent("a.txt", on_conflict="replace")
    File.objects.get(name="a.txt").delete()
    uploads.move(file=other, path="a.txt")
    assert bob.complete(upload).name == "a (2).txt"
    assert File.objects.get(pk=other.pk).key == other.key


def test_a_name_of_somebody_elses_is_not_what_is_replaced(bob: Sender, mallorys: Credentials) -> None:
    hers = Sender(person("mallory"), mallorys).keep("a.txt")
    assert bob.start("a.txt", 3, on_conflict="replace")[0].replaces == ""
    assert bob.keep("a.txt", on_conflict="replace").pk != hers.pk
    assert File.objects.get(pk=hers.pk).key == hers.key


def test_a_name_may_be_demanded(bob: Sender) -> None:
    early = bob.sent("a.txt", on_conflict="fail")
    bob.keep("a.txt")
    with pytest.raises(NameTaken) as taken:
        bob.start("a.txt", 3, on_conflict="fail")
    assert taken.value.status == 409
    assert "path" in taken.value.errors
    with pytest.raises(NameTaken):
        bob.complete(early)
    assert Upload.objects.get(pk=early.pk).file is None  # nothing is lost: it can go elsewhere


def test_two_people_may_use_one_name(bob: Sender, mallorys: Credentials) -> None:
    bob.keep("same.txt")
    assert Sender(person("mallory"), mallorys).keep("same.txt").name == "same.txt"


# --- Completing ------------------------------------------------------------------------------------


def test_completing_again_gives_the_same_file(bob: Sender) -> None:
    upload = bob.sent("a")
    assert bob.complete(upload) == bob.complete(upload)
    assert File.objects.count() == 1


def test_what_has_not_arrived_is_not_a_file(bob: Sender) -> None:
    upload, _ = bob.start("a", 3)
    with pytest.raises(NotArrived, match="None of the 3 bytes"):
        bob.complete(upload)
    assert not File.objects.exists()


@pytest.fixture
def in_parts(bob: Sender) -> tuple[Upload, Window, bytes]:
    content = os.urandom(12 * MIB)
    upload, window = bob.start("a", len(content), part_size=5 * MIB)
    return upload, window, content


def test_missing_parts_are_named_and_can_be_sent(
    bob: Sender, in_parts: tuple[Upload, Window, bytes]
) -> None:
    upload, window, content = in_parts
    send(window, content, 5 * MIB, skip=(1, 2))
    with pytest.raises(NotArrived, match="1–2 of 3 are missing") as missing:
        bob.complete(upload)
    assert missing.value.status == 409
    send(window, content, 5 * MIB, skip=(3,))
    assert bob.complete(upload).size == 12 * MIB


def test_the_clients_list_must_be_what_s3_holds(
    bob: Sender, in_parts: tuple[Upload, Window, bytes]
) -> None:
    upload, window, content = in_parts
    one, two, three = send(window, content, 5 * MIB)
    swapped = [Claim(1, two.etag), Claim(2, one.etag), three]
    foreign = [Claim(1, '"d41d8cd98f00b204e9800998ecf8427e"'), two, three]
    for claims, fault in (
        (swapped, BadParts),
        (foreign, BadParts),
        ([one, three], NotArrived),
        ([], NotArrived),
        ([one, one, two, three], Malformed),
        ([one, two, three, Claim(4, "x")], Malformed),
        ([Claim(0, "x"), one, two, three], Malformed),
    ):
        with pytest.raises(fault):
            bob.complete(upload, claims)
    without_quotes = [Claim(claim.number, claim.etag.strip('"')) for claim in (three, two, one)]
    assert bob.complete(upload, without_quotes).size == 12 * MIB


def test_a_lost_answer_to_the_completion_is_made_good(
    bob: Sender, in_parts: tuple[Upload, Window, bytes]
) -> None:
    upload, window, content = in_parts
    send(window, content, 5 * MIB)
    with Prefix(bob.credentials) as prefix:  # S3 did it, and we never heard
        prefix.complete_multipart(
            upload.key, upload.multipart_id, prefix.list_parts(upload.key, upload.multipart_id)
        )
    assert bob.complete(upload).size == 12 * MIB


def test_an_object_that_may_not_be_looked_at_is_not_said_to_be_gone(
    bob: Sender, in_parts: tuple[Upload, Window, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """To a HEAD, AWS says 403 of what is not there, and of what it denies."""
    upload, window, content = in_parts
    send(window, content, 5 * MIB)
    with monkeypatch.context() as denying:
        denying.setattr(Prefix, "head", lambda *_: None)
        for _ in range(2):  # made now, and made before
            with pytest.raises(Unavailable):
                bob.complete(upload)
    assert bob.complete(upload).size == 12 * MIB


def test_an_upload_that_s3_has_forgotten_is_over(
    bob: Sender, in_parts: tuple[Upload, Window, bytes]
) -> None:
    upload, _, _ = in_parts
    with Prefix(bob.credentials) as prefix:
        prefix.abort_multipart(upload.key, upload.multipart_id)
    with pytest.raises(UploadOver) as over:
        bob.complete(upload)
    assert over.value.status == 409


def test_an_object_of_another_size_is_not_the_file(bob: Sender, s3_admin: Any) -> None:
    upload, _ = bob.start("a", 3)
    s3_admin.put_object(Bucket=site_settings.FILES_BUCKET, Key=upload.key, Body=b"four")
    with pytest.raises(NotArrived, match="4 bytes have arrived instead of 3"):
        bob.complete(upload)


# --- Giving up -------------------------------------------------------------------------------------


def test_an_aborted_upload_leaves_nothing(
    bob: Sender, in_parts: tuple[Upload, Window, bytes], objects: Callable[[], set[str]]
) -> None:
    upload, window, content = in_parts
    send(window, content, 5 * MIB)
    single = bob.sent("b")
    for one in (upload, single, upload):  # once more: no error
        uploads.abort(upload=one, credentials=bob.credentials)
    assert not Upload.objects.exists()
    assert not objects() & {upload.key, single.key}
    with Prefix(bob.credentials) as prefix, pytest.raises(UploadOver):
        prefix.list_parts(upload.key, upload.multipart_id)


def test_a_complete_upload_cannot_be_aborted(bob: Sender, objects: Callable[[], set[str]]) -> None:
    upload = bob.sent("a")
    file = bob.complete(upload)
    with pytest.raises(AlreadyComplete):
        uploads.abort(upload=upload, credentials=bob.credentials)
    with pytest.raises(AlreadyComplete):
        uploads.window(upload=Upload.objects.get(pk=upload.pk), credentials=bob.credentials, first=1)
    assert file.key in objects()


def test_an_upload_that_is_being_aborted_does_not_become_a_file(bob: Sender) -> None:
    upload = bob.sent("a")
    stale = Upload.objects.get(pk=upload.pk)
    Upload.objects.update(aborting=True)  # the abort is between its steps
    with pytest.raises(UploadOver):
        bob.complete(upload)
    with pytest.raises(UploadOver):
        uploads.complete(upload=stale, credentials=bob.credentials)
    assert not File.objects.exists()


def test_an_abort_that_failed_can_be_repeated(bob: Sender, settings: Settings) -> None:
    upload = bob.sent("a")
    endpoint = settings.S3_ENDPOINT_URL
    with fake_s3() as fake:
        fake.failure = Failure(500, "InternalError")
        settings.S3_ENDPOINT_URL = fake.url
        with pytest.raises(Unavailable):
            uploads.abort(upload=upload, credentials=bob.credentials)
    settings.S3_ENDPOINT_URL = endpoint
    uploads.abort(upload=Upload.objects.get(), credentials=bob.credentials)
    assert not Upload.objects.exists()


# --- Through this process --------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 5, 9 * MIB])
def test_a_form_keeps_a_file(bob: Sender, size: int) -> None:
    content = os.urandom(size)
    file = uploads.receive(
        owner=bob.owner,
        credentials=bob.credentials,
        path="f/a.png",
        content=ContentFile(content),
        content_type="image/png",
    )
    assert (file.path, file.size, file.content_type) == ("f/a.png", size, "image/png")
    cut = file.part_size
    assert cut == (8 * MIB if size > 8 * MIB else None)
    if cut:
        hashes = [hashlib.sha256(content[at : at + cut]).digest() for at in range(0, size, cut)]
        assert file.sha256 == f"{sha256(b''.join(hashes))}-{len(hashes)}"
    else:
        assert file.sha256 == sha256(content)


def test_boto3_enlarges_the_parts_of_what_would_have_too_many() -> None:
    adjuster = ChunksizeAdjuster()
    for size in (1, 8 * MIB, 80_000 * MIB, 80_000 * MIB + 1, 10**12, 5 * 10**12):
        assert streaming.part_size(size) == adjuster.adjust_chunksize(streaming.PART, size)


def test_a_form_with_a_strange_type_is_kept_as_bytes(bob: Sender) -> None:
    file = uploads.receive(
        owner=bob.owner,
        credentials=bob.credentials,
        path="a",
        content=ContentFile(b"x"),
        content_type="x\r\ny",
    )
    assert file.content_type == "application/octet-stream"


def test_a_form_that_fails_leaves_nothing(victors: Credentials) -> None:
    with pytest.raises(Refused):
        uploads.receive(owner=person("victor"), credentials=victors, path="a", content=ContentFile(b"x"))
    assert not File.objects.exists()


# --- Moving and deleting ---------------------------------------------------------------------------


def test_moving_is_one_update_and_no_call(
    bob: Sender, settings: Settings, django_assert_num_queries: Any
) -> None:
    file = bob.keep("a.txt")
    settings.S3_ENDPOINT_URL = "http://127.0.0.1:9"
    moved = uploads.move(file=file, path="Ordner/Ä.txt")
    assert (moved.folder, moved.name, moved.folded) == ("Ordner/", "Ä.txt", "ä.txt")
    assert moved.key == file.key


def test_moving_onto_a_file_is_a_conflict(bob: Sender) -> None:
    bob.keep("a.txt")
    other = bob.keep("b.txt")
    with pytest.raises(NameTaken) as taken:
        uploads.move(file=other, path="a.txt")
    assert "path" in taken.value.errors
    assert uploads.move(file=other, path="b.txt") == other  # onto itself is nothing
    with pytest.raises(Malformed):
        uploads.move(file=other, path="../b")


def test_a_file_deleted_meanwhile_cannot_be_moved(bob: Sender) -> None:
    file = bob.keep("a.txt")
    File.objects.all().delete()
    with pytest.raises(Conflict):
        uploads.move(file=file, path="b.txt")


def test_deleting_leaves_neither_row_nor_object(bob: Sender, objects: Callable[[], set[str]]) -> None:
    upload = bob.sent("a.txt")
    file = bob.complete(upload)
    uploads.delete(file=file, credentials=bob.credentials)
    assert file.key not in objects()
    assert not File.objects.exists()
    assert not Upload.objects.exists()


def test_a_failed_deletion_can_be_repeated(bob: Sender, settings: Settings) -> None:
    file = bob.keep("a.txt")
    endpoint = settings.S3_ENDPOINT_URL
    settings.S3_ENDPOINT_URL = "http://127.0.0.1:9"
    with pytest.raises(Unavailable):
        uploads.delete(file=file, credentials=bob.credentials)
    assert File.objects.filter(pk=file.pk).exists()
    settings.S3_ENDPOINT_URL = endpoint
    uploads.delete(file=file, credentials=bob.credentials)
    assert not File.objects.exists()


def test_a_file_replaced_meanwhile_is_not_deleted_with_the_old_one(bob: Sender) -> None:
    stale = bob.keep("a.txt", b"old")
    new = bob.keep("a.txt", b"new", on_conflict="replace")
    uploads.delete(file=stale, credentials=bob.credentials)
    assert File.objects.get().key == new.key


# --- At the same time ------------------------------------------------------------------------------


def together(count: int, action: Callable[[int], Any]) -> list[Any]:
    """Run it in so many threads at once; each one's result, or its fault."""
    ready = threading.Barrier(count)

    def run(number: int) -> Any:
        ready.wait(10)
        try:
            return action(number)
        except Fault as fault:
            return fault
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.fixture
def bob_committed(transactional_db: None, bobs: Credentials) -> Sender:
    return Sender(person("bob"), bobs)


@pytest.mark.django_db(transaction=True)
def test_asked_twice_at_once_an_upload_is_begun_once(bob_committed: Sender, s3_admin: Any) -> None:
    def in_s3() -> set[str]:
        prefix = f"users/{bob_committed.credentials.identity_id}/"
        listed = s3_admin.list_multipart_uploads(Bucket=site_settings.FILES_BUCKET, Prefix=prefix)
        return {one["UploadId"] for one in listed.get("Uploads", ())}

    own, before = uuid4(), in_s3()
    begun = together(4, lambda _: bob_committed.start("big.bin", 17 * MIB, id=own)[0])
    assert {upload.pk for upload in begun} == {own}
    assert in_s3() - before == {Upload.objects.get().multipart_id}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [3, 12 * MIB])
def test_tabs_that_complete_at_once_make_one_file(bob_committed: Sender, size: int) -> None:
    upload = bob_committed.sent("a", os.urandom(size), part_size=5 * MIB)
    results = together(4, lambda _: bob_committed.complete(upload))
    assert {result.pk for result in results} == {File.objects.get().pk}


@pytest.mark.django_db(transaction=True)
def test_files_of_one_name_that_arrive_at_once_are_all_kept(bob_committed: Sender) -> None:
    sent = [bob_committed.sent("a.txt") for _ in range(4)]
    results = together(4, lambda number: bob_committed.complete(sent[number]))
    assert {file.name for file in results} == {"a.txt", "a (2).txt", "a (3).txt", "a (4).txt"}


@pytest.mark.django_db(transaction=True)
def test_of_replacements_that_arrive_at_once_one_replaces_and_all_are_kept(
    bob_committed: Sender, objects: Callable[[], set[str]]
) -> None:
    old = bob_committed.keep("a.txt")
    sent = [bob_committed.sent("a.txt", on_conflict="replace") for _ in range(4)]
    results = together(4, lambda number: bob_committed.complete(sent[number]))
    assert {file.name for file in results} == {"a.txt", "a (2).txt", "a (3).txt", "a (4).txt"}
    assert File.objects.get(name="a.txt").pk == old.pk
    every = {upload.key for upload in sent}
    assert {file.key for file in File.objects.all()} == every
    assert {*every, old.key} & objects() == every


@pytest.mark.django_db(transaction=True)
def test_completing_and_aborting_at_once_leave_either_a_file_or_nothing(
    bob_committed: Sender, objects: Callable[[], set[str]]
) -> None:
    def complete_or_abort(number: int) -> None:
        act = uploads.complete if number else uploads.abort
        act(upload=upload, credentials=bob_committed.credentials)

    for _ in range(5):
        upload = bob_committed.sent("a.txt")
        together(2, complete_or_abort)
        assert File.objects.filter(key=upload.key).exists() == (upload.key in objects())


# --- S3 fails midway -------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", [Failure(503, "SlowDown"), Failure(slow=True), Failure(reset=True)])
def test_when_s3_fails_nothing_is_lost_and_it_can_be_tried_again(
    bob: Sender, settings: Settings, monkeypatch: pytest.MonkeyPatch, failure: Failure
) -> None:
    upload = bob.sent("a", b"abc")
    endpoint = settings.S3_ENDPOINT_URL
    monkeypatch.setattr(s3, "READ_TIMEOUT", 0.2)
    monkeypatch.setattr(s3, "ATTEMPTS", 1)
    with fake_s3() as fake:
        fake.failure = failure
        settings.S3_ENDPOINT_URL = fake.url
        with pytest.raises(Unavailable) as fault:
            bob.complete(upload)
        assert fault.value.retry_after
        with pytest.raises(Unavailable):
            bob.start("big", 17 * MIB)
        with pytest.raises(Unavailable):
            uploads.receive(
                owner=bob.owner, credentials=bob.credentials, path="x", content=ContentFile(b"x")
            )
    settings.S3_ENDPOINT_URL = endpoint
    assert bob.complete(upload).size == 3
    assert not Upload.objects.filter(name="big").exists()
