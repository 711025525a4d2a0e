"""What happens between pressing "Sign in" and being somebody, when it goes well and when it does not."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.sessions.backends.base import SessionBase
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Session, User
from tests.accounts.signing_in import Answer, begin, finish, sign_in
from tests.fakes import STRANGERS_KEY, FakeCognito

pytestmark = pytest.mark.django_db


def is_signed_in(client: Client) -> bool:
    return client.get("/").status_code == 302


def assert_told(answer: Answer, status: int, words: str) -> None:
    """A page that says what happened, and offers one button that starts again."""
    assert answer.status_code == status
    page = answer.content.decode()
    assert words in page
    assert page.count("Sign in again") == 1


def test_a_person_lands_where_they_were_going(client: Client, cognito: FakeCognito) -> None:
    answer = sign_in(client, cognito, "/files/?folder=a/")
    assert (answer.status_code, answer["Location"]) == (302, "/files/?folder=a/")
    assert is_signed_in(client)


def test_pitfall_14_the_request_to_cognito_carries_state_nonce_and_pkce(
    client: Client, cognito: FakeCognito, settings: Settings
) -> None:
    """PKCE is on, with S256."""
    asked = begin(client)
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert len(asked["nonce"]) == 32
    assert asked["redirect_uri"] == f"{settings.SITE_URL}/oidc/callback/"


def test_pitfall_14_signing_in_calls_cognito_once_when_its_keys_are_known(
    client: Client, cognito: FakeCognito
) -> None:
    """Keys are not fetched on every sign-in, and userInfo never."""
    sign_in(Client(), cognito)
    cognito.calls.clear()
    sign_in(client, cognito)
    assert [call.path for call in cognito.calls] == ["/oauth2/token"]


def test_pitfall_19_a_page_after_signing_in_calls_cognito_not_at_all(
    client: Client, cognito: FakeCognito
) -> None:
    sign_in(client, cognito)
    cognito.calls.clear()
    assert client.get("/files/").status_code == 200
    assert cognito.calls == []


def test_who_is_asking_costs_one_query(
    client: Client, cognito: FakeCognito, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    sign_in(client, cognito)
    with django_assert_num_queries(1):
        client.get("/")


def test_a_code_with_another_sign_ins_nonce_is_refused(client: Client, cognito: FakeCognito) -> None:
    asked = begin(client)
    answer = finish(client, cognito, {**asked, "nonce": "another"})
    assert_told(answer, 502, "could not be verified")
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    "over", [{"aud": "another"}, {"token_use": "access"}, {"iss": "https://x"}], ids=str
)
def test_pitfall_01_an_id_token_that_is_not_for_this_site_signs_nobody_in(
    client: Client, cognito: FakeCognito, over: dict[str, Any]
) -> None:
    asked = begin(client)
    token = cognito.id_token(nonce=asked["nonce"], **over)
    cognito.will_answer("/oauth2/token", 200, {"id_token": token, "access_token": "a"})
    assert_told(finish(client, cognito, asked), 502, "could not be verified")
    assert not is_signed_in(client)
    assert not User.objects.exists()


def test_an_id_token_signed_by_somebody_else_signs_nobody_in(
    client: Client, cognito: FakeCognito
) -> None:
    asked = begin(client)
    token = cognito.id_token(STRANGERS_KEY, nonce=asked["nonce"])
    cognito.will_answer("/oauth2/token", 200, {"id_token": token, "access_token": "a"})
    assert_told(finish(client, cognito, asked), 502, "could not be verified")


@pytest.mark.parametrize(
    ("how", "status", "words"),
    [
        ({"status": 400, "body": {"error": "invalid_grant"}}, 400, "cannot be finished"),
        ({"status": 400, "body": {"error": "invalid_client"}}, 502, "misconfigured"),
        ({"status": 500, "body": {}}, 503, "not answering"),
        ({"status": 503, "body": b"busy"}, 503, "not answering"),
        ({"body": b"garbage"}, 503, "not answering"),
        ({"reset": True, "times": 4}, 503, "not answering"),
    ],
    ids=str,
)
def test_pitfall_03_no_fault_of_cognitos_is_a_crash(
    client: Client, cognito: FakeCognito, how: dict[str, Any], status: int, words: str
) -> None:
    """Each failure of the token endpoint is a page that says so; `next` is kept."""
    asked = begin(client, "/files/?folder=a/")
    cognito.will_answer("/oauth2/token", **how)
    answer = finish(client, cognito, asked)
    assert_told(answer, status, words)
    assert "next=%2Ffiles%2F%3Ffolder%3Da%2F" in answer.content.decode()


def test_keys_that_cannot_be_had_are_told_as_an_outage(client: Client, cognito: FakeCognito) -> None:
    cognito.will_answer("/jwks.json", 503, b"busy")
    assert_told(sign_in(client, cognito), 503, "not answering")


def test_pitfall_04_a_replayed_callback_lands_signed_in(client: Client, cognito: FakeCognito) -> None:
    """The back button, or a reloaded tab."""
    asked = begin(client, "/files/?folder=a/")
    finish(client, cognito, asked)
    cognito.calls.clear()
    again = finish(client, cognito, asked)
    assert (again.status_code, again["Location"]) == (302, "/files/?folder=a/")
    assert cognito.calls == []


def test_a_replayed_callback_signs_nobody_else_in(client: Client, cognito: FakeCognito) -> None:
    asked = begin(client)
    finish(client, cognito, asked)
    assert_told(finish(Client(), cognito, asked), 400, "out of date")


def test_pitfall_05_two_tabs_land_where_each_was_going(client: Client, cognito: FakeCognito) -> None:
    first, second = begin(client, "/files/?folder=first/"), begin(client, "/files/?folder=second/")
    assert finish(client, cognito, first)["Location"] == "/files/?folder=first/"
    assert finish(client, cognito, second)["Location"] == "/files/?folder=second/"


def test_pitfall_06_a_forged_error_signs_nobody_out(client: Client, cognito: FakeCognito) -> None:
    """An error without a state that we gave changes nothing."""
    sign_in(client, cognito)
    for forged in ({"error": "x"}, {"error": "x", "state": "forged"}, {"error": "x", "code": "y"}):
        answer = client.get("/oidc/callback/", {**forged, "error_description": "Call this number"})
        assert b"Call this number" not in answer.content
    assert is_signed_in(client)


def test_pitfall_06_what_cognito_says_of_a_refused_sign_in_is_shown(
    client: Client, cognito: FakeCognito
) -> None:
    """The provider's text reaches the person, as text."""
    asked = begin(client, "/files/")
    answer = client.get(
        "/oidc/callback/",
        {
            "error": "invalid_request",
            "error_description": "PreAuthentication failed with error <b>closed</b>.",
            "state": asked["state"],
        },
    )
    assert_told(answer, 403, "PreAuthentication failed with error &lt;b&gt;closed&lt;/b&gt;.")


