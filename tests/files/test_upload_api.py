"""The API of uploads: resuming them, many at once, and what a page may rely on."""

import os
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import requests
from django.conf import settings as site_settings
from pytest_django import Settings

from accounts.credentials import Credentials
from accounts.models import User
from files.models import File, Upload
from files.parts import MIB
from files.storage import Prefix
from tests.conftest import Person
from tests.files.fake_s3 import Failure, FakeS3
from tests.files.test_api import call, keep, problem, send, start
from tests.files.test_uploads import sha256

SILENT = "http://127.0.0.1:9"  # nothing listens there: whoever asks S3 fails


def small(path: str, content: bytes = b"abc", **more: Any) -> dict[str, Any]:
    return {"path": path, "size": len(content), "sha256": sha256(content), **more}


def start_many(client: Person, *asked: object) -> list[dict[str, Any]]:
    answer = call(client, "POST", "/uploads/batch", {"uploads": asked})
    assert answer.status_code == 200, answer.content
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def put(upload: dict[str, Any], content: bytes = b"abc") -> None:
    send(upload["parts"], content, upload["part_size"])


def complete_many(client: Person, *ids: object) -> list[dict[str, Any]]:
    answer = call(client, "POST", "/uploads/batch/complete", {"ids": list(map(str, ids))})
    assert answer.status_code == 200, answer.content
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def sent_many(client: Person, *paths: str, content: bytes = b"abc", **more: Any) -> list[str]:
    """The ids of uploads that are all in S3."""
    started = start_many(client, *(small(path, content, **more) for path in paths))
    uploads = [one["upload"] for one in started]
    for upload in uploads:
        put(upload, content)
    return [upload["id"] for upload in uploads]


def keep_many(client: Person, *paths: str, **how: Any) -> list[dict[str, Any]]:
    results = complete_many(client, *sent_many(client, *paths, **how))
    assert {one["status"] for one in results} == {201}, results
    return [one["file"] for one in results]


# --- Resuming --------------------------------------------------------------------------------------


def test_what_is_open_can_be_listed_and_known_again(bob: Person, settings: Settings) -> None:
    about = {"last_modified": 1_700_000_000_123, "fingerprint": sha256(b"some of it")}
    begun = start(bob, "f/big", 17 * MIB, **about, on_conflict="replace", content_type="a/b").json()
    settings.S3_ENDPOINT_URL = SILENT
    (item,) = call(bob, "GET", "/uploads").json()["items"]
    assert item.pop("created_at")
    assert item == {
        "id": begun["id"],
        "path": "f/big",
        "name": "big",
        "folder": "f/",
        "size": 17 * MIB,
        "part_size": 16 * MIB,
        "part_count": 2,
        "content_type": "a/b",
        "checksums": False,
        "on_conflict": "replace",
        **about,
    }


def test_only_what_can_be_resumed_is_listed_newest_first(bob: Person) -> None:
    first, second, third, over = (start(bob, name, 17 * MIB).json()["id"] for name in "abcd")
    start(bob, "small", 3)
    Upload.objects.filter(pk=over).update(file=File.objects.get(pk=keep(bob)["id"]))
    Upload.objects.filter(pk=second).update(aborting=True)
    items = call(bob, "GET", "/uploads").json()["items"]
    assert [item["id"] for item in items] == [third, first]


def test_a_thousand_are_listed_at_most(bob: Person, django_assert_num_queries: Any) -> None:
    about = {"owner": bob.user, "size": 9, "part_size": 5, "part_count": 2, "multipart_id": "x"}
    Upload.objects.bulk_create(Upload(**about, name=f"{n}", key=f"k{n}") for n in range(1001))
    with django_assert_num_queries(3):
        assert len(call(bob, "GET", "/uploads").json()["items"]) == 1000


def test_asked_twice_an_upload_is_begun_once(bob: Person) -> None:
    """As when the first answer was lost on its way."""
    own = str(uuid4())
    first, again = (start(bob, "big", 17 * MIB, id=own).json() for _ in range(2))
    assert first["id"] == again["id"] == own
    numbers = [[part["number"] for part in one["parts"]] for one in (first, again)]
    assert numbers[0] == numbers[1]
    assert len(call(bob, "GET", "/uploads").json()["items"]) == 1


