"""S3, as one person: against the local stack, and against an S3 that fails."""

import base64
import hashlib
import io
import json
import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import requests
from django.conf import settings as site_settings
from django.core.files.base import ContentFile
from pytest_django import Settings

from accounts import sealed_cache
from accounts.credentials import Credentials
from accounts.faults import Fault, Refused, Unavailable
from files import paths, s3, storage, streaming
from files.parts import MIB
from files.storage import BadParts, Part, Prefix, Stored, UploadOver
from tests.files.fake_s3 import Failure, FakeS3
from tests.files.test_paths import IN_MANY_LANGUAGES

TEXT = "text/plain"


def sha256(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def put(signed: storage.Signed, content: bytes, **more: str) -> requests.Response:
    return requests.put(signed.url, data=content, headers=signed.headers | more, timeout=30)


def send(prefix: Prefix, key: str, content: bytes, **over: Any) -> requests.Response:
    about: dict[str, Any] = {"content_type": TEXT, "path": "a.txt", "sha256": "", **over}
    return put(prefix.sign_put(key, size=len(content), **about), content)


# --- One PUT ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 5 * MIB - 1, 5 * MIB + 1])
def test_a_presigned_put_keeps_the_bytes_and_their_hash(prefix: Prefix, key: str, size: int) -> None:
    content = os.urandom(size)
    assert send(prefix, key, content, sha256=sha256(content)).status_code == 200
    assert prefix.head(key) == Stored(size, f'"{hashlib.md5(content).hexdigest()}"', sha256(content))  # noqa: S324
    got = requests.get(prefix.sign_get(key, name="a", content_type=TEXT, inline=False), timeout=10)
    assert got.content == content


def test_a_put_of_another_length_is_refused(prefix: Prefix, key: str) -> None:
    signed = prefix.sign_put(key, size=3, content_type=TEXT, path="a", sha256="")
    assert put(signed, b"four").status_code == 403
    assert put(signed, b"").status_code == 403
    assert prefix.head(key) is None


def test_a_put_of_other_bytes_than_were_hashed_is_refused(prefix: Prefix, key: str) -> None:
    assert send(prefix, key, b"evil", sha256=sha256(b"good")).status_code == 400
    assert prefix.head(key) is None


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("content-type", "text/html"),
        ("x-amz-meta-path", "another"),
        ("x-amz-checksum-sha256", sha256(b"evil")),
        ("if-none-match", ""),
    ],
)
def test_no_signed_header_can_be_changed(prefix: Prefix, key: str, header: str, value: str) -> None:
    signed = prefix.sign_put(key, size=4, content_type=TEXT, path="a", sha256=sha256(b"good"))
    assert put(signed, b"evil", **{header: value}).status_code in {400, 403}
    assert prefix.head(key) is None


def test_the_hash_and_all_else_that_is_told_is_signed(prefix: Prefix, key: str) -> None:
    """Completing a batch takes the hash of an object from what its PUT was signed with."""
    signed = prefix.sign_put(key, size=4, content_type=TEXT, path="a", sha256=sha256(b"good"))
    names = parse_qs(urlsplit(signed.url).query)["X-Amz-SignedHeaders"][0].split(";")
    assert set(names) == {"content-length", "host", *signed.headers}
    assert "x-amz-checksum-sha256" in names


def test_a_put_cannot_overwrite_what_is_there(prefix: Prefix, key: str) -> None:
    assert send(prefix, key, b"first").status_code == 200
    assert send(prefix, key, b"other").status_code == 412


@pytest.mark.parametrize("name", IN_MANY_LANGUAGES)
def test_names_in_every_language_travel_as_metadata_and_come_back(
    prefix: Prefix, key: str, s3_admin: Any, name: str
) -> None:
    path = paths.parse(f"Ordner/{name}")
    assert send(prefix, key, b"x", path=path.encoded).status_code == 200
    head = s3_admin.head_object(Bucket=site_settings.FILES_BUCKET, Key=key)
    assert unquote(head["Metadata"]["path"]) == str(path)
    got = requests.get(prefix.sign_get(key, name=path.name, content_type=TEXT, inline=False), timeout=10)
    assert unquote(got.headers["Content-Disposition"]).endswith(f"''{path.name}")


# --- Parts -----------------------------------------------------------------------------------------


def open_upload(prefix: Prefix, key: str, *, checksums: bool = False) -> str:
    return prefix.create_multipart(key, content_type=TEXT, path="a.txt", checksums=checksums)


