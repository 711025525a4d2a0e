import pytest
from django.test import RequestFactory

from accounts.states import LONGEST, new_state, next_of


def state_for(next_url: str) -> str:
    return new_state(RequestFactory().get("/oidc/authenticate/", {"next": next_url}))


def test_a_state_remembers_where_the_person_was_going() -> None:
    assert next_of(state_for("/files/?folder=a%20b/")) == "/files/?folder=a%20b/"


def test_a_state_fits_into_the_address_that_cognito_sends_back() -> None:
    assert len(state_for("/" + "é" * 1000)) <= LONGEST


def test_two_sign_ins_never_share_a_state() -> None:
    assert state_for("/files/") != state_for("/files/")


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "///evil.example",
        "evil",
        "/" + "a" * LONGEST,
        " //evil.example",
    ],
)
def test_nobody_is_sent_to_another_site(elsewhere: str) -> None:
    assert next_of(state_for(elsewhere)) == ""


@pytest.mark.parametrize("forged", ["", "x", "a:b:c", "é", "\x00", "x" * 10_000])
def test_a_forged_state_leads_nowhere(forged: str) -> None:
    assert next_of(forged) == ""


def test_a_tampered_state_leads_nowhere() -> None:
    assert next_of(state_for("/files/")[:-1] + "_") == ""
