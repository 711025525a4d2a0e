"""What a folder or a search shows, a page at a time: for the page and for the API alike."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core import signing
from django.urls import reverse

from accounts.models import User
from files import paths
from files.faults import Malformed
from files.models import SORTS, File
from files.paths import Path

PAGE = 100
MAX_QUERY = 255
_SALT = "files.cursor"


@dataclass(frozen=True)
class Folder:
    """A folder as one sees it from its parent; count is of all files in and below it."""

    name: str
    folder: str
    count: int


@dataclass(frozen=True)
class Crumb:
    name: str
    folder: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Wish:
    """What somebody asks to see. sort: a name of files.models.SORTS, "-" in front for descending."""

    folder: str = ""
    query: str = ""
    sort: str = "name"
    cursor: str = ""
    limit: int = PAGE

    @classmethod
    def of(
        cls, *, folder: str = "", query: str = "", sort: str = "", cursor: str = "", limit: int = PAGE
    ) -> "Wish":
        """From a query string, or Malformed."""
        query = paths.one_line(query)
        if len(query) > MAX_QUERY:
            raise Malformed.of("q", f"Search for up to {MAX_QUERY} characters.")
        sort = sort or "name"
        if sort.removeprefix("-") not in SORTS:
            raise Malformed.of("sort", f"Sort by {', '.join(SORTS)}, with “-” in front to reverse.")
        return cls(paths.parse_folder(folder), query, sort, cursor, limit)


@dataclass(frozen=True)
class Listing:
    """A page of files, after the folders if it is the first one of a folder. Two queries."""

    wish: Wish
    folders: list[Folder]
    files: list[File]
    next: str

    @property
    def folder(self) -> str:
        return self.wish.folder

    @property
    def query(self) -> str:
        return self.wish.query

    @property
    def sort(self) -> str:
        return self.wish.sort

    @property
    def sorted_by(self) -> str:
        return self.sort.removeprefix("-")

    @property
    def descending(self) -> bool:
        return self.sort.startswith("-")

    @property
    def is_empty(self) -> bool:
        return not self.folders and not self.files

    @cached_property
    def crumbs(self) -> list[Crumb]:
        """The folders from the top to this one; none at the top."""
        names = self.folder.split("/")[:-1]
        return [Crumb(name, "/".join(names[: n + 1]) + "/") for n, name in enumerate(names)]

    @property
    def next_url(self) -> str:
        return (
            url(folder=self.folder, q=self.query, sort=self.sort, cursor=self.next) if self.next else ""
        )

    @property
    def sort_urls(self) -> dict[str, str]:
        """Where each column's heading leads: to its order, or, if it has it, to the reverse."""
        turned = {self.sorted_by: self.sorted_by if self.descending else f"-{self.sorted_by}"}
        return {by: url(folder=self.folder, q=self.query, sort=turned.get(by, by)) for by in SORTS}


def look(owner: User, wish: Wish) -> Listing:
    """The page that this person wishes to see of their own files, or Malformed."""
    mine = File.objects.owned_by(owner)
    found = mine.under(wish.folder).named_like(wish.query) if wish.query else mine.in_folder(wish.folder)
    position = _position(wish) if wish.cursor else None
    files = list(found.after(wish.sort, position, wish.limit + 1))
    more, files = len(files) > wish.limit, files[: wish.limit]
    folders: list[Folder] = []
    if not wish.query and position is None:
        folders = [
            Folder(name, f"{wish.folder}{name}/", count) for name, count in mine.subfolders(wish.folder)
        ]
    return Listing(wish, folders, files, _cursor(wish.sort, files[-1]) if more else "")


def known(owner: User, asked: list[str]) -> list[tuple[str, File]]:
    """The files that have one of these paths, each with the path as it was asked."""
    parsed = {text: path for text in asked if (path := _parsed(text))}
    found = {file.path: file for file in File.objects.owned_by(owner).at(parsed.values())}
    return [(text, found[str(path)]) for text, path in parsed.items() if str(path) in found]


def url(**parameters: str) -> str:
    """The address of the page, without what is empty or usual."""
    usual = {"sort": "name"}
    given = {name: value for name, value in parameters.items() if value and usual.get(name) != value}
    return reverse("files:list") + (f"?{urlencode(given)}" if given else "")


def _parsed(text: str) -> Path | None:
    try:
        return paths.parse(text)
    except Malformed:
        return None


def _cursor(sort: str, last: File) -> str:
    """Signed, so that one that was changed is told from one that is old."""
    value = getattr(last, SORTS[sort.removeprefix("-")])
    if isinstance(value, datetime):
        value = value.isoformat()
    return signing.dumps([sort, value, last.pk.hex], salt=_SALT)


def _position(wish: Wish) -> tuple[Any, UUID]:
    try:
        sort, value, pk = signing.loads(wish.cursor, salt=_SALT)
    except signing.BadSignature:
        sort = value = pk = None
    if sort != wish.sort:
        raise Malformed.of("cursor", "This place in the list is not known. Start from the top.")
    return datetime.fromisoformat(value) if sort.endswith("modified") else value, UUID(pk)