def send_part(
    prefix: Prefix, key: str, upload: str, number: int, content: bytes, *, hashed: bool = False
) -> requests.Response:
    digest = sha256(content) if hashed else ""
    return put(prefix.sign_part(key, upload, number, size=len(content), sha256=digest), content)


@pytest.mark.parametrize("checksums", [False, True])
def test_parts_become_one_object(prefix: Prefix, key: str, checksums: bool) -> None:
    upload = open_upload(prefix, key, checksums=checksums)
    contents = {1: os.urandom(5 * MIB), 2: os.urandom(5 * MIB), 3: b"end"}
    for number, content in contents.items():
        assert send_part(prefix, key, upload, number, content, hashed=checksums).status_code == 200
    listed = prefix.list_parts(key, upload)
    assert [(part.number, part.size) for part in listed] == [(1, 5 * MIB), (2, 5 * MIB), (3, 3)]
    if checksums:
        assert [part.sha256 for part in listed] == [sha256(content) for content in contents.values()]
    prefix.complete_multipart(key, upload, listed)
    stored = prefix.head(key)
    assert stored
    assert stored.size == 10 * MIB + 3
    assert stored.sha256.endswith("-3") == checksums


def test_a_part_of_another_length_or_hash_is_refused(prefix: Prefix, key: str) -> None:
    upload = open_upload(prefix, key, checksums=True)
    signed = prefix.sign_part(key, upload, 1, size=4, sha256=sha256(b"good"))
    assert put(signed, b"evil").status_code == 400
    assert put(signed, b"longer").status_code in {400, 403}
    assert prefix.list_parts(key, upload) == []
    prefix.abort_multipart(key, upload)


def test_all_parts_are_listed_however_many(
    prefix: Prefix, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "LIST_PAGE", 2)  # S3's own page is 1,000
    upload = open_upload(prefix, key)
    for number in range(1, 6):
        assert send_part(prefix, key, upload, number, b"x").status_code == 200
    assert [part.number for part in prefix.list_parts(key, upload)] == [1, 2, 3, 4, 5]
    assert [part.number for part in prefix.list_parts(key, upload, after=2, limit=2)] == [3, 4]


@pytest.mark.parametrize(
    "parts",
    [
        [Part(1, 1, '"00000000000000000000000000000000"')],
        [Part(9, 1, '"00000000000000000000000000000000"')],
    ],
)
def test_foreign_parts_are_refused(prefix: Prefix, key: str, parts: list[Part]) -> None:
    upload = open_upload(prefix, key)
    send_part(prefix, key, upload, 1, b"x")
    with pytest.raises(BadParts):
        prefix.complete_multipart(key, upload, parts)


@pytest.mark.parametrize("code", ["InvalidPart", "InvalidPartOrder", "EntityTooSmall"])
def test_parts_that_s3_will_not_join_are_told_as_such(
    broken_s3: FakeS3, fakes_keys: Credentials, code: str
) -> None:
    broken_s3.failure = Failure(400, code)
    with Prefix(fakes_keys) as prefix, pytest.raises(BadParts):
        prefix.complete_multipart("k", "id", [Part(1, 1, "e")])


def test_an_upload_that_is_over_says_so_and_can_be_aborted_again(prefix: Prefix, key: str) -> None:
    upload = open_upload(prefix, key)
    prefix.abort_multipart(key, upload)
    prefix.abort_multipart(key, upload)
    with pytest.raises(UploadOver):
        prefix.list_parts(key, upload)
    with pytest.raises(UploadOver):
        prefix.complete_multipart(key, upload, [Part(1, 1, "x")])


def test_dates_are_read_in_every_form_that_s3_has(prefix: Prefix, key: str) -> None:
    before = datetime.now(UTC) - timedelta(minutes=1)
    send(prefix, key, b"x")
    (listed,) = prefix._s3.list_objects_v2(Bucket=site_settings.FILES_BUCKET, Prefix=key)["Contents"]
    head = prefix._s3.head_object(Bucket=site_settings.FILES_BUCKET, Key=key)
    for when in (listed["LastModified"], head["LastModified"]):
        assert before < when < before + timedelta(minutes=2)


# --- Whose -----------------------------------------------------------------------------------------


