"""The sign-in pages and the token endpoint keep to OAuth's rules: what they refuse, and how."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.localaws.behaviours import claims
from tests.stack import STACK

CALLBACK = f"{STACK.site_url}/oidc/callback/"
EVIL = "https://evil.example/callback"
BOB = "bob@example.com"


def get(path: str, **query: str) -> requests.Response:
    return requests.get(f"{STACK.endpoint}{path}", params=query, allow_redirects=False, timeout=10)


def authorize(**changes: str) -> requests.Response:
    query = {
        "response_type": "code",
        "client_id": STACK.env["COGNITO_CLIENT_ID"],
        "redirect_uri": CALLBACK,
        "scope": "openid",
        "state": "s",
        "code_challenge": "x" * 43,
        "code_challenge_method": "S256",
    }
    return get("/oauth2/authorize", **{**query, **changes})


def login(**changes: str) -> requests.Response:
    form = {
        "response_type": "code",
        "client_id": STACK.env["COGNITO_CLIENT_ID"],
        "redirect_uri": CALLBACK,
        "scope": "openid",
        "state": "s",
        "username": BOB,
        "password": STACK.password,
    }
    return requests.post(
        f"{STACK.endpoint}/login", data={**form, **changes}, allow_redirects=False, timeout=10
    )


def test_a_person_comes_back_with_a_code_and_the_state() -> None:
    assert "<form" in authorize().text
    answer = login(state="a b&c=d")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(f"{CALLBACK}?")
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query.keys() == {"code", "state"}
    assert query["state"] == ["a b&c=d"]


def test_the_tokens_carry_the_nonce() -> None:
    tokens = STACK.tokens(BOB, nonce="n-1")
    assert claims(tokens["id_token"])["nonce"] == "n-1"
    assert claims(tokens["access_token"])["token_use"] == "access"


def test_a_wrong_password_is_told_on_the_page() -> None:
    answer = login(password="wrong-wrong-wrong")
    assert (answer.status_code, "Location" in answer.headers) == (200, False)
    assert "Incorrect username or password" in answer.text
    assert "<form" in answer.text


def test_a_stranger_and_a_wrong_password_read_the_same() -> None:
    pages = []
    for who in (BOB, "who@example.com"):
        page = login(username=who, password="x").text
        pages.append(
            re.sub('name="transaction" value="[^"]+"|transaction=[^"]+', "", page.replace(who, ""))
        )
    assert pages[0] == pages[1]


def test_what_was_typed_is_not_run() -> None:
    answer = login(password="x", state='"><script>alert(1)</script>')
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    "redirect_uri",
    [
        EVIL,
        f"{CALLBACK}x",
        f"{CALLBACK}?x=1",
        CALLBACK.rstrip("/"),
        CALLBACK.replace("localhost", "127.0.0.1"),
    ],
)
def test_no_other_address_is_redirected_to(redirect_uri: str) -> None:
    for answer in (authorize(redirect_uri=redirect_uri), login(redirect_uri=redirect_uri)):
        assert answer.status_code == 400
        assert "Location" not in answer.headers
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "code=" not in answer.text


@pytest.mark.parametrize(
    "changes", [{"client_id": "unknown"}, {"response_type": "token"}, {"client_id": ""}]
)
def test_a_wrong_request_gets_a_page_and_goes_nowhere(changes: dict[str, str]) -> None:
    answer = authorize(**changes)
    assert (answer.status_code, "Location" in answer.headers) == (400, False)
    assert answer.headers["Content-Type"].startswith("text/html")


def test_errors_that_the_site_may_hear_of_come_back_with_the_state() -> None:
    for answer in (authorize(scope="openid admin"), authorize(code_challenge_method="plain")):
        assert answer.headers["Location"].startswith(f"{CALLBACK}?error=invalid_request")
        assert "state=s" in answer.headers["Location"]


def test_signing_out_leads_to_registered_addresses_only() -> None:
    client_id = STACK.env["COGNITO_CLIENT_ID"]
    home = f"{STACK.site_url}/"
    assert get("/logout", client_id=client_id, logout_uri=home).headers["Location"] == home
    for query in (
        {"client_id": client_id, "logout_uri": EVIL},
        {"client_id": client_id, "logout_uri": home + "x"},
        {"client_id": client_id},
        {"client_id": "unknown", "logout_uri": home},
    ):
        answer = get("/logout", **query)
        assert (answer.status_code, "Location" in answer.headers) == (400, False)
