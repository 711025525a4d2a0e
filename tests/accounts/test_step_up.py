"""Step-up: who is asked to sign in again, or for a second factor, and that nobody goes in circles."""

import re
import time
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pyotp
import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts import user_pool
from accounts.faults import Unavailable
from accounts.models import AuditEvent, Kind, Session, User
from accounts.sessions import end_all
from accounts.user_pool import Profile
from tests.accounts import newcomers
from tests.accounts.signing_in import Answer, finish, sign_in
from tests.conftest import Person
from tests.fakes import FakeCognito
from tests.localaws.visitors import Browser, later, with_authenticator
from tests.stack import STACK

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
    # Short of two minutes by what a busy machine takes to sign in; auth_time itself is in whole seconds.
    assert signed_in(cognito, ago=300 + 110).get("/fresh/").status_code == 200
    assert signed_in(cognito, ago=-110).get("/fresh/").status_code == 200


@pytest.mark.parametrize("page", ["/fresh/", "/strong/", "/both/"])
def test_a_stranger_is_asked_to_sign_in(client: Client, page: str) -> None:
    assert asked(client.get(page)) == {"next": page}


@pytest.mark.parametrize("max_age", ["", "-1", "1e9", "٣", "9" * 40, "x"])
def test_a_made_up_max_age_is_no_error(client: Client, cognito: FakeCognito, max_age: str) -> None:
    answer = client.get("/oidc/authenticate/", {"max_age": max_age})
    assert "max_age" not in urlsplit(answer["Location"]).query


# --- Signed out everywhere ---------------------------------------------------------------------------


def test_what_managed_login_remembers_from_before_signs_nobody_in_again(cognito: FakeCognito) -> None:
    """GlobalSignOut does not end its cookie: another browser would be back without being asked."""
    bob = signed_in(cognito, ago=60)
    end_all(User.objects.get())
    back = sign_in(bob, cognito, next_url="/files/?folder=a/")
    assert asked(back) == {"next": "/files/?folder=a/", "max_age": "0"}
    assert not Session.objects.filter(user__isnull=False)
    assert cognito.calls[-1].path == "/oauth2/revoke"
    at_cognito = asked_of_cognito(bob, back)
    assert at_cognito["prompt"] == "login"
    cognito.claims["auth_time"] = int(time.time())
    assert finish(bob, cognito, at_cognito)["Location"] == "/files/?folder=a/"


def test_nor_does_a_sign_in_of_the_same_second(cognito: FakeCognito) -> None:
    bob = signed_in(cognito)
    end_all(User.objects.get())
    assert asked(sign_in(bob, cognito))["max_age"] == "0"
    cognito.claims["auth_time"] += 1
    assert sign_in(bob, cognito)["Location"] == "/files/"


def test_nor_does_one_at_another_app_that_was_never_here(cognito: FakeCognito) -> None:
    bob = signed_in(cognito, ago=HOUR)
    end_all(User.objects.get())
    cognito.claims["auth_time"] += 60
    assert asked(sign_in(bob, cognito))["max_age"] == "0"


def test_nor_does_a_pool_that_does_not_ask_again(cognito: FakeCognito) -> None:
    bob = signed_in(cognito, ago=60)
    end_all(User.objects.get())
    back = finish(bob, cognito, asked_of_cognito(bob, sign_in(bob, cognito)))
    assert back.status_code == 403
    assert b"You were not asked to sign in again" in back.content


def test_nor_by_asking_for_less(cognito: FakeCognito) -> None:
    """A max_age of one's own in the address is no way round."""
    bob = signed_in(cognito, ago=60)
    end_all(User.objects.get())
    started = bob.get("/oidc/authenticate/", {"max_age": "999999"})
    at_cognito = dict(parse_qsl(urlsplit(started["Location"]).query))
    assert finish(bob, cognito, at_cognito).status_code == 403


@pytest.mark.parametrize("skew", [-119, 119])
def test_a_sign_in_since_then_counts_though_the_clocks_differ(cognito: FakeCognito, skew: int) -> None:
    now = int(time.time()) + skew
    signed_in(cognito, ago=2 - skew, iat=now, exp=now + HOUR)
    end_all(User.objects.get())
    back = signed_in(cognito, ago=-skew, iat=now, exp=now + HOUR)
    assert back.get("/files/").status_code == 200


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
    assert asked(away) == {"next": "/strong/", "mfa": "1"}
    at_cognito = asked_of_cognito(bob, away)
    assert (at_cognito["prompt"], at_cognito["max_age"]) == ("login", "0")
    assert at_cognito["acr_values"] == "urn:cognito:loa:4 urn:cognito:loa:3"
    back = finish(bob, cognito, at_cognito)  # with one factor again
    assert back.status_code == 403
    assert b"without a second factor" in back.content


def step_up_to_mfa(client: Client, cognito: FakeCognito, **claims: Any) -> Answer:
    """Asked for a second factor at Cognito, and back: with tokens of this minute that say so much."""
    at_cognito = asked_of_cognito(client, client.get("/strong/"))
    cognito.claims = {**cognito.claims, "auth_time": int(time.time()), **claims}
    return finish(client, cognito, at_cognito)


def test_where_tokens_tell_nothing_a_sign_in_for_it_and_the_mfa_list_decide(
    cognito: FakeCognito, mfa: list[str]
) -> None:
    mfa.append("SOFTWARE_TOKEN_MFA")
    bob = signed_in(cognito, ago=60)
    assert step_up_to_mfa(bob, cognito)["Location"] == "/strong/"
    assert bob.get("/strong/").content == b"strong enough"