def test_a_stranger_gets_at_nothing_of_bobs(prefix: Prefix, key: str, mallorys: Credentials) -> None:
    send(prefix, key, b"private")
    upload = open_upload(prefix, key + "-parts")
    with Prefix(mallorys) as hers:
        assert hers.head(key) is None
        url = hers.sign_get(key, name="a", content_type=TEXT, inline=False)
        assert requests.get(url, timeout=10).status_code == 403
        assert send(hers, key + "-hers", b"planted").status_code == 403
        refused: list[Callable[[], object]] = [
            lambda: hers.delete(key),
            lambda: open_upload(hers, key),
            lambda: hers.list_parts(key + "-parts", upload),
            lambda: hers.abort_multipart(key + "-parts", upload),
            lambda: hers.put_stream(key, ContentFile(b"x"), content_type=TEXT, path="a"),
        ]
        for call in refused:
            with pytest.raises(Refused):
                call()
    assert prefix.head(key)


def test_a_viewer_may_not_write(victors: Credentials) -> None:
    mine = f"users/{victors.identity_id}/x"
    with Prefix(victors) as prefix:
        assert send(prefix, mine, b"x").status_code == 403
        with pytest.raises(Refused):
            open_upload(prefix, mine)


def test_the_servers_own_credentials_are_never_used(
    monkeypatch: pytest.MonkeyPatch, bobs: Credentials, key: str
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIASERVER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "server")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "server-token")
    with Prefix(bobs) as prefix:
        url = prefix.sign_get(key, name="a", content_type=TEXT, inline=False)
        prefix.put_stream(key, ContentFile(b"x"), content_type=TEXT, path="a")
    query = parse_qs(urlsplit(url).query)
    assert query["X-Amz-Credential"][0].startswith(bobs.access_key)
    assert query["X-Amz-Security-Token"] == [bobs.session_token]


# --- URLs ------------------------------------------------------------------------------------------


def test_a_url_never_outlives_the_credentials(bobs: Credentials, key: str) -> None:
    for left, least, most in ((timedelta(hours=5), 3590, 3600), (timedelta(minutes=6), 350, 360)):
        with Prefix(replace(bobs, expires_at=datetime.now(UTC) + left)) as prefix:
            url = prefix.sign_get(key, name="a", content_type=TEXT, inline=False)
        assert least <= int(parse_qs(urlsplit(url).query)["X-Amz-Expires"][0]) <= most


def test_signing_needs_neither_a_client_nor_a_call(
    monkeypatch: pytest.MonkeyPatch, bobs: Credentials, key: str
) -> None:
    def fail(*_: object) -> None:
        raise AssertionError

    s3.bucket_urls()
    monkeypatch.setattr(s3, "_make", fail)
    with Prefix(bobs) as prefix:
        prefix.sign_part(key, "id", 1, size=1, sha256="")
        prefix.sign_put(key, size=1, content_type=TEXT, path="a", sha256="")
        prefix.sign_get(key, name="a", content_type=TEXT, inline=False)


def test_nothing_is_signed_with_expired_credentials(bobs: Credentials, key: str) -> None:
    with Prefix(replace(bobs, expires_at=datetime.now(UTC))) as prefix, pytest.raises(Unavailable):
        prefix.sign_get(key, name="a", content_type=TEXT, inline=False)


def test_on_aws_urls_lead_to_the_origin_that_the_csp_names(
    settings: Settings, fakes_keys: Credentials
) -> None:
    settings.S3_ENDPOINT_URL = ""
    settings.S3_ADDRESSING_STYLE = "virtual"
    settings.FILES_BUCKET = "strongbox-example"
    for region in ("us-east-1", "eu-central-1"):
        settings.AWS_REGION = region
        settings.S3_SECOND_ENDPOINT_URL = f"https://s3.dualstack.{region}.amazonaws.com"
        with Prefix(fakes_keys) as prefix:
            urls = [
                prefix.sign_part("users/x/y", "id", 1, size=1, sha256="", host=host).url
                for host in range(3)
            ]
        for url, kind in zip(urls, ("s3", "s3.dualstack", "s3"), strict=True):
            assert url.startswith(f"https://strongbox-example.{kind}.{region}.amazonaws.com/users/x/y?")
            assert parse_qs(urlsplit(url).query)["X-Amz-SignedHeaders"] == ["content-length;host"]


