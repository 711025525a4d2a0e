"""Step-up: who is asked to sign in again, or for a second factor, and that nobody goes in circles."""

import time
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts import user_pool
from accounts.models import AuditEvent, Kind, Session, User
from accounts.user_pool import Profile
from tests.accounts.signing_in import Answer, finish, sign_in
from tests.conftest import Person
from tests.fakes import FakeCognito

pytestmark = pytest.mark.django_db

HOUR = 3600


@pytest.fixture(autouse=True)
def guarded(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.accounts.guarded"


@pytest.fixture
def mfa(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The person's MFA list at Cognito, for the test to fill; each look at it is counted."""
    listed: list[str] = []
    monkeypatch.setattr(user_pool, "profile", lambda _token: Profile({}, tuple(listed)))
    return listed


def signed_in(cognito: FakeCognito, *, ago: int = 0, **claims: Any) -> Client:
    """bob, whose sign-in was `ago` seconds ago, with what else the ID token says."""
    cognito.claims = {"auth_time": int(time.time()) - ago, **claims}
    client = Client()
    sign_in(client, cognito)
    return client


def asked(answer: Answer) -> dict[str, str]:
    """What our sign-in view is asked for."""
    assert answer.status_code == 302, answer.content
    target = urlsplit(answer["Location"])
    assert target.path == "/oidc/authenticate/"
    return dict(parse_qsl(target.query))


def asked_of_cognito(client: Client, answer: Answer) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(client.get(answer["Location"])["Location"]).query))


# --- How long ago -----------------------------------------------------------------------------------


def test_who_has_just_signed_in_is_let_through(cognito: FakeCognito) -> None:
    assert signed_in(cognito).get("/fresh/").content == b"fresh enough"


def test_a_sign_in_of_an_hour_ago_is_asked_again_and_comes_back(cognito: FakeCognito) -> None:
    bob = signed_in(cognito, ago=HOUR)
    away = bob.get("/fresh/?page=2")
    assert asked(away) == {"next": "/fresh/?page=2", "max_age": "300"}
    at_cognito = asked_of_cognito(bob, away)
    assert (at_cognito["prompt"], at_cognito["max_age"]) == ("login", "300")
    cognito.claims = {"auth_time": int(time.time())}
    back = finish(bob, cognito, at_cognito)
    assert back["Location"] == "/fresh/?page=2"
    assert bob.get("/fresh/").content == b"fresh enough"


def test_a_refresh_of_the_tokens_does_not_make_the_sign_in_any_fresher(cognito: FakeCognito) -> None:
    bob = signed_in(cognito, ago=HOUR)
    Session.objects.update(tokens_expire_at=timezone.now() + timedelta(minutes=1))
    assert asked(bob.get("/fresh/"))["max_age"] == "300"
    assert cognito.count("/oauth2/token") == 2


def test_a_form_that_was_opened_in_time_may_still_be_sent(cognito: FakeCognito) -> None:
    bob = signed_in(cognito, ago=9 * 60)
    assert bob.get("/fresh/").status_code == 302
    assert bob.post("/fresh/").content == b"fresh enough"


def test_a_form_that_is_much_too_late_is_not_done_and_its_page_comes_again(cognito: FakeCognito) -> None:
    assert asked(signed_in(cognito, ago=HOUR).post("/fresh/"))["next"] == "/fresh/"


def test_a_pool_that_does_not_ask_again_ends_on_a_page_not_in_a_circle(cognito: FakeCognito) -> None:
    bob = signed_in(cognito, ago=HOUR)
    back = finish(bob, cognito, asked_of_cognito(bob, bob.get("/fresh/")))
    assert back.status_code == 403
    assert b"You were not asked to sign in again" in back.content
    assert AuditEvent.objects.filter(kind=Kind.SIGN_IN_REFUSED).exists()
    assert bob.get("/files/").status_code == 200  # still who they were


@pytest.mark.parametrize("auth_time", [None, "yesterday", -1, True])
def test_a_token_that_does_not_say_when_counts_as_old(cognito: FakeCognito, auth_time: object) -> None:
    cognito.claims = {"auth_time": auth_time}
    client = Client()
    sign_in(client, cognito)
    assert client.get("/fresh/").status_code == 302


def test_clocks_that_differ_by_two_minutes_do_not_matter(cognito: FakeCognito) -> None:
    assert signed_in(cognito, ago=300 + 119).get("/fresh/").status_code == 200
    assert signed_in(cognito, ago=-119).get("/fresh/").status_code == 200


@pytest.mark.parametrize("page", ["/fresh/", "/strong/", "/both/"])
def test_a_stranger_is_asked_to_sign_in(client: Client, page: str) -> None:
    assert asked(client.get(page)) == {"next": page}


@pytest.mark.parametrize("max_age", ["", "-1", "1e9", "٣", "9" * 40, "x"])
def test_a_made_up_max_age_is_no_error(client: Client, cognito: FakeCognito, max_age: str) -> None:
    answer = client.get("/oidc/authenticate/", {"max_age": max_age})
    assert "max_age" not in urlsplit(answer["Location"]).query