def test_an_id_is_of_one_upload_of_one_person(bob: Person, mallory: Person) -> None:
    own = str(uuid4())
    start(bob, "big", 17 * MIB, id=own)
    for person, path in ((bob, "small"), (mallory, "big")):
        answer = start(person, path, 17 * MIB, id=own)
        assert answer.status_code == 409
        assert answer.json()["detail"] == "This id is that of another upload. Choose another one."
    assert Upload.objects.get().owner == bob.user


def test_an_id_is_a_uuid_and_of_one_upload_by_itself(bob: Person) -> None:
    assert start(bob, id="1").status_code == 422
    among = [{"path": "a", "size": 3, "id": str(uuid4())}]
    (result,) = call(bob, "POST", "/uploads/batch", {"uploads": among}).json()["results"]
    assert result["status"] == 422
    assert "id" in result["problem"]["errors"]


def test_nobody_sees_anothers_open_uploads(bob: Person, mallory: Person) -> None:
    start(bob, "big", 17 * MIB)
    assert call(mallory, "GET", "/uploads").json() == {"items": []}


def test_how_far_an_upload_is(bob: Person) -> None:
    content = os.urandom(12 * MIB)
    begun = start(bob, "big", len(content), part_size=5 * MIB).json()
    send([begun["parts"][0], begun["parts"][2]], content, 5 * MIB)
    told = call(bob, "GET", f"/uploads/{begun['id']}").json()
    assert (told["stored_parts"], told["stored_bytes"]) == (2, 7 * MIB)
    assert told["stored_ranges"] == [[1, 1], [3, 3]]
    assert (told["path"], told["part_count"], told["fingerprint"]) == ("big", 3, "")


def test_a_single_put_has_arrived_or_not(bob: Person) -> None:
    begun = start(bob).json()
    told = call(bob, "GET", f"/uploads/{begun['id']}").json()
    assert (told["stored_parts"], told["stored_bytes"], told["stored_ranges"]) == (0, 0, [])
    put(begun)
    told = call(bob, "GET", f"/uploads/{begun['id']}").json()
    assert (told["stored_parts"], told["stored_bytes"]) == (1, 3)


def test_what_is_over_cannot_be_resumed(bob: Person, s3_admin: Any) -> None:
    done = start(bob).json()
    put(done)
    call(bob, "POST", f"/uploads/{done['id']}/complete")
    problem(call(bob, "GET", f"/uploads/{done['id']}"), 409)
    swept = start(bob, "big", 17 * MIB).json()
    row = Upload.objects.get(pk=swept["id"])
    s3_admin.abort_multipart_upload(
        Bucket=site_settings.FILES_BUCKET, Key=row.key, UploadId=row.multipart_id
    )
    for path in ("", "/parts"):
        told = problem(call(bob, "GET", f"/uploads/{swept['id']}{path}"), 409)
        assert told["title"] == "This upload is over"


def test_an_upload_that_s3_completed_unheard_has_only_to_be_completed_here(
    bob: Person, bobs: Credentials
) -> None:
    content = os.urandom(6 * MIB)
    hashes = [sha256(content[: 5 * MIB]), sha256(content[5 * MIB :])]
    begun = start(bob, "big", len(content), part_size=5 * MIB, part_sha256=hashes).json()
    send(begun["parts"], content, 5 * MIB)
    row = Upload.objects.get(pk=begun["id"])
    with Prefix(bobs) as prefix:  # S3 did it, and we never heard
        listed = prefix.list_parts(row.key, row.multipart_id)
        prefix.complete_multipart(row.key, row.multipart_id, listed)
    told = call(bob, "GET", f"/uploads/{row.pk}").json()
    assert (told["stored_parts"], told["stored_bytes"]) == (2, 6 * MIB)
    assert told["stored_ranges"] == [[1, 2]]
    query = "&".join(f"sha256={one.replace('+', '%2B')}" for one in hashes)
    window = call(bob, "GET", f"/uploads/{row.pk}/parts?{query}").json()
    assert [(part["stored"], part["etag"]) for part in window["parts"]] == [(True, None)] * 2
    assert call(bob, "POST", f"/uploads/{row.pk}/complete").json()["part_size"] == 5 * MIB


