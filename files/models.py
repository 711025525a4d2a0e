"""The index of what people keep in S3, and the uploads on their way there."""

from collections import defaultdict
from collections.abc import Iterable
from functools import reduce
from itertools import islice
from operator import or_
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Concat, Left, StrIndex, Substr
from django.utils import timezone

from accounts.models import User
from files.paths import ENCODED_BYTES, NAME_BYTES, PATH_CHARACTERS, Path, folded

SORTS = {"name": "folded", "size": "size", "modified": "modified_at"}
FOLDERS_SHOWN = 1_000
FOLDERS_AT_ONCE = 100  # SQLite takes expressions of a limited depth


class FileQuerySet(models.QuerySet["File"]):
    def owned_by(self, user: User) -> "FileQuerySet":
        return self.filter(owner=user)

    def in_folder(self, folder: str) -> "FileQuerySet":
        """The files directly in this folder ("" or "a/b/")."""
        return self.filter(folder=folder)

    def at(self, paths: Iterable[Path]) -> "list[File]":
        """Those that have one of these paths: a query for every FOLDERS_AT_ONCE folders."""
        names = defaultdict(list)
        for path in paths:
            names[path.folder].append(path.name)
        found: list[File] = []
        folders = iter(names.items())
        while some := list(islice(folders, FOLDERS_AT_ONCE)):
            # By folder: each is a look-up in the index, and never folders times names of them.
            wanted = (Q(folder=folder, name__in=set(of_it)) for folder, of_it in some)
            found += self.filter(reduce(or_, wanted))
        return found

    def with_same_as(self) -> "FileQuerySet":
        """Each with `same_as`: the path of another file of its owner with the same content."""
        others = File.objects.filter(
            owner=OuterRef("owner"), sha256=OuterRef("sha256"), size=OuterRef("size")
        ).exclude(Q(pk=OuterRef("pk")) | Q(sha256=""))
        # Any of them: to find the first would be to look at all, and there may be thousands.
        return self.annotate(same_as=Subquery(others.values_list(Concat("folder", "name"))[:1]))

    def under(self, folder: str) -> "FileQuerySet":
        """The files in this folder and in all folders below it."""
        if not folder:
            return self
        # Not `startswith`: SQLite's LIKE takes "A/" for "a/".
        return self.alias(start=Left("folder", len(folder))).filter(start=folder)

    def named_like(self, text: str) -> "FileQuerySet":
        """Names that contain the text, whatever the case, in every script."""
        return self.filter(folded__contains=folded(text))

    def subfolders(self, folder: str) -> list[tuple[str, int]]:
        """The folders directly in this one, each with the number of files in and below it.

        Folders are not rows: there are those that files are in. At most FOLDERS_SHOWN of them.
        """
        rest = Substr("folder", len(folder) + 1)
        child = Left(rest, StrIndex(rest, Value("/")) - 1)
        below = self.under(folder).exclude(folder=folder)
        counted = below.annotate(child=child).values_list("child").annotate(count=Count("pk"))
        return list(counted.order_by("child")[:FOLDERS_SHOWN])

    def after(self, sort: str, position: tuple[Any, UUID] | None, limit: int) -> "FileQuerySet":
        """One page by keyset: `limit` files that follow (value of the sort's column, id).

        sort: a name of SORTS, with "-" in front for descending. The cost of a page does not depend
        on how far in it lies.
        """
        column, minus = SORTS[sort.removeprefix("-")], sort[:1] == "-"
        found = self
        if position is not None:
            op = "lt" if minus else "gt"
            value, pk = position
            beyond = Q(**{f"{column}__{op}": value}) | Q(**{column: value, f"pk__{op}": pk})
            # The first condition is implied by the second; it is the one that an index can use.
            found = found.filter(beyond, **{f"{column}__{op}e": value})
        order = [F(column), F("pk")]
        return found.order_by(*(o.desc() if minus else o.asc() for o in order))[:limit]


