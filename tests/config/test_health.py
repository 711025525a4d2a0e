import pytest
from django.db import DatabaseError
from django.test import Client

from accounts.faults import Unavailable
from config import health

NAMES = {"database", "cache", "cognito_keys", "bucket"}


@pytest.fixture(autouse=True)
def look_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "latest", health.Latest(seconds=0))


def test_probes_are_answered_whatever_the_host_is_called(client: Client) -> None:
    assert client.get("/healthz", headers={"host": "10.0.0.5:8000"}).status_code == 200


@pytest.mark.django_db
def test_asking_often_does_not_ask_aws_often(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    monkeypatch.setattr(health, "latest", health.Latest(seconds=60))
    monkeypatch.setitem(health.CHECKS, "bucket", lambda: looks.append(1))
    for _ in range(10):
        client.get("/readyz")
    assert len(looks) == 1


def test_alive_needs_nothing(client: Client) -> None:
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_ready_names_each_thing_with_its_state(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == dict.fromkeys(NAMES, "ok")


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("error", [Unavailable(), DatabaseError("SECRET"), ConnectionError("SECRET")])
def test_what_is_failing_is_named_and_the_rest_is_told_as_well(
    client: Client, monkeypatch: pytest.MonkeyPatch, name: str, error: Exception
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setitem(health.CHECKS, name, fail)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == dict.fromkeys(NAMES, "ok") | {name: "failing"}
    assert b"SECRET" not in answer.content