def test_pitfall_05_a_cancelled_sign_in_offers_to_start_again(
    client: Client, cognito: FakeCognito
) -> None:
    asked = begin(client, "/files/?folder=a/")
    answer = client.get("/oidc/callback/", {"error": "access_denied", "state": asked["state"]})
    assert_told(answer, 403, "cancelled")
    assert "next=%2Ffiles%2F%3Ffolder%3Da%2F" in answer.content.decode()


def test_pitfall_16_a_stale_sign_in_page_keeps_where_it_was_going(
    client: Client, cognito: FakeCognito
) -> None:
    """The session that began it is gone, the destination is not."""
    asked = begin(Client(), "/files/?folder=a/")
    answer = finish(client, cognito, asked)
    assert_told(answer, 400, "out of date")
    assert "next=%2Ffiles%2F%3Ffolder%3Da%2F" in answer.content.decode()
    assert cognito.calls == []


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"code": "c"},
        {"state": "s"},
        {"code": "c", "state": ""},
        {"code": "c", "state": "s" * 10_000},
        {"code": "\x00", "state": "\x00"},
        {"error": ""},
    ],
    ids=lambda query: str(query)[:40],
)
def test_pitfall_16_a_malformed_callback_is_told(
    client: Client, cognito: FakeCognito, query: dict[str, str]
) -> None:
    assert_told(client.get("/oidc/callback/", query), 400, "out of date")


