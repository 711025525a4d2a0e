"""Many small uploads at once, below HTTP: from tabs at once, and however their keys lie in S3."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests
from django.conf import settings as site_settings
from pytest_django import Settings

from accounts.credentials import Credentials
from accounts.faults import Fault, NothingHere, Unavailable
from files import batches, placing, storage
from files.assembly import NotArrived
from files.drafts import Asked
from files.faults import Malformed, NameTaken
from files.models import File, FileQuerySet, Upload
from files.storage import Prefix, UploadOver
from tests.files.conftest import person
from tests.files.test_uploads import Sender, send, sha256, together

pytestmark = pytest.mark.django_db


class Batcher(Sender):
    """Bob, with many small files to keep."""

    def start_many(self, *paths: str, **how: Any) -> list[Upload]:
        asked = [Asked(path, 3, hashes=[sha256(b"abc")], **how) for path in paths]
        started = batches.start(owner=self.owner, credentials=self.credentials, asked=asked)
        uploads = []
        for one in started:
            assert not isinstance(one, Fault)
            send(one[1], b"abc", one[0].part_size)
            uploads.append(one[0])
        return uploads

    def complete_many(self, ids: Sequence[UUID]) -> dict[UUID, File | Fault]:
        return batches.complete(owner=self.owner, credentials=self.credentials, ids=ids)


@pytest.fixture
def bob(bobs: Credentials) -> Batcher:
    return Batcher(person("bob"), bobs)


@pytest.fixture
def bob_committed(transactional_db: None, bobs: Credentials) -> Batcher:
    return Batcher(person("bob"), bobs)


def ids(uploads: Sequence[Upload]) -> list[UUID]:
    return [upload.pk for upload in uploads]


# --- Starting --------------------------------------------------------------------------------------


def test_keys_of_a_batch_are_in_the_order_asked(bob: Batcher) -> None:
    keys = [upload.key for upload in bob.start_many("c", "a", "b")]
    assert keys == sorted(keys)


def test_what_is_wrong_with_one_is_its_own_result(bob: Batcher) -> None:
    asked: list[Asked | Fault] = [
        Asked("a", 3),
        Malformed("as found by the caller"),
        Asked("", 3),
        Asked("b", 3),
    ]
    results = batches.start(owner=bob.owner, credentials=bob.credentials, asked=asked)
    assert [isinstance(one, Fault) for one in results] == [False, True, True, False]
    assert results[1] is asked[1]
    assert Upload.objects.count() == 2


def test_credentials_that_ran_out_fail_the_whole_and_leave_nothing(
    bob: Batcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "URL_LIFE", storage.URL_LIFE * 0)
    with pytest.raises(Unavailable):
        batches.start(owner=bob.owner, credentials=bob.credentials, asked=[Asked("a", 3)])
    assert not Upload.objects.exists()


def test_no_call_is_made_to_start_a_batch(bob: Batcher, s3_calls: list[str]) -> None:
    bob.start_many("a", "b")
    assert s3_calls == []


# --- Completing ------------------------------------------------------------------------------------


def test_somebody_elses_and_nobodys_are_not_there(bob: Batcher, mallorys: Credentials) -> None:
    (upload,) = bob.start_many("a")
    mallory = Batcher(person("mallory"), mallorys)
    unknown = uuid4()
    for outcome in mallory.complete_many([upload.pk, unknown]).values():
        assert isinstance(outcome, NothingHere)
    assert not File.objects.exists()


def test_keys_far_apart_are_found_without_reading_what_lies_between(
    bob: Batcher, s3_calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "LIST_PAGE", 4)
    uploads = bob.start_many(*(f"{n}" for n in range(30)))
    first, last = uploads[:2], uploads[-2:]
    outcomes = bob.complete_many(ids([*first, *last]))
    assert all(isinstance(one, File) for one in outcomes.values())
    assert s3_calls == ["ListObjectsV2"] * 2


def test_old_keys_that_are_in_no_order_are_found_too(bob: Batcher, s3_calls: list[str]) -> None:
    uploads = [bob.sent(f"{n}", b"abc") for n in range(5)]
    for upload in uploads:  # as they were before keys were in order
        old, upload.key = upload.key, f"users/{bob.credentials.identity_id}/{uuid4()}"
        upload.save()
        with Prefix(bob.credentials) as prefix:
            signed = prefix.sign_put(upload.key, size=3, content_type="a/b", path="x", sha256="")
            prefix.delete(old)
        requests.put(signed.url, b"abc", headers=signed.headers, timeout=10)
    s3_calls.clear()
    outcomes = bob.complete_many(ids(uploads))
    assert all(isinstance(one, File) for one in outcomes.values())
    assert len(s3_calls) <= 5


def test_neighbours_of_a_key_do_not_hide_it(bob: Batcher, s3_admin: Any) -> None:
    """Somebody with their own credentials may put what they like into their prefix."""
    (upload,) = bob.start_many("a")
    stem = upload.key[:-1]
    for digit in "0123456789abcdef":
        if stem + digit < upload.key:
            s3_admin.put_object(Bucket=site_settings.FILES_BUCKET, Key=stem + digit, Body=b"")
    with Prefix(bob.credentials) as prefix:
        assert prefix.found({upload.key: ""})[upload.key].size == 3
        assert prefix.found({stem + "~": ""}) == {}


def test_thousands_of_neighbours_cost_no_more_calls_than_keys(
    bob: Batcher, s3_admin: Any, s3_calls: list[str]
) -> None:
    """Before each of three keys, of which one is missing."""
    start = f"users/{bob.credentials.identity_id}/"
    wanted = {f"{start}{letter}~": "" for letter in "abc"}
    planted = [f"{start}{letter}{n:04}" for letter in "abc" for n in range(1_000)]
    for key in (*planted, f"{start}a~", f"{start}c~"):
        s3_admin.put_object(Bucket=site_settings.FILES_BUCKET, Key=key, Body=b"")
    with Prefix(bob.credentials) as prefix:
        found = prefix.found(wanted)
        s3_made = list(s3_calls)
        for _ in range(4):
            prefix.delete_all(prefix.keys() or planted[:1])
    assert list(found) == [f"{start}a~", f"{start}c~"]
    assert s3_made == ["ListObjectsV2"] * 3 + ["HeadObject"] * 3


def test_where_s3_did_not_compare_the_hash_it_is_not_taken_for_the_objects(
    bob: Batcher, s3_admin: Any, s3_calls: list[str]
) -> None:
    """An S3 that knows no checksums keeps other bytes than the PUT was signed for."""
    uploads = bob.start_many("a", "b", "c")
    where = {"Bucket": site_settings.FILES_BUCKET, "Body": b"xyz"}
    s3_admin.put_object(Key=uploads[0].key, **where)
    s3_admin.put_object(Key=uploads[1].key, **where, ChecksumAlgorithm="CRC32")
    unknown, other, known = bob.complete_many(ids(uploads)).values()
    assert isinstance(unknown, File)
    assert isinstance(other, File)
    assert isinstance(known, File)
    assert (unknown.sha256, other.sha256, known.sha256) == ("", "", sha256(b"abc"))
    assert s3_calls == ["ListObjectsV2", "HeadObject", "HeadObject"]


def test_who_sends_no_hash_costs_no_call_for_one(bob: Batcher, s3_calls: list[str]) -> None:
    started = batches.start(owner=bob.owner, credentials=bob.credentials, asked=[Asked("a", 3)])
    assert not isinstance(started[0], Fault)
    send(started[0][1], b"abc", started[0][0].part_size)
    (file,) = bob.complete_many([started[0][0].pk]).values()
    assert isinstance(file, File)
    assert file.sha256 == ""
    assert s3_calls == ["ListObjectsV2"]


def test_nothing_is_found_in_an_empty_prefix(bob: Batcher) -> None:
    started = batches.start(owner=bob.owner, credentials=bob.credentials, asked=[Asked("a", 3)])
    assert not isinstance(started[0], Fault)
    outcomes = bob.complete_many([started[0][0].pk])
    assert [type(one) for one in outcomes.values()] == [NotArrived]


def test_a_name_taken_this_very_moment_is_given_way_to(
    bob: Batcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between looking for free names and taking them: every row is tried by itself, then."""
    uploads = bob.start_many("a", "b")
    bob.keep("a")
    monkeypatch.setattr(FileQuerySet, "at", lambda *_: [])
    outcomes = bob.complete_many(ids(uploads))
    assert [str(one) for one in outcomes.values()] == ["a (2)", "b"]