def test_fresh_parts_are_signed_without_asking_s3(bob: Person, settings: Settings) -> None:
    content = os.urandom(6 * MIB)
    begun = start(bob, "big", len(content), part_size=5 * MIB).json()
    single = start(bob).json()
    send(begun["parts"], content, 5 * MIB)
    endpoint = settings.S3_ENDPOINT_URL
    settings.S3_ENDPOINT_URL = SILENT
    for upload, count in ((begun, 2), (single, 1)):
        window = call(bob, "GET", f"/uploads/{upload['id']}/parts?fresh=true").json()
        assert [part["stored"] for part in window["parts"]] == [False] * count
        problem(call(bob, "GET", f"/uploads/{upload['id']}/parts"), 503)
    settings.S3_ENDPOINT_URL = endpoint
    assert call(bob, "GET", f"/uploads/{begun['id']}/parts").json()["parts"][0]["stored"]
    problem(call(bob, "GET", f"/uploads/{begun['id']}/parts?fresh=perhaps"), 422)


def hosts(answer: Any) -> list[str]:
    return [urlsplit(part["url"]).hostname or "" for part in answer["parts"]]


def test_whoever_asks_for_it_gets_addresses_of_both_host_names(bob: Person) -> None:
    content = os.urandom(16 * MIB)
    begun = start(bob, "big", len(content), part_size=5 * MIB, spread=True).json()
    assert sorted(hosts(begun)) == ["127.0.0.1", "127.0.0.1", "localhost", "localhost"]
    again = call(bob, "GET", f"/uploads/{begun['id']}/parts?spread=true").json()
    assert hosts(again) == hosts(begun)
    send(again["parts"], content, 5 * MIB)
    assert call(bob, "POST", f"/uploads/{begun['id']}/complete").status_code == 201
    # Many small ones take turns as well: each is of either, as its random id has it.
    several = [{"path": f"small {number}", "size": 1, "spread": True} for number in range(40)]
    results = call(bob, "POST", "/uploads/batch", {"uploads": several}).json()["results"]
    assert {host for one in results for host in hosts(one["upload"])} == {"127.0.0.1", "localhost"}


def test_whoever_does_not_ask_gets_the_first_host_name_alone(bob: Person) -> None:
    begun = start(bob, "big", 16 * MIB, part_size=5 * MIB).json()
    assert set(hosts(begun)) == {"localhost"}
    assert set(hosts(call(bob, "GET", f"/uploads/{begun['id']}/parts").json())) == {"localhost"}
    assert "spread" in problem(start(bob, "x", spread="yes"), 422)["errors"]
    problem(call(bob, "GET", f"/uploads/{begun['id']}/parts?spread=perhaps"), 422)


def test_where_s3_has_one_host_name_asking_for_more_changes_nothing(
    bob: Person, settings: Settings
) -> None:
    settings.S3_SECOND_ENDPOINT_URL = "off"
    assert set(hosts(start(bob, "big", 16 * MIB, part_size=5 * MIB, spread=True).json())) == {
        "localhost"
    }


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"last_modified": "yesterday"}, "last_modified"),
        ({"last_modified": 1.5}, "last_modified"),
        ({"last_modified": 10**30}, "last_modified"),
        ({"fingerprint": "x" * 65}, "fingerprint"),
        ({"fingerprint": None}, "fingerprint"),
        ({"fingerprint": "a b"}, "fingerprint"),
        ({"fingerprint": "ab\n"}, "fingerprint"),
        ({"fingerprint": "a\x00"}, "fingerprint"),
        ({"fingerprint": "ä"}, "fingerprint"),
        ({"fingerprint": "\ud800"}, "fingerprint"),
    ],
)
def test_what_a_file_is_known_by_has_bounds(bob: Person, more: dict[str, Any], field: str) -> None:
    assert field in problem(start(bob, **more), 422)["errors"]
    assert not Upload.objects.exists()


# --- Many at once ----------------------------------------------------------------------------------