# --- A second factor --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "claims",
    [
        {"acr": "urn:cognito:loa:4", "amr": ["pwd", "otp", "mfa"]},
        {"acr": "urn:cognito:loa:3"},
        {"amr": ["pwd", "mfa"]},
    ],
)
def test_tokens_that_tell_of_a_second_factor_are_believed(
    cognito: FakeCognito, mfa: list[str], claims: dict[str, Any]
) -> None:
    assert signed_in(cognito, **claims).get("/strong/").content == b"strong enough"


@pytest.mark.parametrize(
    "claims",
    [{"acr": "urn:cognito:loa:1"}, {"acr": "urn:cognito:loa:2"}, {"amr": ["pwd"]}, {"amr": "mfa"}],
)
def test_tokens_that_tell_of_one_factor_are_believed_too(
    cognito: FakeCognito, mfa: list[str], claims: dict[str, Any]
) -> None:
    mfa.append("SOFTWARE_TOKEN_MFA")
    bob = signed_in(cognito, **claims)
    away = bob.get("/strong/")
    assert asked(away) == {"next": "/strong/", "max_age": "0", "mfa": "1"}
    at_cognito = asked_of_cognito(bob, away)
    assert at_cognito["acr_values"] == "urn:cognito:loa:4 urn:cognito:loa:3"
    back = finish(bob, cognito, at_cognito)  # with one factor again
    assert back.status_code == 403
    assert b"without a second factor" in back.content


def test_where_tokens_tell_nothing_the_mfa_list_decides_with_one_call(
    cognito: FakeCognito, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []

    def profile(token: str) -> Profile:
        looks.append(token)
        return Profile({}, ("SOFTWARE_TOKEN_MFA",))

    monkeypatch.setattr(user_pool, "profile", profile)
    bob = signed_in(cognito)
    for _ in range(3):
        assert bob.get("/strong/").status_code == 200
    assert len(looks) == 1


def test_who_has_no_second_factor_is_told_where_to_add_one(cognito: FakeCognito, mfa: list[str]) -> None:
    answer = signed_in(cognito).get("/strong/")
    assert answer.status_code == 403
    assert b"Add an authenticator app" in answer.content


def test_a_second_factor_younger_than_the_sign_in_was_not_used_in_it(
    cognito: FakeCognito, mfa: list[str]
) -> None:
    mfa.append("SOFTWARE_TOKEN_MFA")
    bob = signed_in(cognito, ago=60)
    AuditEvent.objects.create(kind=Kind.MFA_TURNED_ON, user=User.objects.get())
    assert asked(bob.get("/strong/"))["mfa"] == "1"
    cognito.claims["auth_time"] = int(time.time()) + 1
    sign_in(bob, cognito)
    assert bob.get("/strong/").status_code == 200


def test_another_sign_in_in_the_same_browser_is_asked_anew(cognito: FakeCognito, mfa: list[str]) -> None:
    mfa.append("SOFTWARE_TOKEN_MFA")
    bob = signed_in(cognito, ago=60)
    assert bob.get("/strong/").status_code == 200
    mfa.clear()
    cognito.claims["auth_time"] = int(time.time())
    sign_in(bob, cognito)
    assert bob.get("/strong/").status_code == 403


def test_both_mixins_hold_on_one_view(cognito: FakeCognito, mfa: list[str]) -> None:
    assert signed_in(cognito, ago=HOUR, acr="urn:cognito:loa:4").get("/both/").status_code == 302
    assert signed_in(cognito).get("/both/").status_code == 403
    assert signed_in(cognito, acr="urn:cognito:loa:4").get("/both/").status_code == 200


# --- Django admin -----------------------------------------------------------------------------------


def test_admin_asks_for_a_sign_in_of_the_last_hour(cognito: FakeCognito) -> None:
    admins: dict[str, Any] = {"cognito:groups": ["admins"]}
    assert signed_in(cognito, ago=HOUR - 60, **admins).get("/admin/").status_code == 200
    assert asked(signed_in(cognito, ago=2 * HOUR, **admins).get("/admin/"))["max_age"] == "3600"


def test_admin_asks_for_mfa_where_the_settings_say_so(
    cognito: FakeCognito, settings: Settings, mfa: list[str]
) -> None:
    settings.ADMIN_REQUIRES_MFA = True
    admins: dict[str, Any] = {"cognito:groups": ["admins"]}
    assert b"Add an authenticator app" in signed_in(cognito, **admins).get("/admin/").content
    strong: dict[str, Any] = {"acr": "urn:cognito:loa:4", **admins}
    assert signed_in(cognito, **strong).get("/admin/accounts/user/").status_code == 200


def test_a_member_is_refused_admin_before_anything_is_asked(
    cognito: FakeCognito, settings: Settings
) -> None:
    settings.ADMIN_REQUIRES_MFA = True
    bob = signed_in(cognito, ago=2 * HOUR)
    assert bob.get("/admin/", follow=True).status_code == 403


def test_the_local_stacks_administrator_gets_in(alice: Person) -> None:
    assert alice.get("/admin/").status_code == 200
    assert Session.objects.count() == 1
