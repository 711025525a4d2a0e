"""What is left over in S3 and in the database, found and ended, while people go on uploading.

Nothing is believed that was read a moment ago: each deletion asks the database again. And what is
younger than a day is never touched, since its other half may be on its way. Age alone never decides,
though: an object made of parts is as old, to S3, as the beginning of its upload.

Before S3 can get anything for a key, a row has it; and no key is used twice. So an object whose key is
in no row now will be in none later, and a file's row whose object is not there stays without.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import islice

from django.db import transaction
from django.db.models import Q

from files.bucket import Bucket
from files.models import File, Upload
from files.survey import Survey, known, pages

GRACE = timedelta(days=1)
EVER = datetime.min.replace(tzinfo=UTC)
FEW, SHARE = 10, 10  # more than ten, and more than a tenth of all, is suspicious; so is most of a few


class Kind(StrEnum):
    UNFINISHED = "uploads that nobody finished"
    PARTS = "parts in S3 of no upload here"
    LOST = "files here of no object in S3"
    STRAY = "objects in S3 of no file here"
    RECORDS = "records of finished uploads"


class Suspicious(Exception):
    """So much would go that a setting, or the database, is more likely wrong. Nothing was changed."""


@dataclass(frozen=True)
class Wish:
    """days: how long an upload may take, and its record stays. objects: delete stray objects too."""

    days: int = 7
    apply: bool = False
    objects: bool = False
    even_so: bool = False

    def ends(self, kind: Kind) -> bool:
        return self.apply and (kind is not Kind.STRAY or self.objects)


@dataclass
class Sweep:
    """One run. found and ended count, by kind, what there was and what is gone now.

    tell: gets the kind and the key of each thing, never a file's name; looked: gets the number of rows
    and objects compared so far. Raises Suspicious, and files.bucket.Unusable: then run it again.
    """

    bucket: Bucket
    wish: Wish
    now: datetime
    tell: Callable[[Kind, str], None] = lambda _kind, _key: None
    looked: Callable[[int], None] = lambda _number: None
    found: Counter[Kind] = field(default_factory=Counter)
    ended: Counter[Kind] = field(default_factory=Counter)

    def run(self) -> None:
        with Survey() as survey:
            survey.look(self.bucket, self.yesterday, self.looked)
            self._doubt(survey)
            self._uploads()
            self._parts()
            for key in survey.keys("lost"):
                self._one(Kind.LOST, key, self._forget, key)
            for key in survey.keys("stray"):
                self._one(Kind.STRAY, key, self._discard, key)
        self._records()

    @property
    def yesterday(self) -> datetime:
        return self.now - GRACE

    @property
    def stale(self) -> datetime:
        return self.now - timedelta(days=self.wish.days)

    def _one(self, kind: Kind, key: str, end: Callable[..., bool], *what: object) -> None:
        self.found[kind] += 1
        self.tell(kind, key)
        if self.wish.ends(kind) and end(*what):
            self.ended[kind] += 1

    def _doubt(self, survey: Survey) -> None:
        """A wrong bucket, or a database restored from last week, must not cost anybody a file."""
        if self.wish.even_so:
            return
        lost, files = survey.count("lost"), File.objects.count()
        if _too_many(lost, files):
            raise Suspicious(
                f"{lost:,} of {files:,} files here have no object in the bucket: is FILES_BUCKET the "
                "right one? Nothing was changed; --even-so goes on all the same"
            )
        if self.wish.apply or self.wish.objects:
            self._doubt_the_database(survey)

    def _doubt_the_database(self, survey: Survey) -> None:
        """Whoever has the wrong one knows neither the objects nor the parts that lie in the bucket."""
        question = (
            "is this the right database, and fresh? Nothing was changed; --even-so goes on all the same"
        )
        stray, objects = survey.count("stray"), survey.objects
        if _too_many(stray, objects):
            raise Suspicious(
                f"{stray:,} of {objects:,} objects in the bucket have no file here: {question}"
            )
        most = max(FEW, Upload.objects.filter(file=None).count() // SHARE)
        if len(list(islice(self._unknown_with_parts(), most + 1))) > most:
            raise Suspicious(
                f"more than {most:,} uploads with parts in the bucket are none of those here: {question}"
            )

    # --- Uploads ----------------------------------------------------------------------------------

    def _uploads(self) -> None:
        overdue = Q(created_at__lt=self.stale) | Q(aborting=True, created_at__lt=self.yesterday)
        for page in pages(Upload.objects.filter(overdue, file=None)):
            for upload in page:
                if not self._alive(upload):
                    self._one(Kind.UNFINISHED, upload.key, self._abort, upload)

    def _alive(self, upload: Upload) -> bool:
        """Whether parts still arrive: slow, or resumed, it is somebody's work."""
        if upload.aborting or not upload.multipart_id:
            return False
        return self.bucket.sent_since(upload.key, upload.multipart_id, self.yesterday)

    def _abort(self, upload: Upload) -> bool:
        """As files.uploads.abort does: completed before the UPDATE, it stays; after it, nobody can."""
        if not Upload.objects.filter(pk=upload.pk, file=None).update(aborting=True):
            return False
        if upload.multipart_id:
            self.bucket.abort(upload.key, upload.multipart_id)
        self.bucket.delete(upload.key)  # a single PUT, or one that was just being completed
        deleted, _ = Upload.objects.filter(pk=upload.pk, aborting=True).delete()
        return bool(deleted)

    def _parts(self) -> None:
        for page in self._unknown():
            for key, multipart_id in page:
                self._one(Kind.PARTS, key, self._drop, key, multipart_id)

    def _unknown(self) -> Iterator[list[tuple[str, str]]]:
        """By key and id: where S3's answer was lost, it began twice, and the row has the second id.

        A row is written right after S3 has begun its upload, so after a day none is to be expected.
        """
        for page in self.bucket.uploads():
            old = {(one.key, one.multipart_id) for one in page if one.begun_at < self.yesterday}
            rows = Upload.objects.filter(key__in={key for key, _ in old})
            yield sorted(old - set(rows.values_list("key", "multipart_id")))

    def _unknown_with_parts(self) -> Iterator[tuple[str, str]]:
        """Where S3's answer to a beginning was lost, nobody could send any part."""
        for page in self._unknown():
            yield from (one for one in page if self.bucket.sent_since(*one, EVER))

    def _drop(self, key: str, multipart_id: str) -> bool:
        self.bucket.abort(key, multipart_id)
        return True

    def _records(self) -> None:
        """With its record, an upload is complete when asked again; nobody asks that late."""
        finished = Upload.objects.filter(file__isnull=False, created_at__lt=self.stale)
        self.found[Kind.RECORDS] = finished.count()
        if self.wish.ends(Kind.RECORDS):
            for page in pages(finished):
                deleted, _ = finished.filter(pk__in=[upload.pk for upload in page]).delete()
                self.ended[Kind.RECORDS] += deleted

    # --- Files and objects ------------------------------------------------------------------------

    def _forget(self, key: str) -> bool:
        """Of a file that was replaced or deleted meanwhile, no row has this key any more."""
        if self.bucket.has(key):
            return False
        with transaction.atomic():
            row = File.objects.select_for_update().filter(key=key).first()
            if row is not None:
                row.delete()
        return row is not None

    def _discard(self, key: str) -> bool:
        if known({key}):
            return False
        self.bucket.delete(key)
        return True


def _too_many(part: int, whole: int) -> bool:
    return part > max(FEW, whole // SHARE) or (part > 1 and 2 * part > whole)