def test_many_small_files_are_kept_in_two_calls(bob: Person) -> None:
    contents = [os.urandom(size) for size in (0, 1, 1000)]
    asked = [small(f"f/{n}.bin", content) for n, content in enumerate(contents)]
    started = start_many(bob, *asked)
    assert [one["status"] for one in started] == [201] * 3
    assert set(started[0]["upload"]) == set(start(bob).json())
    assert started[0]["problem"] is None
    for one, content in zip(started, contents, strict=True):
        put(one["upload"], content)
    results = complete_many(bob, *(one["upload"]["id"] for one in started))
    for number, (result, content) in enumerate(zip(results, contents, strict=True)):
        file = result["file"]
        assert (result["status"], result["problem"]) == (201, None)
        assert (file["path"], file["size"], file["sha256"]) == (
            f"f/{number}.bin",
            len(content),
            sha256(content),
        )
        url = call(bob, "GET", f"/files/{file['id']}/content")["Location"]
        assert requests.get(url, timeout=10).content == content


def test_a_file_kept_in_a_batch_is_as_one_kept_alone(bob: Person) -> None:
    alone = keep(bob, "alone.txt", sha256=sha256(b"abc"), content_type="text/plain")
    (batched,) = keep_many(bob, "batched.txt", content_type="text/plain")
    rows = [File.objects.get(pk=one["id"]) for one in (alone, batched)]
    assert len({(row.size, row.etag, row.sha256, row.part_size, row.content_type) for row in rows}) == 1
    assert batched["same_as"] == "alone.txt"


def test_a_file_without_a_hash_can_travel_in_a_batch(bob: Person) -> None:
    (started,) = start_many(bob, {"path": "a", "size": 3})
    put(started["upload"])
    (result,) = complete_many(bob, started["upload"]["id"])
    assert (result["file"]["sha256"], result["file"]["same_as"]) == ("", None)


def test_each_start_fails_by_itself(bob: Person) -> None:
    keep(bob, "taken.txt")
    results = start_many(
        bob,
        small("good.txt"),
        small("../bad"),
        small("taken.txt", on_conflict="fail"),
        small("big", size=17 * MIB, sha256=""),
        small("huge", size=10**15),
        small("b", size=-1),
        small("c", sha256="nonsense"),
        small("d", part_sha256=[sha256(b"x")]),
        {"path": "e"},
        {"path": "f\ud800", "size": 1},
        {"path": "g", "size": 1, "owner": 7},
        "nonsense",
        small("also good.txt"),
    )
    told = [(one["status"], *sorted((one["problem"] or {}).get("errors", ()))) for one in results]
    assert told == [
        (201,),
        (422, "path"),
        (409, "path"),
        (422, "size"),
        (413, "size"),
        (422, "size"),
        (422, "sha256"),
        (422, "sha256"),
        (422, "size"),
        (422, "path"),
        (422, "owner"),
        (422, ""),
        (201,),
    ]
    assert {one.name for one in Upload.objects.filter(file=None)} == {"good.txt", "also good.txt"}


def test_a_problem_in_a_batch_has_the_shape_of_any_problem(bob: Person) -> None:
    alone = problem(start(bob, "../bad"), 422)
    (result,) = start_many(bob, small("../bad"))
    assert result["upload"] is None
    assert result["problem"].keys() == alone.keys()
    nothing = problem(call(bob, "DELETE", f"/uploads/{uuid4()}"), 404)
    (missing,) = complete_many(bob, uuid4())
    assert missing["problem"].pop("reference") != nothing.pop("reference")
    assert missing["problem"] == nothing


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/uploads/batch", {}),
        ("/uploads/batch", {"uploads": []}),
        ("/uploads/batch", {"uploads": {}}),
        ("/uploads/batch", {"uploads": [{"path": "a", "size": 1}] * 101}),
        ("/uploads/batch", {"uploads": [{"path": "a", "size": 1}], "owner": 1}),
        ("/uploads/batch/complete", {}),
        ("/uploads/batch/complete", {"ids": []}),
        ("/uploads/batch/complete", {"ids": ["x"]}),
        ("/uploads/batch/complete", {"ids": ["c5ad4f9e-6b1f-4d0d-9b6b-cf1a2b0b7a11"] * 2}),
        ("/uploads/batch/complete", {"ids": [str(uuid4()) for _ in range(101)]}),
        ("/files/known", {}),
        ("/files/known", {"paths": "a"}),
        ("/files/known", {"paths": [1]}),
        ("/files/known", {"paths": ["a"] * 1001}),
    ],
)
def test_a_batch_that_makes_no_sense_is_refused_whole(bob: Person, path: str, body: object) -> None:
    problem(call(bob, "POST", path, body), 422)
    assert not Upload.objects.exists()


