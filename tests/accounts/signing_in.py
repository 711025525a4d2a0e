"""Signing in against the fake Cognito, step by step."""

from urllib.parse import parse_qsl, urlsplit

from django.http import HttpResponse
from django.test import Client

from tests.fakes import FakeCognito


def begin(client: Client, next_url: str = "") -> dict[str, str]:
    """Press "Sign in": what the site asks of Cognito's authorize endpoint."""
    answer = client.get("/oidc/authenticate/", {"next": next_url})
    assert answer.status_code == 302
    return dict(parse_qsl(urlsplit(answer["Location"]).query))


def finish(client: Client, cognito: FakeCognito, asked: dict[str, str]) -> HttpResponse:
    """Come back with a code, as Cognito sends the browser."""
    cognito.nonce = asked["nonce"]
    answer: HttpResponse = client.get("/oidc/callback/", {"code": "c0de", "state": asked["state"]})
    return answer


def sign_in(client: Client, cognito: FakeCognito, next_url: str = "") -> HttpResponse:
    return finish(client, cognito, begin(client, next_url))