@pytest.mark.parametrize(
    ("kind", "shown", "disposition"),
    [("image/png", "image/png", "inline"), ("text/html", "text/html", "attachment")],
)
def test_only_harmless_types_are_shown(
    prefix: Prefix, key: str, kind: str, shown: str, disposition: str
) -> None:
    send(prefix, key, b"<script>")
    got = requests.get(prefix.sign_get(key, name="a", content_type=kind, inline=True), timeout=10)
    assert got.headers["Content-Type"] == shown
    assert got.headers["Content-Disposition"].startswith(disposition)


# --- Streaming -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 16 * MIB - 1, 16 * MIB + 1, 40 * MIB])
def test_a_stream_is_kept_whole(prefix: Prefix, key: str, size: int) -> None:
    content = os.urandom(size)
    prefix.put_stream(key, ContentFile(content), content_type="image/png", path="a.png")
    stored = prefix.head(key)
    assert stored
    assert stored.size == size
    got = requests.get(prefix.sign_get(key, name="a", content_type=TEXT, inline=False), timeout=10)
    assert hashlib.sha256(got.content).digest() == hashlib.sha256(content).digest()


MEMORY = """
import json, resource, sys, tempfile, django
django.setup()
from datetime import datetime
from django.core.files.base import File
from accounts import sealed_cache
from accounts.credentials import Credentials
from files.storage import Prefix
given = json.load(sys.stdin)
expires_at = datetime.fromisoformat(given["keys"].pop("expires_at"))
keys = Credentials(**given["keys"], expires_at=expires_at)

def sparse(size):
    file = tempfile.TemporaryFile()
    file.truncate(size)
    return File(file, name="zeros")

def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
with Prefix(keys) as prefix:
    prefix.put_stream(given["key"] + "-small", sparse(40 << 20), content_type="a/b", path="a")
    before = peak()
    prefix.put_stream(given["key"], sparse(200 << 20), content_type="a/b", path="a")
    print(peak() - before, prefix.head(given["key"]).size)
"""