def test_a_stranger_completes_nothing_of_bobs(bob: Person, mallory: Person) -> None:
    ids = sent_many(bob, "a.txt")
    hers = sent_many(mallory, "hers.txt")
    results = complete_many(mallory, *ids, *hers)
    assert [one["status"] for one in results] == [404, 201]
    assert results[0]["file"] is None
    assert not File.objects.owned_by(bob.user).exists()


def test_each_completion_fails_by_itself(bob: Person, s3_admin: Any) -> None:
    (arrived,) = sent_many(bob, "arrived")
    missing = start_many(bob, small("missing"))[0]["upload"]["id"]
    wrong = start_many(bob, small("wrong"))[0]["upload"]["id"]
    key = Upload.objects.get(pk=wrong).key
    s3_admin.put_object(Bucket=site_settings.FILES_BUCKET, Key=key, Body=b"four")
    aborting = start_many(bob, small("aborting"))[0]["upload"]["id"]
    Upload.objects.filter(pk=aborting).update(aborting=True)
    parts = start(bob, "big", 17 * MIB).json()["id"]
    results = complete_many(bob, missing, arrived, wrong, aborting, parts)
    assert [one["status"] for one in results] == [409, 201, 409, 409, 422]
    assert results[0]["problem"]["title"] == results[2]["problem"]["title"] == "The file has not arrived"
    assert results[3]["problem"]["title"] == "This upload is over"
    assert {file.name for file in File.objects.all()} == {"arrived"}


def test_completing_a_batch_again_gives_the_same_files(bob: Person, settings: Settings) -> None:
    ids = sent_many(bob, "a", "b")
    first = complete_many(bob, *ids)
    settings.S3_ENDPOINT_URL = SILENT
    assert complete_many(bob, *ids) == first
    assert complete_many(bob, *reversed(ids)) == first[::-1]
    assert File.objects.count() == 2


def test_what_arrived_late_is_completed_with_the_next_call(bob: Person) -> None:
    early, late = (one["upload"] for one in start_many(bob, small("early"), small("late")))
    put(early)
    assert [one["status"] for one in complete_many(bob, early["id"], late["id"])] == [201, 409]
    put(late)
    assert [one["status"] for one in complete_many(bob, early["id"], late["id"])] == [201, 201]


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (Failure(400, "Odd"), 502),
        (Failure(403, "AccessDenied"), 403),
        (Failure(503, "SlowDown"), 503),
        (Failure(reset=True), 503),
    ],
)
def test_when_s3_fails_a_batch_fails_whole_and_can_be_repeated(
    bob: Person, broken_s3: FakeS3, settings: Settings, failure: Failure, status: int
) -> None:
    broken, settings.S3_ENDPOINT_URL = settings.S3_ENDPOINT_URL, settings.AWS_ENDPOINT_URL
    ids = sent_many(bob, "a", "b")
    broken_s3.failure = failure
    settings.S3_ENDPOINT_URL = broken
    problem(call(bob, "POST", "/uploads/batch/complete", {"ids": ids}), status)
    assert not File.objects.exists()
    settings.S3_ENDPOINT_URL = settings.AWS_ENDPOINT_URL
    assert [one["status"] for one in complete_many(bob, *ids)] == [201, 201]


# --- Names that are taken, in bulk -----------------------------------------------------------------


def test_files_of_one_name_in_a_batch_are_numbered_in_order(bob: Person) -> None:
    keep(bob, "f/taken.txt")
    files = keep_many(bob, "f/a.txt", "f/taken.txt", "f/a.txt", "f/a (2).txt", "f/a.txt", "a.txt")
    assert [file["path"] for file in files] == [
        "f/a.txt",
        "f/taken (2).txt",
        "f/a (3).txt",
        "f/a (2).txt",
        "f/a (4).txt",
        "a.txt",
    ]


