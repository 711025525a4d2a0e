"""The people and places that the tests share."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections
from django.test import Client
from pytest_django import Settings

from accounts import cognito as edge
from accounts import tokens
from accounts.models import User
from tests import fakes, people
from tests.stack import STACK


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """A database in a file: the threads of one test see each other's work, as processes do."""
    connections["default"].settings_dict["TEST"]["NAME"] = str(STACK.folder / "test.sqlite3")


@pytest.fixture(scope="session", autouse=True)
def static_files() -> None:
    """Stylesheets and scripts under their hashed names, as in production."""
    call_command("collectstatic", interactive=False, verbosity=0)


class Person(Client):
    """A signed-in browser, without a browser; `user` is who it belongs to here."""

    user: User


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """Each test starts with an empty cache, no keys, and a Cognito that has never been away."""
    cache.clear()
    tokens.keys = tokens.KeySet(edge.fetch_keys)
    edge.breaker = edge.Breaker()


@pytest.fixture
def cognito(settings: Settings) -> Iterator[fakes.FakeCognito]:
    """The site, talking to a Cognito that can be told to fail."""
    with fakes.fake_cognito() as fake:
        settings.COGNITO_ISSUER = fakes.ISSUER
        settings.COGNITO_CLIENT_ID = settings.OIDC_RP_CLIENT_ID = fakes.CLIENT
        settings.COGNITO_DOMAIN = fake.url
        settings.COGNITO_JWKS_URL = f"{fake.url}/jwks.json"
        yield fake


def _person(email: str) -> Person:
    person = Person()
    people.sign_in(person, email)
    person.user = User.objects.get(email=email)
    return person


@pytest.fixture
def alice(db: None) -> Person:
    """An administrator."""
    return _person("alice@example.com")


@pytest.fixture
def bob(db: None) -> Person:
    """A member."""
    return _person("bob@example.com")


@pytest.fixture
def mallory(db: None) -> Person:
    """A member too, and the stranger: never gets at what is bob's."""
    return _person("mallory@example.com")


@pytest.fixture
def victor(db: None) -> Person:
    """A viewer."""
    return _person("victor@example.com")


@pytest.fixture
def nora(db: None) -> Person:
    """In no group."""
    return _person("nora@example.com")
