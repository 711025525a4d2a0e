"""The bucket and the database side by side: which files have no object, which objects have no file."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Literal, Self, TypeVar

from django.db import models
from django.db.models import QuerySet

from files.bucket import Bucket
from files.models import File, Upload

PAGE = 1_000
SEEN = "SELECT 1 FROM seen WHERE key = ?"

Side = Literal["lost", "stray"]
Row = TypeVar("Row", bound=models.Model)


class Survey:
    """Keys of lost files and of stray objects that are older than a moment, and how many there are.

    Kept on disk, not in memory, however large the bucket is; and compared there, since S3 and the
    database do not sort alike. A context manager: leaving it forgets everything.
    """

    def __init__(self) -> None:
        self.objects = 0
        self._db = sqlite3.connect("")  # a temporary file, deleted when it is closed
        self._db.execute("CREATE TABLE seen (key TEXT PRIMARY KEY) WITHOUT ROWID")
        self._db.execute("CREATE TABLE found (side TEXT, key TEXT)")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def look(self, bucket: Bucket, before: datetime, looked: Callable[[int], None]) -> None:
        """The bucket first: what is uploaded meanwhile then only looks too young."""
        for page in bucket.objects():
            self._write("INSERT OR IGNORE INTO seen VALUES (?)", ((one.key,) for one in page))
            old = {one.key for one in page if one.modified_at < before}
            self._note("stray", old - known(old))
            self.objects += len(page)
            looked(self.objects)
        rows = 0
        for files in pages(File.objects.filter(modified_at__lt=before)):
            self._note("lost", self._unseen({file.key for file in files}))
            rows += len(files)
            looked(self.objects + rows)

    def count(self, side: Side) -> int:
        number: int = self._db.execute("SELECT count(*) FROM found WHERE side = ?", (side,)).fetchone()[
            0
        ]
        return number

    def keys(self, side: Side) -> Iterator[str]:
        for (key,) in self._db.execute("SELECT key FROM found WHERE side = ?", (side,)):
            yield key

    def _note(self, side: Side, keys: Iterable[str]) -> None:
        self._write("INSERT INTO found VALUES (?, ?)", ((side, key) for key in sorted(keys)))

    def _unseen(self, keys: set[str]) -> set[str]:
        return {key for key in keys if not self._db.execute(SEEN, (key,)).fetchone()}

    def _write(self, sql: str, rows: Iterable[tuple[str, ...]]) -> None:
        with self._db:
            self._db.executemany(sql, rows)


def known(keys: set[str]) -> set[str]:
    """Those that a file or an upload here has, at this moment."""
    files = File.objects.filter(key__in=keys).values_list("key", flat=True)
    return {*files, *Upload.objects.filter(key__in=keys).values_list("key", flat=True)}


def pages(rows: "QuerySet[Row]") -> Iterator[list[Row]]:
    """All rows, a page at a time, by primary key: what is deleted in between moves nothing."""
    page = list(rows.order_by("pk")[:PAGE])
    while page:
        yield page
        page = list(rows.filter(pk__gt=page[-1].pk).order_by("pk")[:PAGE])