class File(models.Model):
    """A file that lies in S3 complete. files.placing makes the rows, uploads and the sweep end them."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="files")
    folder = models.CharField(max_length=PATH_CHARACTERS, blank=True, help_text="Empty, or “a/b/”.")
    name = models.CharField(max_length=NAME_BYTES)
    folded = models.CharField(max_length=3 * NAME_BYTES, editable=False)
    size = models.BigIntegerField(help_text="Bytes.")
    content_type = models.CharField(max_length=255)
    key = models.CharField("S3 key", max_length=255, unique=True)
    etag = models.CharField("ETag", max_length=80)
    sha256 = models.CharField(
        "SHA-256",
        max_length=64,
        blank=True,
        help_text="Base64, as S3 has it; “…-N” is the hash of the hashes of N parts.",
    )
    part_size = models.BigIntegerField(
        null=True, help_text="Bytes of every part but the last, where sha256 is of several."
    )
    created_at = models.DateTimeField(default=timezone.now)
    modified_at = models.DateTimeField(default=timezone.now)

    objects = FileQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["owner", "folder", "name"], name="file_path"),
            models.CheckConstraint(condition=Q(size__gte=0), name="file_size"),
        )
        indexes = (
            models.Index(fields=["owner", "folder", "folded", "id"], name="file_by_name"),
            models.Index(fields=["owner", "folder", "size", "id"], name="file_by_size"),
            models.Index(fields=["owner", "folder", "modified_at", "id"], name="file_by_time"),
            models.Index(fields=["owner", "folded", "id"], name="file_search"),
            models.Index(fields=["owner", "sha256"], name="file_by_content"),
        )

    def __str__(self) -> str:
        return self.path

    @property
    def path(self) -> str:
        return self.folder + self.name


class UploadQuerySet(models.QuerySet["Upload"]):
    def owned_by(self, user: User) -> "UploadQuerySet":
        return self.filter(owner=user)

    def open(self) -> "UploadQuerySet":
        """Neither complete nor being aborted."""
        return self.filter(file=None, aborting=False)

    def in_parts(self) -> "UploadQuerySet":
        return self.exclude(multipart_id="")


class Upload(models.Model):
    """A file on its way. It is open until `file` is set, unless it is being aborted."""

    class OnConflict(models.TextChoices):
        RENAME = "rename"
        REPLACE = "replace"
        FAIL = "fail"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="uploads")
    folder = models.CharField(max_length=PATH_CHARACTERS, blank=True)
    name = models.CharField(max_length=NAME_BYTES)
    size = models.BigIntegerField(help_text="Bytes.")
    content_type = models.CharField(max_length=255)
    key = models.CharField("S3 key", max_length=255, unique=True)
    part_size = models.BigIntegerField(help_text="Bytes of every part but the last.")
    part_count = models.PositiveIntegerField()
    multipart_id = models.CharField(
        max_length=ENCODED_BYTES, blank=True, help_text="S3’s upload id; empty for a single PUT."
    )
    sha256 = models.CharField("SHA-256", max_length=64, blank=True, help_text="Base64; of a single PUT.")
    checksums = models.BooleanField(default=False, help_text="Every part carries its SHA-256.")
    # What the file looked like where it comes from, to know it again when the upload is resumed.
    last_modified = models.BigIntegerField(null=True, help_text="Milliseconds since 1970, UTC.")
    fingerprint = models.CharField(max_length=64, blank=True, help_text="The client’s own, opaque here.")
    on_conflict = models.CharField(max_length=7, choices=OnConflict, default=OnConflict.RENAME)
    replaces = models.CharField(
        max_length=255,
        blank=True,
        help_text="The key of the file that was there at the start, and no other.",
    )
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    aborting = models.BooleanField(default=False)
    file = models.ForeignKey(File, models.CASCADE, null=True, related_name="uploads")

    objects = UploadQuerySet.as_manager()

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(size__gte=0), name="upload_size"),)
        # The open ones are few beside all that were ever completed.
        indexes = (
            models.Index(fields=["owner", "-created_at"], name="upload_open", condition=Q(file=None)),
        )

    def __str__(self) -> str:
        return self.path

    @property
    def path(self) -> str:
        return self.folder + self.name