def test_a_batch_replaces_files_and_their_objects(
    bob: Person, django_capture_on_commit_callbacks: Any, s3_admin: Any
) -> None:
    old = keep(bob, "a.txt", b"old")
    key = File.objects.get(pk=old["id"]).key
    ids = sent_many(bob, "a.txt", "b.txt", "a.txt", "b.txt", content=b"newer", on_conflict="replace")
    keys = list(Upload.objects.filter(pk__in=ids).order_by("key").values_list("key", flat=True))
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        results = complete_many(bob, *ids)
    assert len(callbacks) == 1
    # Nobody agreed to replace what the same batch has brought: the second of a path is numbered.
    paths = [one["file"]["path"] for one in results]
    assert paths == ["a.txt", "b.txt", "a (2).txt", "b (2).txt"]
    assert results[0]["file"]["id"] == old["id"]
    assert [File.objects.get(name=path).key for path in paths] == keys
    start_of_all = key[: key.rindex("/")]
    pages = s3_admin.get_paginator("list_objects_v2").paginate(
        Bucket=site_settings.FILES_BUCKET, Prefix=start_of_all
    )
    listed = {one["Key"] for page in pages for one in page["Contents"]}
    assert {key, *keys} & listed == set(keys)
    assert [one["status"] for one in complete_many(bob, *ids)] == [201] * 4  # each has its file


def test_a_batch_replaces_only_what_was_there_when_it_began(
    bob: Person, django_assert_num_queries: Any
) -> None:
    keep(bob, "f/old.txt")
    asked = [small(f"f/{name}.txt", on_conflict="replace") for name in ("old", "newer", "none")]
    with django_assert_num_queries(4):
        started = [one["upload"] for one in start_many(bob, *asked)]
    newer = keep(bob, "f/newer.txt", b"newer")
    for upload in started:
        put(upload)
    results = complete_many(bob, *(upload["id"] for upload in started))
    paths = [one["file"]["path"] for one in results]
    assert paths == ["f/old.txt", "f/newer (2).txt", "f/none.txt"]
    assert call(bob, "GET", f"/files/{newer['id']}").json() == newer


