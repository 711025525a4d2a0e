"""Signing in against the fake Cognito, step by step."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.test import Client

from tests.fakes import FakeCognito

Answer = Any  # the test client's own type of response has no public name


def begin(client: Client, next_url: str = "") -> dict[str, str]:
    """Press "Sign in": what the site asks of Cognito's authorize endpoint."""
    answer = client.get("/oidc/authenticate/", {"next": next_url})
    assert answer.status_code == 302
    return dict(parse_qsl(urlsplit(answer["Location"]).query))


def finish(client: Client, cognito: FakeCognito, asked: dict[str, str]) -> Answer:
    """Come back with a code, as Cognito sends the browser."""
    cognito.nonce = asked["nonce"]
    return client.get("/oidc/callback/", {"code": "the-c0de", "state": asked["state"]})


def sign_in(client: Client, cognito: FakeCognito, next_url: str = "") -> Answer:
    return finish(client, cognito, begin(client, next_url))
