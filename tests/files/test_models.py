"""Finding files: by folder, by name, a page at a time."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from files import listing, paths
from files.faults import Malformed
from files.listing import Wish, look
from files.models import File, Upload
from tests.files.conftest import person

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def bob() -> User:
    return person("bob")


def keep(owner: User, *names: str, **over: Any) -> None:
    for number, text in enumerate(names):
        path = paths.parse(text)
        File.objects.create(
            **{
                "owner": owner,
                "folder": path.folder,
                "name": path.name,
                "folded": paths.folded(path.name),
                "size": number % 3,
                "content_type": "text/plain",
                "key": f"users/x/{uuid4()}",
                "etag": "e",
                "modified_at": START + timedelta(seconds=number % 4),
            }
            | over
        )


def names(found: listing.Listing) -> list[str]:
    return [file.name for file in found.files]


def test_a_folder_shows_its_files_and_its_folders(bob: User) -> None:
    keep(bob, "a.txt", "f/b.txt", "f/g/c.txt", "f/g/h/d.txt", "F/e.txt", "f2/x", "fg")
    top = look(bob, Wish())
    assert names(top) == ["a.txt", "fg"]
    assert [(one.name, one.folder, one.count) for one in top.folders] == [
        ("F", "F/", 1),
        ("f", "f/", 3),
        ("f2", "f2/", 1),
    ]
    inside = look(bob, Wish(folder="f/"))
    assert names(inside) == ["b.txt"]
    assert [(one.name, one.folder, one.count) for one in inside.folders] == [("g", "f/g/", 2)]
    assert [(crumb.name, crumb.folder) for crumb in look(bob, Wish(folder="f/g/")).crumbs] == [
        ("f", "f/"),
        ("g", "f/g/"),
    ]


def test_an_empty_folder_is_empty(bob: User) -> None:
    assert look(bob, Wish(folder="none/")).is_empty


def test_a_stranger_sees_nothing(bob: User) -> None:
    keep(bob, "a.txt", "f/b.txt")
    mallory = person("mallory")
    assert look(mallory, Wish()).is_empty
    assert look(mallory, Wish(query="txt")).is_empty
    assert not File.objects.owned_by(mallory).exists()
    assert not Upload.objects.owned_by(mallory).exists()


def test_names_are_ordered_without_regard_to_case(bob: User) -> None:
    keep(bob, "b", "A", "c", "Ä", "ä2")
    assert names(look(bob, Wish())) == ["A", "b", "c", "Ä", "ä2"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("REPORT", ["report 2.pdf", "Report.pdf"]),
        ("ΆΛΦΑ", ["άλφα.txt"]),
        ("strasse", ["Straße"]),
        ("отчёт", ["ОТЧЁТ"]),
        ("cafe\u0301", ["Café"]),
        ("خواهم", ["می‌خواهم"]),
        ("100%", ["100%"]),
        ("_", ["a_b"]),
        ("nothing", []),
    ],
)
def test_a_search_goes_through_all_folders_in_every_script(
    bob: User, query: str, found: list[str]
) -> None:
    keep(bob, "Report.pdf", "f/report 2.pdf", "x/άλφα.txt", "x/Straße", "ОТЧЁТ", "Café", "می‌خواهم")
    keep(bob, "100%", "1000", "a_b", "axb")
    assert names(look(bob, Wish.of(query=query))) == found


def test_a_search_in_a_folder_goes_down_from_there(bob: User) -> None:
    keep(bob, "a1", "f/a2", "f/g/a3", "F/a4")
    assert names(look(bob, Wish(folder="f/", query="a"))) == ["a2", "a3"]


@pytest.mark.parametrize("sort", ["name", "-name", "size", "-size", "modified", "-modified"])
@pytest.mark.parametrize("query", ["", "n"])
def test_pages_give_every_file_once_and_in_order(bob: User, sort: str, query: str) -> None:
    keep(bob, *(f"n{number:02}" for number in range(23)))
    whole = names(look(bob, Wish(sort=sort, query=query, limit=100)))
    assert len(set(whole)) == 23
    seen: list[str] = []
    cursor = ""
    while True:
        page = look(bob, Wish(sort=sort, query=query, cursor=cursor, limit=5))
        seen += names(page)
        if not page.next:
            break
        cursor = page.next
    assert seen == whole


def test_a_page_costs_two_queries_whatever_its_length(bob: User, django_assert_num_queries: Any) -> None:
    keep(bob, *(f"f{number % 7}/n{number}" for number in range(150)), *(f"n{n}" for n in range(120)))
    with django_assert_num_queries(2):
        page = look(bob, Wish())
        assert len(page.files) == 100
        assert len(page.folders) == 7


def test_a_changed_cursor_is_refused(bob: User) -> None:
    keep(bob, "a", "b", "c")
    cursor = look(bob, Wish(limit=1)).next
    for changed in (cursor[:-1], cursor + "x", cursor.swapcase(), "x", "\0é:", ":" * 9):
        with pytest.raises(Malformed) as refusal:
            look(bob, Wish(cursor=changed))
        assert "cursor" in refusal.value.errors


def test_a_cursor_is_good_for_its_order_only(bob: User) -> None:
    keep(bob, "a", "b", "c")
    cursor = look(bob, Wish(limit=1)).next
    with pytest.raises(Malformed):
        look(bob, Wish(cursor=cursor, sort="-name"))


@pytest.mark.parametrize(
    "wrong", [{"sort": "owner"}, {"sort": "--name"}, {"folder": "../"}, {"query": "x" * 256}]
)
def test_a_wish_that_cannot_be_met_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        Wish.of(**wrong)  # type: ignore[arg-type]


def test_links_keep_what_one_looks_at(bob: User) -> None:
    keep(bob, "f/a", "f/b")
    page = look(bob, Wish(folder="f/", sort="-size", limit=1))
    assert page.sort_urls == {
        "name": "/files/?folder=f%2F",
        "size": "/files/?folder=f%2F&sort=size",
        "modified": "/files/?folder=f%2F&sort=modified",
    }
    assert page.next_url.startswith("/files/?folder=f%2F&sort=-size&cursor=")
    assert look(bob, Wish(folder="f/")).sort_urls["name"] == "/files/?folder=f%2F&sort=-name"
    assert (page.sorted_by, page.descending) == ("size", True)


def test_a_path_is_there_once_for_each_person(bob: User) -> None:
    keep(bob, "f/a")
    keep(person("mallory"), "f/a")
    with pytest.raises(IntegrityError), transaction.atomic():
        keep(bob, "f/a")
    keep(bob, "f/A")


def test_no_file_has_less_than_nothing(bob: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        keep(bob, "a", size=-1)


def test_rows_say_what_they_are(bob: User) -> None:
    keep(bob, "f/a")
    assert str(File.objects.get()) == "f/a"
    assert str(Upload(folder="f/", name="a")) == "f/a"
