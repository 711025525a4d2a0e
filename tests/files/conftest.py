"""People with real credentials, and what a browser does with a presigned URL."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from accounts.credentials import Credentials
from accounts.models import User
from files import s3
from files.storage import Prefix
from tests.files.fake_s3 import FakeS3, fake_s3
from tests.stack import STACK, credentials


def credentials_of(name: str) -> Credentials:
    """What the identity pool gives this demo person."""
    answer = credentials(name)
    keys = answer["Credentials"]
    return Credentials(
        identity_id=answer["IdentityId"],
        access_key=keys["AccessKeyId"],
        secret_key=keys["SecretKey"],
        session_token=keys["SessionToken"],
        expires_at=keys["Expiration"].astimezone(UTC),
    )


def person(name: str) -> User:
    """A row for this demo person, for tests below HTTP."""
    return User.objects.create(
        issuer="https://issuer.example", subject=name, email=f"{name}@example.com"
    )


@pytest.fixture
def bobs() -> Credentials:
    return credentials_of("bob")


@pytest.fixture
def mallorys() -> Credentials:
    return credentials_of("mallory")


@pytest.fixture
def victors() -> Credentials:
    return credentials_of("victor")


@pytest.fixture
def fakes_keys() -> Credentials:
    """Of nobody, for a fake S3; the words are looked for in logs and messages."""
    return Credentials(
        identity_id="us-east-1:fake",
        access_key="AKIASECRET",
        secret_key="SECRETSECRET",
        session_token="TOKENSECRET",
        expires_at=datetime.now(UTC) + timedelta(hours=1),
    )


@pytest.fixture
def prefix(bobs: Credentials) -> Iterator[Prefix]:
    """Bob's."""
    with Prefix(bobs) as opened:
        yield opened


@pytest.fixture
def key(bobs: Credentials) -> str:
    return f"users/{bobs.identity_id}/{uuid4()}"


@pytest.fixture
def broken_s3(settings: Settings) -> Iterator[FakeS3]:
    """The site, talking to an S3 that fails as told."""
    with fake_s3() as fake:
        settings.S3_ENDPOINT_URL = fake.url
        yield fake


@pytest.fixture
def s3_calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the calls that the site makes to S3, as it makes them."""
    made: list[str] = []
    make = s3.client

    def watched(credentials: Credentials) -> Any:
        client = make(credentials)
        client.meta.events.register("before-call.s3", lambda model, **_: made.append(model.name))
        return client

    monkeypatch.setattr(s3, "client", watched)
    return made


@pytest.fixture
def s3_admin() -> Iterator[Any]:
    """S3 with every right: to look at what there is, not as the site does."""
    client = STACK.admin("s3")
    yield client
    client.close()