def test_streaming_a_large_file_takes_no_more_memory_than_a_small_one(
    bobs: Credentials, key: str
) -> None:
    keys = {**vars(bobs), "expires_at": bobs.expires_at.isoformat()}
    ran = subprocess.run(
        [sys.executable, "-c", MEMORY],
        input=json.dumps({"keys": keys, "key": key}),
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    grown, size = ran.stdout.split()
    assert int(size) == 200 * MIB
    assert float(grown) < 40


# --- Faults ----------------------------------------------------------------------------------------

CALLS: dict[str, Callable[[Prefix], object]] = {
    "create": lambda p: open_upload(p, "k"),
    "list": lambda p: p.list_parts("k", "id"),
    "complete": lambda p: p.complete_multipart("k", "id", [Part(1, 1, "e")]),
    "abort": lambda p: p.abort_multipart("k", "id"),
    "head": lambda p: p.head("k"),
    "found": lambda p: p.found({"k": ""}),
    "delete": lambda p: p.delete("k"),
    "put": lambda p: p.put_stream("k", ContentFile(b"x"), content_type=TEXT, path="a"),
    "put parts": lambda p: p.put_stream("k", ContentFile(bytes(17 * MIB)), content_type=TEXT, path="a"),
}
FAILURES = [
    (Failure(400, "InvalidRequest"), 502),
    (Failure(400, "ExpiredToken"), 503),
    (Failure(403, "AccessDenied"), 403),
    (Failure(403, "InvalidAccessKeyId"), 503),
    (Failure(403, "SignatureDoesNotMatch"), 503),
    (Failure(404, "NoSuchBucket"), 502),
    (Failure(500, "InternalError"), 503),
    (Failure(503, "SlowDown"), 503),
    (Failure(200, "InternalError"), 503),
    (Failure(302, "Redirect"), 503),
    (Failure(slow=True), 503),
    (Failure(reset=True), 503),
]


@pytest.mark.parametrize("call", CALLS)
def test_credentials_that_s3_takes_no_more_are_not_kept(
    broken_s3: FakeS3, fakes_keys: Credentials, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    monkeypatch.setattr(s3, "ATTEMPTS", 1)
    kept = replace(fakes_keys, kept_as="credentials:of-fake")
    for code, dropped in (("SlowDown", False), ("ExpiredToken", True)):
        sealed_cache.keep(kept.kept_as, {"some": "keys"}, 60)
        broken_s3.failure = Failure(400 if dropped else 503, code)
        with pytest.raises(Unavailable), Prefix(kept) as prefix:
            CALLS[call](prefix)
        assert (sealed_cache.get(kept.kept_as) is None) is dropped


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("failure", "status"), FAILURES, ids=lambda v: getattr(v, "code", None))
def test_every_failure_of_s3_is_a_fault_that_tells_no_secret(
    broken_s3: FakeS3,
    fakes_keys: Credentials,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    call: str,
    failure: Failure,
    status: int,
) -> None:
    monkeypatch.setattr(s3, "READ_TIMEOUT", 0.2)
    monkeypatch.setattr(s3, "ATTEMPTS", 1)
    caplog.set_level(logging.INFO)
    broken_s3.failure = failure
    with Prefix(fakes_keys) as prefix:
        fault = _fault_of(CALLS[call], prefix)
    if fault is None:
        # 200 and an error in the body is what completions do; for HEAD, 403 and 404 are "none".
        assert failure.status == 200 or (call == "head" and failure.status in {403, 404})
        assert not (call == "complete" and failure.status == 200)
        told = ""
    else:
        # A HEAD has no body, hence no code.
        assert fault.status == status or (call == "head" and fault.status in {502, 503})
        assert fault.__suppress_context__
        told = f"{fault!r} {fault} {fault.title} {fault.detail} {fault.__cause__!r}"
    text = told + "".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    for secret in ("SECRET", "internal", "X-Amz", broken_s3.url):
        assert secret not in text


LISTING = "<ListBucketResult><Contents><Key>k</Key>{}</Contents></ListBucketResult>"


@pytest.mark.parametrize(
    ("call", "text", "headers"),
    [
        ("found", LISTING.format("<ETag>e</ETag><Size>many</Size>"), ()),
        ("found", LISTING.format("<ETag>e</ETag><Size>1</Size><LastModified>soon</LastModified>"), ()),
        ("found", LISTING.format("<ETag>e</ETag>"), ()),
        ("list", "<ListPartsResult><Part><PartNumber>one</PartNumber></Part></ListPartsResult>", ()),
        ("head", "", (("ETag", "e"), ("Last-Modified", "yesterday, or so"))),
        ("head", "", (("ETag", "e"), ("x-amz-missing-meta", "some"))),
    ],
)
def test_nonsense_in_an_answer_is_not_taken_for_s3s(
    broken_s3: FakeS3,
    fakes_keys: Credentials,
    call: str,
    text: str,
    headers: tuple[tuple[str, str], ...],
) -> None:
    broken_s3.failure = Failure(200, text=text, headers=headers)
    with Prefix(fakes_keys) as prefix, pytest.raises(Unavailable) as fault:
        CALLS[call](prefix)
    assert fault.value.__suppress_context__


def _fault_of(call: Callable[[Prefix], object], prefix: Prefix) -> Fault | None:
    try:
        call(prefix)
    except Fault as fault:
        return fault
    return None


def test_neither_a_prefix_nor_a_signed_url_shows_a_secret(fakes_keys: Credentials) -> None:
    with Prefix(fakes_keys) as prefix:
        signed = prefix.sign_put("k", size=1, content_type=TEXT, path="a", sha256="")
        for thing in (prefix, signed, fakes_keys):
            assert "SECRET" not in repr(thing)
            assert "X-Amz" not in repr(thing)
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dump(prefix, io.BytesIO())
    form = streaming.FormStorage(fakes_keys, content_type=TEXT, path="a")
    assert "SECRET" not in repr(form)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(form)


# --- /readyz ---------------------------------------------------------------------------------------


@pytest.fixture
def fresh_anonymous() -> None:
    s3.anonymous.cache_clear()


@pytest.mark.usefixtures("fresh_anonymous")
def test_the_bucket_is_there() -> None:
    storage.check_bucket()


@pytest.mark.usefixtures("fresh_anonymous")
def test_a_missing_bucket_is_told(settings: Settings) -> None:
    settings.FILES_BUCKET = "no-such-bucket-anywhere"
    with pytest.raises(storage.BucketMissing):
        storage.check_bucket()


@pytest.mark.parametrize("failure", [Failure(503, "SlowDown"), Failure(slow=True), Failure(reset=True)])
@pytest.mark.usefixtures("fresh_anonymous")
def test_a_bucket_that_does_not_answer_is_told(
    broken_s3: FakeS3, monkeypatch: pytest.MonkeyPatch, failure: Failure
) -> None:
    monkeypatch.setattr(s3, "READ_TIMEOUT", 0.2)
    broken_s3.failure = failure
    with pytest.raises(Unavailable):
        storage.check_bucket()
    s3.anonymous.cache_clear()