def test_who_was_let_in_costs_no_call_to_cognito(
    cognito: FakeCognito, mfa: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mfa.append("SOFTWARE_TOKEN_MFA")
    bob = signed_in(cognito, ago=60)
    step_up_to_mfa(bob, cognito)
    monkeypatch.setattr(user_pool, "profile", None)
    assert bob.get("/strong/").status_code == 200


def test_a_second_factor_that_was_turned_on_since_does_not_lift_an_older_sign_in(
    cognito: FakeCognito, mfa: list[str]
) -> None:
    """Whoever holds a stolen password alone gains nothing when its owner adds an app."""
    thief = signed_in(cognito, ago=60)
    assert thief.get("/strong/").status_code == 403
    mfa.append("SOFTWARE_TOKEN_MFA")
    assert asked(thief.get("/strong/"))["mfa"] == "1"


def test_the_mfa_list_says_nothing_of_a_sign_in_through_another_provider(
    cognito: FakeCognito, mfa: list[str]
) -> None:
    """A person of the pool, with an app, who has linked Google: Google asks for no code of the app."""
    mfa.append("SOFTWARE_TOKEN_MFA")
    linked = [{"providerName": "Google", "userId": "1"}]
    bob = signed_in(cognito, ago=60, identities=linked)
    back = step_up_to_mfa(bob, cognito)
    assert back.status_code == 403
    assert b"without a second factor" in back.content
    assert bob.get("/strong/").status_code == 302


def test_the_user_pool_failing_then_is_told(
    cognito: FakeCognito, mfa: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mfa.append("SOFTWARE_TOKEN_MFA")
    bob = signed_in(cognito, ago=60)
    at_cognito = asked_of_cognito(bob, bob.get("/strong/"))

    def away(_token: str) -> Profile:
        raise Unavailable

    monkeypatch.setattr(user_pool, "profile", away)
    cognito.claims["auth_time"] = int(time.time())
    assert finish(bob, cognito, at_cognito).status_code == 503


def test_who_has_no_second_factor_is_told_where_to_add_one(cognito: FakeCognito, mfa: list[str]) -> None:
    answer = signed_in(cognito).get("/strong/")
    assert answer.status_code == 403
    assert b"Add an authenticator app" in answer.content


def test_another_sign_in_in_the_same_browser_is_asked_anew(cognito: FakeCognito, mfa: list[str]) -> None:
    mfa.append("SOFTWARE_TOKEN_MFA")
    bob = signed_in(cognito, ago=60)
    step_up_to_mfa(bob, cognito)
    cognito.claims["auth_time"] = int(time.time()) + 1
    sign_in(bob, cognito)
    assert asked(bob.get("/strong/"))["mfa"] == "1"


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


def test_an_administrator_is_asked_for_both_at_once(client: Client, settings: Settings) -> None:
    settings.ADMIN_REQUIRES_MFA = True
    away = client.get("/admin/login/?next=/admin/")
    assert asked(away) == {"next": "/admin/", "mfa": "1"}
    at_cognito = asked_of_cognito(client, away)
    assert "urn:cognito:loa:4" in at_cognito["acr_values"]


def test_who_comes_from_there_without_a_second_factor_is_told_where_to_add_one(
    client: Client, cognito: FakeCognito, settings: Settings, mfa: list[str]
) -> None:
    settings.ADMIN_REQUIRES_MFA = True
    cognito.claims = {"cognito:groups": ["admins"], "acr": "urn:cognito:loa:1"}
    at_cognito = asked_of_cognito(client, client.get("/admin/login/?next=/admin/"))
    assert finish(client, cognito, at_cognito)["Location"] == "/admin/"
    assert b"Add an authenticator app" in client.get("/admin/").content


def test_a_member_is_refused_admin_before_anything_is_asked(
    cognito: FakeCognito, settings: Settings
) -> None:
    settings.ADMIN_REQUIRES_MFA = True
    bob = signed_in(cognito, ago=2 * HOUR)
    assert bob.get("/admin/", follow=True).status_code == 403


def test_the_local_stacks_administrator_gets_in(alice: Person) -> None:
    assert alice.get("/admin/").status_code == 200
    assert Session.objects.count() == 1


@pytest.fixture
def admin_wants_mfa(settings: Settings) -> None:
    settings.ADMIN_REQUIRES_MFA = True


def test_an_administrator_without_an_authenticator_app_is_sent_to_add_one(admin_wants_mfa: None) -> None:
    answer = newcomers.signed_in(newcomers.make("admins")).get("/admin/")
    assert answer.status_code == 403
    assert b'href="/account/authenticator/"' in answer.content


def test_an_administrator_who_signed_in_with_an_authenticator_app_is_let_in(
    admin_wants_mfa: None,
) -> None:
    """By acr and amr, which the local stack sends when asked for."""
    email = newcomers.make("admins")
    totp = with_authenticator(email, STACK.password)
    person, browser = Client(), Browser()
    begun = person.get("/oidc/authenticate/?next=/admin/&mfa=1")
    page = browser.get(begun["Location"], timeout=10)
    challenge = browser.submit(page, username=email, password=STACK.password)
    back = urlsplit(browser.submit(challenge, code=later(totp)).headers["Location"])
    person.get(f"{back.path}?{back.query}")
    assert person.get("/admin/").status_code == 200


def test_an_administrator_who_adds_one_must_use_it_before_they_get_in(admin_wants_mfa: None) -> None:
    email = newcomers.make("admins")
    person = newcomers.signed_in(email)
    secret = re.search("secret=([A-Z2-7]+)", person.post("/account/authenticator/").content.decode())
    assert secret
    person.post("/account/authenticator/confirm/", {"code": pyotp.TOTP(secret[1]).now()})
    assert asked(person.get("/admin/"))["mfa"] == "1"
