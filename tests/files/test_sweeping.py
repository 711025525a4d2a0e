"""What is swept up, what is left alone, and what an operator is told; against the local stack."""

import io
import re
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from botocore.config import Config
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings

from files import bucket as edge
from files import survey
from files.bucket import Begun, Bucket, Lying, Unusable
from files.management.commands import sweep_uploads
from files.models import File, Upload
from files.parts import MIB
from files.sweeping import Kind, Suspicious, Sweep, Wish
from localaws.engine import ADMIN
from tests.files.conftest import person
from tests.files.fake_s3 import Failure, FakeS3

pytestmark = pytest.mark.django_db

WEEK, DAY = timedelta(days=8), timedelta(days=1, minutes=1)


@pytest.fixture(autouse=True)
def operator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who runs the command: with keys in the shell, as for provisioning; faults are not sat out."""
    for name, value in ADMIN.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(edge, "PATIENCE", Config(retries={"total_max_attempts": 1}))


class Place:
    """A bucket of this test's own, and rows of bob's about it."""

    def __init__(self, s3: Any, name: str) -> None:
        self.s3, self.name, self.bob = s3, name, person("bob")

    def key(self) -> str:
        return f"users/us-east-1:x/{uuid4()}"

    def put(self, key: str) -> str:
        self.s3.put_object(Bucket=self.name, Key=key, Body=b"content")
        return key

    def begin(self, key: str) -> str:
        began: str = self.s3.create_multipart_upload(Bucket=self.name, Key=key)["UploadId"]
        self.s3.upload_part(
            Bucket=self.name, Key=key, UploadId=began, PartNumber=1, Body=b"part of a secret"
        )
        return began

    @property
    def objects(self) -> set[str]:
        return {one["Key"] for one in self.s3.list_objects_v2(Bucket=self.name).get("Contents", ())}

    @property
    def begun(self) -> set[str]:
        listed = self.s3.list_multipart_uploads(Bucket=self.name)
        return {one["UploadId"] for one in listed.get("Uploads", ())}

    def made(self, key: str, **over: Any) -> File:
        name = f"secret-{uuid4()}.txt"
        about = {"name": name, "folded": name, "size": 7, "content_type": "text/plain", "etag": "e"}
        return File(owner=self.bob, key=key, **{**about, **over})

    def file(self, key: str, **over: Any) -> File:
        file = self.made(key, **over)
        file.save(force_insert=True)
        return file

    def upload(self, key: str, **over: Any) -> Upload:
        about = {"name": "secret.txt", "size": 7, "content_type": "text/plain"}
        sizes = {"part_size": 7, "part_count": 1}
        return Upload.objects.create(owner=self.bob, key=key, **{**about, **sizes, **over})

    def one_of_each(self, moment: datetime) -> None:
        """Something of each kind, its rows of this moment; what is in S3 is of now."""
        key = self.key()
        self.upload(key, multipart_id=self.begin(key), created_at=moment)
        self.begin(self.key())
        self.file(self.key(), modified_at=moment)
        self.put(self.key())
        kept = self.file(self.put(self.key()), modified_at=moment)
        self.upload(kept.key, file=kept, created_at=moment)

    def state(self) -> object:
        rows = (
            set(File.objects.values_list("pk", "key")),
            set(Upload.objects.values_list("pk", "aborting")),
        )
        return self.objects, self.begun, rows


@pytest.fixture
def place(s3_admin: Any, settings: Settings) -> Place:
    settings.FILES_BUCKET = f"swept-{uuid4()}"
    s3_admin.create_bucket(Bucket=settings.FILES_BUCKET)
    return Place(s3_admin, settings.FILES_BUCKET)


EVERYTHING = Wish(apply=True, objects=True)


def sweep(wish: Wish = EVERYTHING, *, later: timedelta = WEEK, **how: Any) -> Sweep:
    """As if it were run so much later."""
    run = Sweep(how.pop("bucket", None) or Bucket(), wish, timezone.now() + later, **how)
    run.run()
    return run


# --- Each kind -------------------------------------------------------------------------------------


def test_an_upload_that_nobody_finished_ends_with_its_parts(place: Place) -> None:
    key = place.key()
    place.upload(key, multipart_id=place.begin(key))
    assert sweep(Wish(apply=True)).ended == {Kind.UNFINISHED: 1}
    assert not place.begun
    assert not Upload.objects.exists()


def test_a_single_put_that_nobody_completed_ends_with_its_object(place: Place) -> None:
    place.upload(place.put(place.key()))
    assert sweep(Wish(apply=True)).ended == {Kind.UNFINISHED: 1}
    assert not place.objects
    assert not Upload.objects.exists()


def test_an_upload_of_which_s3_knows_nothing_ends_too(place: Place) -> None:
    place.upload(place.key(), multipart_id="forgotten")
    place.upload(place.key())
    assert sweep(Wish(apply=True)).ended == {Kind.UNFINISHED: 2}
    assert not Upload.objects.exists()


def test_what_was_being_aborted_is_aborted_after_a_day(place: Place) -> None:
    key = place.key()
    place.upload(key, multipart_id=place.begin(key), aborting=True)
    assert sweep(Wish(apply=True), later=DAY).ended == {Kind.UNFINISHED: 1}
    assert not place.begun


def test_parts_of_no_upload_here_are_dropped(place: Place) -> None:
    """Where S3 began an upload twice, because its first answer was lost, only the second stays."""
    key = place.key()
    first, second = place.begin(key), place.begin(key)
    place.upload(key, multipart_id=second, created_at=timezone.now() + WEEK)
    place.begin(place.key())
    assert first != second
    assert sweep(Wish(apply=True)).ended == {Kind.PARTS: 2}
    assert place.begun == {second}


def test_a_file_whose_object_is_gone_is_no_file(place: Place) -> None:
    lost, kept = place.file(place.key()), place.file(place.put(place.key()))
    place.upload(lost.key, file=lost)
    assert sweep(Wish(apply=True)).ended[Kind.LOST] == 1
    assert list(File.objects.all()) == [kept]
    assert place.objects == {kept.key}


def test_objects_without_files_stay_unless_their_end_is_asked_for(place: Place) -> None:
    place.put(place.key())
    run = sweep(Wish(apply=True))
    assert (run.found, run.ended) == ({Kind.STRAY: 1, Kind.RECORDS: 0}, {})
    assert len(place.objects) == 1
    assert sweep().ended == {Kind.STRAY: 1}
    assert not place.objects


def test_records_of_finished_uploads_end(place: Place) -> None:
    kept = place.file(place.put(place.key()))
    place.upload(kept.key, file=kept)
    assert sweep(Wish(apply=True)).ended == {Kind.RECORDS: 1}
    assert not Upload.objects.exists()
    assert list(File.objects.all()) == [kept]
    assert place.objects == {kept.key}


class Vast(Bucket):
    """Of thirty thousand objects, and one for every second file of a test."""

    def __init__(self, keys: list[str]) -> None:
        self._keys = keys

    def objects(self) -> Iterator[list[Lying]]:
        old = timezone.now()
        for page in range(30):
            yield [Lying(f"users/{page}/{uuid4()}", old) for _ in range(1_000)]
        yield [Lying(key, old) for key in self._keys[::2]]

    def uploads(self) -> Iterator[list[Begun]]:
        yield []


def test_memory_stays_flat_however_large_the_bucket_is(place: Place) -> None:
    files = File.objects.bulk_create(place.made(place.key()) for _ in range(2_000))
    tracemalloc.start()
    try:
        run = sweep(Wish(even_so=True), bucket=Vast([file.key for file in files]))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (run.found[Kind.STRAY], run.found[Kind.LOST]) == (30_000, 1_000)
    assert peak < 3 * MIB  # a page of each; all keys would be more


def test_what_else_is_in_the_bucket_stays(place: Place) -> None:
    place.put("logs/2020")
    place.begin("logs/2021")
    assert not sweep().ended
    assert place.objects == {"logs/2020"}
    assert len(place.begun) == 1


def test_there_may_be_more_than_one_page(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "PAGE", 2)
    for _ in range(5):
        place.one_of_each(timezone.now())
    run = sweep(replace(EVERYTHING, even_so=True))
    assert run.found == run.ended == dict.fromkeys(Kind, 5)
    assert not place.begun
    assert len(place.objects) == File.objects.count() == 5


# --- What stays ------------------------------------------------------------------------------------


def test_a_dry_run_changes_nothing(place: Place) -> None:
    place.one_of_each(timezone.now())
    before = place.state()
    run = sweep(Wish(objects=True))
    assert run.found == dict.fromkeys(Kind, 1)
    assert not run.ended
    assert place.state() == before


def test_what_is_younger_than_a_day_stays(place: Place) -> None:
    place.one_of_each(timezone.now())
    before = place.state()
    assert not sweep(replace(EVERYTHING, days=1), later=timedelta(hours=23)).ended
    assert place.state() == before


def test_an_upload_may_take_as_many_days_as_one_says(place: Place) -> None:
    place.upload(place.key())
    assert not sweep(replace(EVERYTHING, days=3), later=timedelta(days=2)).ended
    assert sweep(replace(EVERYTHING, days=3), later=timedelta(days=4)).ended == {Kind.UNFINISHED: 1}


def test_an_upload_that_is_still_being_sent_stays(place: Place) -> None:
    key = place.key()
    row = place.upload(key, multipart_id=place.begin(key), created_at=timezone.now() - WEEK)
    assert not sweep(later=timedelta()).found[Kind.UNFINISHED]
    row.refresh_from_db()
    assert not row.aborting
    assert place.begun


def test_a_second_run_finds_nothing(place: Place) -> None:
    place.one_of_each(timezone.now())
    assert sweep().ended == dict.fromkeys(Kind, 1)
    assert not +sweep().found


# --- Beside live traffic: `tell` is called between finding and ending --------------------------------


def meanwhile(*actions: Callable[[], Any]) -> Callable[[Kind, str], None]:
    def tell(kind: Kind, key: str) -> None:
        for action in actions:
            action()

    return tell


def test_an_upload_that_is_completed_meanwhile_survives(place: Place) -> None:
    upload = place.upload(place.put(place.key()))

    def complete() -> None:
        Upload.objects.filter(pk=upload.pk).update(
            file=place.file(upload.key), created_at=timezone.now() + WEEK
        )

    run = sweep(tell=meanwhile(complete))
    assert (run.found[Kind.UNFINISHED], +run.ended) == (1, {})
    assert place.objects == {upload.key}
    assert Upload.objects.get().file == File.objects.get()


def test_a_file_that_is_replaced_meanwhile_survives(place: Place) -> None:
    lost, key = place.file(place.key()), place.put(place.key())
    place.upload(key, created_at=timezone.now() + WEEK)
    run = sweep(tell=meanwhile(lambda: File.objects.update(key=key)))
    assert (run.found[Kind.LOST], +run.ended) == (1, {})
    assert File.objects.get() == lost


def test_a_file_whose_object_comes_back_meanwhile_survives(place: Place) -> None:
    lost = place.file(place.key())
    assert not +sweep(tell=meanwhile(lambda: place.put(lost.key))).ended
    assert File.objects.get() == lost


def test_an_object_that_gets_a_file_meanwhile_survives(place: Place) -> None:
    key = place.put(place.key())
    assert not +sweep(tell=meanwhile(lambda: place.file(key))).ended
    assert place.objects == {key}


# --- Too much at once --------------------------------------------------------------------------------


def test_in_a_wrong_bucket_nothing_is_swept(place: Place) -> None:
    for _ in range(11):
        place.file(place.key())
    place.upload(place.key())
    before = place.state()
    for wish in (Wish(apply=True), Wish()):
        with pytest.raises(Suspicious, match=r"11 of 11 files .* FILES_BUCKET .* --even-so"):
            sweep(wish)
    assert place.state() == before
    assert sweep(Wish(apply=True, even_so=True)).ended[Kind.LOST] == 11


def test_with_a_wrong_database_no_object_is_swept(place: Place) -> None:
    for _ in range(11):
        place.put(place.key())
    for wish in (EVERYTHING, Wish(apply=True)):
        with pytest.raises(Suspicious, match=r"11 of 11 objects .* database"):
            sweep(wish)
    assert len(place.objects) == 11
    assert sweep(Wish()).found[Kind.STRAY] == 11


def test_with_a_wrong_database_nobodys_parts_are_swept(place: Place) -> None:
    for _ in range(11):
        place.begin(place.key())
    with pytest.raises(Suspicious, match=r"more than 10 uploads with parts .* database"):
        sweep(Wish(apply=True))
    assert sweep(Wish()).found[Kind.PARTS] == 11


def test_beginnings_whose_answers_were_lost_are_swept_however_many_they_are(place: Place) -> None:
    """Nobody could send a part to them, so that they tell nothing of the database."""
    for _ in range(11):
        place.s3.create_multipart_upload(Bucket=place.name, Key=place.key())
    assert sweep(Wish(apply=True)).ended == {Kind.PARTS: 11}
    assert not place.begun


@pytest.mark.parametrize("missing", ["objects", "rows"])
def test_most_of_a_small_site_is_too_much(place: Place, missing: str) -> None:
    for _ in range(2):
        if missing == "objects":
            place.file(place.key())
        else:
            place.put(place.key())
    with pytest.raises(Suspicious, match="2 of 2"):
        sweep()


def test_a_tenth_may_go(place: Place) -> None:
    for number in range(110):
        place.file(place.key() if number < 11 else place.put(place.key()))
    assert sweep(Wish(apply=True)).ended[Kind.LOST] == 11
    assert File.objects.count() == 99


# --- Faults ------------------------------------------------------------------------------------------


class Flaky(Bucket):
    """Fails at the last step of an abort, as a lost connection does."""

    def delete(self, key: str) -> None:  # noqa: ARG002
        raise Unusable("S3 does not answer")


def test_what_fails_midway_is_ended_by_the_next_run(place: Place) -> None:
    key = place.key()
    place.upload(key, multipart_id=place.begin(key))
    with pytest.raises(Unusable):
        sweep(bucket=Flaky())
    assert Upload.objects.get().aborting
    assert sweep().ended == {Kind.UNFINISHED: 1}
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (Failure(403, "AccessDenied"), "refused to list objects in the bucket .* (AccessDenied)"),
        (Failure(404, "NoSuchBucket"), "(NoSuchBucket)"),
        (Failure(503, "SlowDown"), "(SlowDown)"),
        (Failure(reset=True), "ConnectionClosedError"),
    ],
)
def test_a_fault_of_s3_is_one_line(broken_s3: FakeS3, failure: Failure, told: str) -> None:
    broken_s3.failure = failure
    with pytest.raises(CommandError) as error:
        command("--apply")
    assert error.value.returncode == 1
    text = str(error.value)
    assert all(part in text for part in told.split(" .* "))
    assert "run it again" in text
    assert "\n" not in text
    assert "SECRET" not in text


def test_it_tells_how_far_it_came(place: Place, later: None, monkeypatch: pytest.MonkeyPatch) -> None:
    class Tired(Bucket):
        """Gives up after one."""

        def delete(self, key: str) -> None:
            if len(place.objects) < 2:
                raise Unusable("S3 does not answer")
            super().delete(key)

    for _ in range(2):
        place.upload(place.put(place.key()), created_at=timezone.now() - WEEK)
    monkeypatch.setattr(sweep_uploads, "Bucket", Tired)
    with pytest.raises(CommandError, match=r"not answer; 1 ended so far, run it again for the rest$"):
        command("--apply")


def test_without_credentials_it_says_so(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    for name in ADMIN:
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    with pytest.raises(CommandError, match="no AWS credentials: set AWS_PROFILE"):
        command()


def test_in_a_database_without_tables_it_says_so(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    class Elsewhere(Bucket):
        """The rows are asked for first when somebody has looked into the bucket."""

        def objects(self) -> Iterator[list[Lying]]:
            raise OperationalError("no such table: files_file")

    monkeypatch.setattr(sweep_uploads, "Bucket", Elsewhere)
    with pytest.raises(CommandError, match="empty: is DATABASE_URL right"):
        command()


# --- The command -------------------------------------------------------------------------------------


def command(*arguments: str, **how: Any) -> str:
    out = io.StringIO()
    call_command("sweep_uploads", *arguments, stdout=out, **how)
    return out.getvalue()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = timezone.now() + WEEK
    monkeypatch.setattr(timezone, "now", lambda: moment)


def test_the_summary_counts_and_names_nobodys_files(place: Place, later: None) -> None:
    place.one_of_each(timezone.now() - WEEK)
    strays = place.objects - set(File.objects.values_list("key", flat=True))
    (unfinished,) = Upload.objects.filter(file=None)
    told = command(verbosity=2)
    for kind in Kind:
        assert re.search(rf"^{kind} +1 +0$", told, re.MULTILINE)
    assert "Nothing was changed." in told
    assert "--objects" in told
    assert all(key in told for key in (*strays, unfinished.key))
    assert "secret" not in told
    applied = command("--apply", "--objects")
    assert "Nothing was changed." not in applied
    assert "users/" not in applied
    assert not place.begun


def test_progress_is_for_people_who_wait(
    place: Place, later: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.put(place.key())
    monkeypatch.setattr(sweep_uploads, "STEP", 1)
    for waits, told in ((True, "1 files and objects compared\n"), (False, "")):
        monkeypatch.setattr(sys.stderr, "isatty", lambda waits=waits: waits)
        err = io.StringIO()
        command(stderr=err, no_color=True)
        assert err.getvalue() == told


@pytest.mark.parametrize("days", ["0", "-1", "x", "9999"])
def test_an_upload_may_take_at_least_a_day(days: str) -> None:
    with pytest.raises(CommandError, match="a number of days is expected"):
        command(f"--days={days}")


def test_a_wrong_bucket_is_told_in_one_line(place: Place, later: None) -> None:
    for _ in range(11):
        place.file(place.key(), modified_at=timezone.now() - WEEK)
    with pytest.raises(CommandError, match="is FILES_BUCKET the right one"):
        command("--apply")