def test_who_may_only_add_files_replaces_none(bob: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(bob, "a.txt")
    may = User.has_perm
    monkeypatch.setattr(
        User,
        "has_perm",
        lambda self, name, obj=None: name != "files.change_file" and may(self, name, obj),
    )
    assert problem(start(bob, on_conflict="replace"), 403)["title"] == "Not permitted"
    problem(start(bob, "free.txt", on_conflict="replace"), 403)
    assert Upload.objects.filter(file=None).count() == 0
    one, other = start_many(bob, small("a.txt", on_conflict="replace"), small("a.txt"))
    assert (one["status"], one["upload"], other["status"]) == (403, None, 201)
    assert one["problem"]["title"] == "Not permitted"
    assert keep(bob, "a.txt")["path"] == "a (2).txt"


def test_a_batch_may_demand_names(bob: Person) -> None:
    ids = sent_many(bob, "a.txt", "b.txt", on_conflict="fail")
    keep(bob, "a.txt")
    taken, kept = complete_many(bob, *ids)
    assert (taken["status"], kept["status"]) == (409, 201)
    assert "path" in taken["problem"]["errors"]
    assert Upload.objects.get(pk=ids[0]).file is None  # nothing is lost: it can go elsewhere


# --- What it costs ---------------------------------------------------------------------------------


def test_a_batch_costs_no_more_queries_than_one_upload(
    bob: Person, django_assert_num_queries: Any
) -> None:
    start(bob)  # the first of all asks for bob's identity id
    for count in (1, 50):
        asked = [small(f"{count}/{n}", on_conflict="fail") for n in range(count)]
        with django_assert_num_queries(4):
            started = start_many(bob, *asked)
        for one in started:
            put(one["upload"])
        with django_assert_num_queries(12):
            results = complete_many(bob, *(one["upload"]["id"] for one in started))
        assert {one["status"] for one in results} == {201}


def test_a_batch_is_one_listing(bob: Person, s3_calls: list[str]) -> None:
    ids = sent_many(bob, *(f"{n}" for n in range(40)))
    before = len(s3_calls)
    assert {one["status"] for one in complete_many(bob, *ids)} == {201}
    assert s3_calls[before:] == ["ListObjectsV2"]


# --- Which paths are taken -------------------------------------------------------------------------


def test_paths_that_are_taken_are_known(bob: Person, mallory: Person) -> None:
    one = keep(bob, "f/ä.txt", sha256=sha256(b"abc"))
    keep(bob, "top.txt")
    keep(mallory, "hers.txt")
    asked = ["f/ä.txt", "f/a\u0308.txt", "top.txt", "hers.txt", "free", "../x", "", "x" * 9999, "\ud800"]
    items = call(bob, "POST", "/files/known", {"paths": [*asked, "f/ä.txt"]}).json()["items"]
    assert [item["path"] for item in items] == ["f/ä.txt", "f/a\u0308.txt", "top.txt"]
    about = {"id": one["id"], "size": 3, "sha256": sha256(b"abc"), "part_size": None}
    about["etag"] = File.objects.get(pk=one["id"]).etag
    assert items[0] == {"path": "f/ä.txt", **about}
    assert call(bob, "POST", "/files/known", {"paths": []}).json() == {"items": []}


def test_a_thousand_paths_cost_as_many_queries_as_one(
    bob: Person, django_assert_num_queries: Any
) -> None:
    about = {"owner": bob.user, "folder": "f/", "size": 1, "etag": "e"}
    names = [f"{n}" for n in range(1000)]
    File.objects.bulk_create(File(**about, name=name, folded=name, key=name) for name in names)
    for asked in (names[:1], names):
        with django_assert_num_queries(3):
            answer = call(bob, "POST", "/files/known", {"paths": [f"f/{name}" for name in asked]})
        assert len(answer.json()["items"]) == len(asked)


def test_more_than_this_site_reads_is_refused(bob: Person) -> None:
    answer = call(bob, "POST", "/files/known", {"paths": ["x" * 3_000] * 1_000})
    assert answer.status_code in {400, 413}
    assert problem(answer, answer.status_code)


def test_paths_of_many_folders_are_known(bob: Person) -> None:
    about = {"owner": bob.user, "name": "a", "folded": "a", "size": 1, "etag": "e"}
    File.objects.bulk_create(File(**about, folder=f"{n}/", key=f"{n}") for n in range(450))
    answer = call(bob, "POST", "/files/known", {"paths": [f"{n}/a" for n in range(1000)]})
    assert len(answer.json()["items"]) == 450


# --- What S3 holds, and what was here before -------------------------------------------------------


def test_a_file_of_several_parts_tells_how_it_was_cut(bob: Person) -> None:
    content = os.urandom(6 * MIB)
    hashes = [sha256(content[: 5 * MIB]), sha256(content[5 * MIB :])]
    cut = keep(bob, "cut", content, part_size=5 * MIB, part_sha256=hashes)
    assert (cut["part_size"], cut["sha256"][-2:]) == (5 * MIB, "-2")
    assert keep(bob, "whole", b"abc", sha256=sha256(b"abc"))["part_size"] is None
    assert keep(bob, "unhashed", content, part_size=5 * MIB)["part_size"] is None


def test_the_same_content_under_another_name_is_noticed(bob: Person, mallory: Person) -> None:
    keep(mallory, "hers", sha256=sha256(b"abc"))
    first, second = keep_many(bob, "f/one", "two")
    assert (first["same_as"], second["same_as"]) == ("two", "f/one")
    (other,) = keep_many(bob, "three", content=b"xyz")
    assert other["same_as"] is None
    begun = start(bob, "four", 3, sha256=sha256(b"abc")).json()
    put(begun)
    assert call(bob, "POST", f"/uploads/{begun['id']}/complete").json()["same_as"] in {"f/one", "two"}


# --- Whose page it is ------------------------------------------------------------------------------


def test_a_page_of_bobs_uploads_nothing_into_mallorys_account(bob: Person, mallory: Person) -> None:
    body = {"path": "a", "size": 1}
    mine = call(mallory, "POST", "/uploads", body, **{"X-Person": str(mallory.user.pk)})
    assert mine.status_code == 201
    for header in (str(bob.user.pk), "", "nobody"):
        answer = call(mallory, "POST", "/uploads", body, **{"X-Person": header})
        assert problem(answer, 401)["title"] == "Somebody else is signed in"
        assert call(mallory, "GET", "/files", **{"X-Person": header}).status_code == 401
    assert Upload.objects.count() == 1