def test_an_empty_code_is_a_refused_sign_in(client: Client, cognito: FakeCognito) -> None:
    asked = begin(client)
    answer = client.get("/oidc/callback/", {"code": "", "state": asked["state"]})
    assert_told(answer, 403, "cancelled")


def test_an_unfinished_sign_in_is_forgotten_after_an_hour(client: Client, cognito: FakeCognito) -> None:
    asked = begin(client)
    assert client.session.get_expiry_age() == 3600
    finish(client, cognito, asked)
    assert client.session.get_expiry_age() == 14 * 24 * 3600


@pytest.mark.parametrize("key", ["", r'"\000abcdefgh"', "é" * 32, "a b", "'; --", "x" * 10_000])
def test_a_forged_session_key_is_nobodys(client: Client, key: str) -> None:
    """As the header brings it: between quotes, an octal number is a character."""
    answer = client.get("/files/", headers={"cookie": f"sessionid={key}"})
    assert answer.status_code == 302


def test_somebody_switched_off_is_kept_out(client: Client, cognito: FakeCognito) -> None:
    sign_in(Client(), cognito)
    User.objects.update(is_active=False)
    assert_told(sign_in(client, cognito), 403, "switched off")
    assert not is_signed_in(client)


def test_pitfall_07_somebody_switched_off_while_signed_in_is_out_at_once(
    client: Client, cognito: FakeCognito
) -> None:
    sign_in(client, cognito)
    User.objects.update(is_active=False)
    assert not is_signed_in(client)
    assert not Session.objects.exclude(user=None).exists()


def test_signing_in_changes_the_session_key(client: Client, cognito: FakeCognito) -> None:
    asked = begin(client)
    before = client.cookies["sessionid"].value
    finish(client, cognito, asked)
    assert client.cookies["sessionid"].value != before


def test_signing_in_as_somebody_else_takes_nothing_over(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    session = client.session
    session["of_bob"] = "private"
    session.save()
    cognito.claims = {"sub": "alice-sub", "email": "alice@example.com"}
    sign_in(client, cognito)
    assert "of_bob" not in client.session


def test_pitfall_15_the_session_cookie_survives_the_way_back_from_cognito(
    client: Client, cognito: FakeCognito
) -> None:
    """Lax, and out of reach for scripts."""
    begin(client)
    cookie = client.cookies["sessionid"]
    assert (cookie["samesite"], bool(cookie["httponly"])) == ("Lax", True)


def test_a_tampered_session_cookie_is_nobodys(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    client.cookies["sessionid"] = client.cookies["sessionid"].value[:-1] + "?"
    assert not is_signed_in(client)


def test_a_tampered_session_row_is_nobodys(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    Session.objects.update(session_data="forged")
    assert not is_signed_in(client)


def test_pitfall_14_tokens_are_sealed_in_the_database(client: Client, cognito: FakeCognito) -> None:
    """Not in the clear, neither in their column nor in the session's data."""
    sign_in(client, cognito)
    row = Session.objects.get()
    kept = _store(client).tokens
    for token in (kept.id_token, kept.access_token, str(kept.refresh_token)):
        assert token not in row.sealed_tokens
        assert token not in str(SessionBase.decode(client.session, row.session_data))


def test_no_log_line_of_a_sign_in_holds_a_secret(
    client: Client, cognito: FakeCognito, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    asked = begin(client)
    finish(client, cognito, asked)
    kept = _store(client).tokens
    lines = "".join(str(vars(record)) for record in caplog.records)
    for secret in ("the-c0de", kept.id_token, kept.access_token, asked["state"], asked["nonce"]):
        assert secret not in lines


def test_the_sign_in_button_is_on_the_landing_page(client: Client) -> None:
    assert 'href="/oidc/authenticate/"' in client.get("/").content.decode()


def test_somebody_not_signed_in_is_sent_to_sign_in_and_back(
    client: Client, cognito: FakeCognito
) -> None:
    answer = client.get("/files/", {"folder": "a/"})
    assert urlsplit(answer["Location"]).path == "/oidc/authenticate/"
    asked = client.get(answer["Location"])
    assert asked.status_code == 302


def _store(client: Client) -> Any:
    return client.session
