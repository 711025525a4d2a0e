"""A database that is locked, or gone: people and programs are asked to come back, and nothing breaks."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client

from files.models import File
from tests.conftest import Person
from tests.files.test_views import row

pytestmark = pytest.mark.django_db(transaction=True)
BUSY = "The site is too busy at the moment"


@pytest.fixture
def locked(request: pytest.FixtureRequest) -> Iterator[Callable[[], None]]:
    """Somebody else writes, from when it is called to the end of the test; the site waits 50 ms."""
    options = connection.settings_dict["OPTIONS"]
    before, options["timeout"] = options["timeout"], 0.05
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:

        def lock() -> None:
            connection.close()  # the next one has the short time-out
            other.execute("BEGIN IMMEDIATE")

        yield lock
        other.rollback()
    options["timeout"] = before
    connection.close()


def is_told(answer: Any) -> bool:
    """503, when to come back, and a reference; nothing of the database's own words."""
    text = answer.content.decode()
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert answer["X-Reference"] in text
    assert "locked" not in text
    assert "OperationalError" not in text
    return BUSY in text and "Please try again in a moment." in text


def test_a_program_is_told_when_to_come_back(bob: Person, locked: Callable[[], None]) -> None:
    file = row(bob)
    locked()
    answer = bob.patch(f"/api/v1/files/{file.pk}", {"path": "b.txt"}, "application/json")
    assert is_told(answer)
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["title"] == BUSY


def test_a_person_gets_a_page_with_their_name_on_it(bob: Person, locked: Callable[[], None]) -> None:
    """Reading goes on while somebody writes."""
    file = row(bob)
    locked()
    answer = bob.post(f"/files/{file.pk}/rename/", {"path": "b.txt"})
    assert is_told(answer)
    assert bob.user.email in answer.content.decode()
    assert bob.get("/files/").status_code == 200
    assert File.objects.get().name == "a.txt"


def test_outside_of_views_it_is_told_too(locked: Callable[[], None]) -> None:
    """Signing in begins with a session, which Django writes after the view."""
    locked()
    assert is_told(Client(raise_request_exception=False).get("/oidc/authenticate/"))


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.parametrize("path", ["/files/", "/api/v1/files", "/account/", "/"])
def test_without_any_database_there_is_an_answer_still(
    bob: Person, path: str, error: type[Exception]
) -> None:
    def gone(*_: object) -> None:
        raise error("server closed the connection unexpectedly")

    bob.raise_request_exception = False
    with connection.execute_wrapper(gone):
        answer = bob.get(path)
    assert is_told(answer)
    assert "closed" not in answer.content.decode()
    assert bob.get("/files/").status_code == 200


def test_our_own_mistake_is_no_trouble_of_the_databases(bob: Person) -> None:
    def wrong(*_: object) -> None:
        raise TypeError

    bob.raise_request_exception = False
    with connection.execute_wrapper(wrong):
        assert bob.get("/api/v1/files").status_code == 500