def test_lost_races_for_a_name_are_run_again_though_not_for_ever(
    bob: Batcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others take each name between looking and taking, as transactions do where they overlap."""
    bob.keep("a")
    uploads = bob.start_many("a", "a")
    free, lost = placing._free_name, ["a", "a"]
    monkeypatch.setattr(placing, "_free_name", lambda upload: lost.pop() if lost else free(upload))
    (kept,) = bob.complete_many(ids(uploads[:1])).values()
    assert str(kept) == "a (2)"
    monkeypatch.setattr(placing, "_free_name", lambda _: "a")
    (taken,) = bob.complete_many(ids(uploads[1:])).values()
    assert isinstance(taken, NameTaken)


def test_an_upload_aborted_meanwhile_is_over_and_the_others_are_not(
    bob: Batcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads = bob.start_many("a", "b")
    settle = placing.settle

    def late(*args: Any) -> Any:
        Upload.objects.filter(pk=uploads[0].pk).update(aborting=True)
        return settle(*args)

    monkeypatch.setattr(placing, "settle", late)
    over, kept = bob.complete_many(ids(uploads)).values()
    assert isinstance(over, UploadOver)
    assert isinstance(kept, File)


def test_an_empty_request_to_s3_is_not_made(bob: Batcher, settings: Settings) -> None:
    uploads = bob.start_many("a")
    first = bob.complete_many(ids(uploads))
    settings.S3_ENDPOINT_URL = "http://127.0.0.1:9"
    assert bob.complete_many(ids(uploads)) == first


# --- At the same time ------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_tabs_that_complete_one_batch_at_once_make_each_file_once(bob_committed: Batcher) -> None:
    uploads = bob_committed.start_many(*(f"{n}" for n in range(10)))
    results = together(4, lambda turn: bob_committed.complete_many(ids(uploads)[:: 1 - 2 * (turn % 2)]))
    assert File.objects.count() == 10
    assert all(result == results[0] for result in results)


@pytest.mark.django_db(transaction=True)
def test_batches_of_the_same_names_at_once_are_all_kept(bob_committed: Batcher) -> None:
    sent = [bob_committed.start_many("a", "b", "c") for _ in range(3)]
    together(3, lambda number: bob_committed.complete_many(ids(sent[number])))
    names = {f"{letter}{n}" for letter in "abc" for n in ("", " (2)", " (3)")}
    assert {file.name for file in File.objects.all()} == names


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("order", ["ab", "ba"])
def test_of_batches_that_replace_at_once_one_replaces_and_the_others_are_kept_beside_it(
    bob_committed: Batcher, order: str
) -> None:
    old = [bob_committed.keep(name) for name in "ab"]
    orders = ("ab", order, "ab")
    sent = [bob_committed.start_many(*names, on_conflict="replace") for names in orders]
    results = together(3, lambda number: bob_committed.complete_many(ids(sent[number])))
    assert all(isinstance(one, File) for result in results for one in result.values())
    names = {f"{letter}{n}" for letter in "ab" for n in ("", " (2)", " (3)")}
    assert {file.name for file in File.objects.all()} == names
    assert {file.pk for file in File.objects.filter(name__in="ab")} == {file.pk for file in old}
    every = {upload.key for batch in sent for upload in batch}
    assert {file.key for file in File.objects.all()} == every
    with Prefix(bob_committed.credentials) as prefix:
        asked = dict.fromkeys([*every, *(file.key for file in old)], "")
        assert prefix.found(asked).keys() == every


def test_files_are_placed_in_the_order_of_their_paths_whatever_the_batchs(
    bob: Batcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that of two batches that share paths neither waits for what the other holds."""
    bob.complete_many(ids(bob.start_many("c", "b")))
    uploads = bob.start_many("f/a", "c", "e", "b", "d")
    placed: list[str] = []
    for name in ("_file", "_place"):
        real = getattr(placing, name)

        def watched(one: placing.Arrived, *more: Any, real: Any = real) -> Any:
            placed.append(one.upload.path)
            return real(one, *more)

        monkeypatch.setattr(placing, name, watched)
    outcomes = bob.complete_many(ids(uploads))
    assert list(dict.fromkeys(placed)) == ["d", "e", "f/a", "b", "c"]  # those that are free first
    assert [str(one) for one in outcomes.values()] == ["f/a", "c (2)", "e", "b (2)", "d"]


def test_of_demanded_names_in_one_batch_the_first_is_kept(bob: Batcher) -> None:
    uploads = bob.start_many("a", "a", on_conflict="fail")
    kept, taken = bob.complete_many(ids(uploads)).values()
    assert isinstance(kept, File)
    assert isinstance(taken, NameTaken)
