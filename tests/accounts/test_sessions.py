"""Tokens that are kept, and kept fresh."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts import cognito as edge
from accounts import revocation, sealing, tokens
from accounts.faults import SignInAgain, Unavailable
from accounts.models import AuditEvent, Kind, PendingRevocation, Session, User
from accounts.sessions import AT_ONCE, SessionStore, end_all
from tests import people
from tests.accounts.signing_in import sign_in
from tests.fakes import FakeCognito, Signer
from tests.stack import STACK

pytestmark = pytest.mark.django_db


def let_tokens_run(left: timedelta) -> None:
    """As if the hour had passed: so much of the ID token's life is left."""
    Session.objects.update(tokens_expire_at=timezone.now() + left)


def the_pause_is_over() -> None:
    Session.objects.update(refreshing_until=timezone.now() - timedelta(seconds=1))


def refresh_token(client: Client) -> str | None:
    store: Any = client.session
    token: str | None = store.tokens.refresh_token
    return token


def page(client: Client) -> int:
    return client.get("/files/").status_code


def test_tokens_are_refreshed_before_they_expire(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    let_tokens_run(timedelta(minutes=4))
    cognito.calls.clear()
    assert page(client) == page(client) == 200
    assert cognito.count("/oauth2/token") == 1


def test_tokens_with_time_left_are_not_refreshed(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    let_tokens_run(timedelta(minutes=6))
    cognito.calls.clear()
    assert page(client) == 200
    assert cognito.calls == []


def test_pitfall_08_a_post_refreshes_as_well_as_a_get(client: Client, cognito: FakeCognito) -> None:
    """Whatever the method, nobody is sent anywhere to refresh."""
    sign_in(client, cognito)
    let_tokens_run(timedelta(minutes=-1))
    cognito.calls.clear()
    client.post("/files/upload/", {"folder": ""})
    assert cognito.count("/oauth2/token") == 1


def test_pitfall_09_without_rotation_the_refresh_token_and_a_new_id_token_are_kept(
    client: Client, cognito: FakeCognito
) -> None:
    """A refresh that brings no refresh token loses none, and brings an ID token."""
    sign_in(client, cognito)
    before = refresh_token(client)
    let_tokens_run(timedelta(0))
    assert page(client) == 200
    assert refresh_token(client) == before
    row = Session.objects.get()
    assert row.tokens_expire_at is not None
    assert row.tokens_expire_at > timezone.now() + timedelta(minutes=55)


def test_pitfalls_10_19_with_rotation_the_new_refresh_token_is_kept(
    client: Client, cognito: FakeCognito
) -> None:
    cognito.rotate = True
    sign_in(client, cognito)
    before = refresh_token(client)
    let_tokens_run(timedelta(0))
    assert page(client) == 200
    assert refresh_token(client) not in {before, None}


def test_groups_are_taken_away_at_the_refresh(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    cognito.claims = {"cognito:groups": None}
    let_tokens_run(timedelta(0))
    page(client)
    assert not User.objects.get().groups.exists()


def test_a_sign_in_that_cognito_has_ended_ends_here(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    let_tokens_run(timedelta(minutes=4))
    cognito.will_answer("/oauth2/token", 400, {"error": "invalid_grant"})
    assert page(client) == 302
    assert not Session.objects.exclude(user=None).exists()


@pytest.mark.parametrize("left", [timedelta(minutes=4), timedelta(minutes=-1)], ids=str)
def test_a_misconfigured_client_ends_no_sign_in_and_blocks_nobody(
    client: Client, cognito: FakeCognito, left: timedelta
) -> None:
    sign_in(client, cognito)
    let_tokens_run(left)
    cognito.will_answer("/oauth2/token", 400, {"error": "invalid_client"})
    assert page(client) == (200 if left > timedelta(0) else 502)
    the_pause_is_over()
    assert page(client) == 200
    assert Session.objects.get().tokens_expire_at > timezone.now() + timedelta(minutes=55)  # type: ignore[operator]


def test_pitfall_10_tokens_that_another_request_has_rotated_meanwhile_are_taken(
    client: Client, cognito: FakeCognito
) -> None:
    """After `invalid_grant` the row is read again."""
    sign_in(client, cognito)
    slow: Any = SessionStore(client.session.session_key)
    let_tokens_run(timedelta(minutes=4))
    assert slow.person
    rotated = edge.Tokens(cognito.id_token(), cognito.access_token(), "rotated")
    client.session.keep_tokens(rotated)  # type: ignore[attr-defined]
    cognito.will_answer("/oauth2/token", 400, {"error": "invalid_grant"})
    slow._renew()
    assert slow.tokens.refresh_token == "rotated"


def test_a_refresh_that_answers_for_somebody_else_ends_the_sign_in(
    client: Client, cognito: FakeCognito
) -> None:
    sign_in(client, cognito)
    cognito.claims = {"sub": "mallory-sub"}
    let_tokens_run(timedelta(minutes=4))
    assert page(client) == 302


@pytest.mark.parametrize("how", [{"status": 503, "body": b""}, {"reset": True}], ids=str)
def test_pitfall_10_while_cognito_is_away_people_go_on_working(
    client: Client, cognito: FakeCognito, how: dict[str, Any]
) -> None:
    """Tokens are kept on a passing error."""
    sign_in(client, cognito)
    before = refresh_token(client)
    let_tokens_run(timedelta(minutes=4))
    cognito.will_answer("/oauth2/token", **how)
    assert page(client) == 200
    assert refresh_token(client) == before
    the_pause_is_over()
    assert page(client) == 200
    assert Session.objects.get().tokens_expire_at > timezone.now() + timedelta(minutes=55)  # type: ignore[operator]


def test_while_cognito_is_away_not_every_request_waits_for_it(
    client: Client, cognito: FakeCognito
) -> None:
    sign_in(client, cognito)
    let_tokens_run(timedelta(minutes=4))
    cognito.calls.clear()
    cognito.will_answer("/oauth2/token", 503, b"", times=50)
    assert [page(client) for _ in range(20)] == [200] * 20
    assert cognito.count("/oauth2/token") == 1


def test_cognito_is_asked_again_as_soon_as_the_tokens_have_run_out(
    client: Client, cognito: FakeCognito
) -> None:
    """The pause after a failure is for people who can go on working meanwhile."""
    sign_in(client, cognito)
    let_tokens_run(timedelta(seconds=10))
    cognito.will_answer("/oauth2/token", 503, b"")
    assert page(client) == 200
    row = Session.objects.get()
    assert row.refreshing_until is not None
    assert row.tokens_expire_at is not None
    assert row.refreshing_until <= row.tokens_expire_at


def test_cognito_away_for_ten_minutes_costs_nobody_their_sign_in(
    client: Client, cognito: FakeCognito
) -> None:
    """People work until their tokens end, are told from then on, and go on when it is back."""
    sign_in(client, cognito)
    cognito.will_answer("/oauth2/token", 503, b"", times=1000)
    told = {}
    for left in range(5, -5, -1):
        let_tokens_run(timedelta(minutes=left, seconds=-1))
        the_pause_is_over()
        told[left] = page(client)
    assert told == {left: 200 if left > 0 else 503 for left in range(5, -5, -1)}
    cognito.answers.clear()
    assert page(client) == 200


def test_when_cognito_is_away_and_the_tokens_have_run_out_a_page_says_so(
    client: Client, cognito: FakeCognito
) -> None:
    sign_in(client, cognito)
    let_tokens_run(timedelta(minutes=-1))
    cognito.will_answer("/oauth2/token", 503, b"")
    answer = client.get("/files/")
    assert answer.status_code == 503
    assert "not answering" in answer.content.decode()
    assert page(client) == 200, "and the sign-in is not lost"


def test_pitfall_08_an_api_call_is_told_the_same_as_a_problem_document(
    client: Client, cognito: FakeCognito
) -> None:
    """A program gets a status that it understands, not a redirect."""
    sign_in(client, cognito)
    let_tokens_run(timedelta(minutes=-1))
    cognito.will_answer("/oauth2/token", 503, b"")
    answer = client.get("/api/v1/files")
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert answer["Retry-After"] == "5"


def test_sessions_survive_a_new_secret_key(
    client: Client, cognito: FakeCognito, settings: Settings
) -> None:
    sign_in(client, cognito)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "n" * 50
    assert page(client) == 200


def test_tokens_move_to_the_new_secret_key_at_their_refresh(
    client: Client, cognito: FakeCognito, settings: Settings
) -> None:
    sign_in(client, cognito)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "n" * 50
    let_tokens_run(timedelta(0))
    assert page(client) == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert sealing.unseal(Session.objects.get().sealed_tokens)


def test_without_the_old_secret_key_a_person_signs_in_again_and_lands_where_they_were_going(
    client: Client, cognito: FakeCognito, settings: Settings
) -> None:
    sign_in(client, cognito)
    settings.SECRET_KEY = "n" * 50
    answer = client.get("/files/?folder=a/")
    assert (answer.status_code, answer["Location"]) == (
        302,
        "/oidc/authenticate/?next=/files/%3Ffolder%3Da/",
    )
    assert sign_in(client, cognito, "/files/?folder=a/")["Location"] == "/files/?folder=a/"


def test_the_pools_new_keys_end_no_sign_in(client: Client, cognito: FakeCognito) -> None:
    """Even when ours were fetched a moment before: until they may be fetched again, the tokens go on."""
    sign_in(client, cognito)
    cognito.rotate = True
    cognito.id_key = Signer("the-pools-next-key")
    let_tokens_run(timedelta(minutes=4))
    assert page(client) == 200
    tokens.keys._fetched_at = tokens.keys._tried_at = time.monotonic() - tokens.COOLDOWN
    the_pause_is_over()
    assert page(client) == 200
    assert Session.objects.get().tokens_expire_at > timezone.now() + timedelta(minutes=55)  # type: ignore[operator]
    used = [call.form["refresh_token"] for call in cognito.calls if "refresh_token" in call.form]
    assert len(set(used)) == 2, "the refresh token of the first answer was kept"


@pytest.mark.parametrize("life", [300, 600])
def test_short_lived_tokens_are_not_refreshed_at_every_request(
    client: Client, cognito: FakeCognito, life: int
) -> None:
    """Five minutes is the shortest life that an app client can give them."""
    cognito.life = life
    sign_in(client, cognito)
    cognito.calls.clear()
    assert page(client) == page(client) == 200
    assert cognito.count("/oauth2/token") == 0
    let_tokens_run(timedelta(seconds=life / 2 - 1))
    assert page(client) == 200
    assert cognito.count("/oauth2/token") == 1


def test_the_shorter_lived_of_the_two_tokens_decides(client: Client, cognito: FakeCognito) -> None:
    cognito.life = {"id": 3600, "access": 300}
    sign_in(client, cognito)
    row = Session.objects.get()
    assert row.tokens_expire_at is not None
    assert row.tokens_expire_at < timezone.now() + timedelta(seconds=301)


@pytest.mark.parametrize("ahead", [-119, 119])
def test_a_clock_that_is_two_minutes_off_changes_nothing_about_refreshing(
    client: Client, cognito: FakeCognito, ahead: int
) -> None:
    cognito.ahead = ahead
    sign_in(client, cognito)
    row = Session.objects.get()
    assert row.tokens_expire_at is not None
    hour, allowed = timedelta(hours=1), timedelta(seconds=5)
    assert abs(row.tokens_expire_at - timezone.now() - hour) < allowed
    let_tokens_run(timedelta(minutes=4))
    assert page(client) == 200
    assert abs(Session.objects.get().tokens_expire_at - timezone.now() - hour) < allowed  # type: ignore[operator]


def test_pitfall_10_saving_the_session_does_not_write_back_old_tokens(
    client: Client, cognito: FakeCognito
) -> None:
    """A slow request must not undo another one's refresh."""
    cognito.rotate = True
    sign_in(client, cognito)
    slow = SessionStore(client.session.session_key)
    slow["note"] = "read before the refresh"
    let_tokens_run(timedelta(0))
    page(client)
    refreshed = refresh_token(client)
    slow.save()
    assert refresh_token(client) == refreshed


def test_expired_sessions_are_cleared_with_their_tokens(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    sign_in(Client(), cognito)
    Session.objects.filter(pk=client.session.session_key).update(expire_date=timezone.now())
    call_command("clearsessions")
    assert Session.objects.get().pk != client.session.session_key


@pytest.mark.django_db(transaction=True)
def test_pitfall_10_many_requests_at_once_refresh_once(
    client: Client, cognito: FakeCognito, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One refresh per session at a time, and nobody fails."""
    cognito.rotate = True
    sign_in(client, cognito)
    let_tokens_run(timedelta(seconds=-1))
    cognito.calls.clear()
    _hold_back(monkeypatch, until=threading.Event())
    key = client.cookies["sessionid"].value

    def one_request(_: int) -> int:
        other = Client()
        other.cookies["sessionid"] = key
        try:
            return other.get("/").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(64) as pool:
        statuses = list(pool.map(one_request, range(64)))
    assert statuses == [302] * 64
    assert cognito.count("/oauth2/token") == 1


def _hold_back(monkeypatch: pytest.MonkeyPatch, until: threading.Event) -> None:
    """Make the refresh take long enough for the other requests to run into it."""
    real: Callable[[str], edge.Tokens] = edge.refresh

    def slow(token: str) -> edge.Tokens:
        until.wait(0.5)
        return real(token)

    monkeypatch.setattr(edge, "refresh", slow)


# --- Refreshed when asked to -----------------------------------------------------------------------


def test_tokens_can_be_renewed_at_once_to_say_what_has_changed(
    client: Client, cognito: FakeCognito
) -> None:
    sign_in(client, cognito)
    cognito.claims = {"name": "Robert"}
    store: Any = client.session
    store.renew_now()
    assert User.objects.get().name == "Robert"
    assert Session.objects.get().refreshing_until is None


def test_while_cognito_is_away_what_has_changed_is_said_later(
    client: Client, cognito: FakeCognito
) -> None:
    sign_in(client, cognito)
    cognito.claims = {"name": "Robert"}
    cognito.will_answer("/oauth2/token", 503, b"")
    store: Any = client.session
    store.renew_now()
    assert page(client) == 200
    assert User.objects.get().name == "Bob"


def test_renewing_ends_a_sign_in_that_cognito_has_ended(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    cognito.will_answer("/oauth2/token", 400, {"error": "invalid_grant"})
    store: Any = client.session
    with pytest.raises(SignInAgain):
        store.renew_now()


def test_renewing_waits_for_a_refresh_that_is_going_on_and_then_asks_again(
    client: Client, cognito: FakeCognito, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one may have been asked for before the change."""
    sign_in(client, cognito)
    Session.objects.update(refreshing_until=timezone.now() + timedelta(seconds=30))
    waited = []

    def other_ends(seconds: float) -> None:
        waited.append(seconds)
        Session.objects.update(refreshing_until=None)

    monkeypatch.setattr(time, "sleep", other_ends)
    cognito.calls.clear()
    store: Any = client.session
    store.renew_now()
    assert waited
    assert cognito.count("/oauth2/token") == 1


def test_a_refresh_that_never_ends_holds_up_a_renewal_for_a_while_only(
    client: Client, cognito: FakeCognito, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, cognito)
    Session.objects.update(refreshing_until=timezone.now() + timedelta(seconds=30))
    monkeypatch.setattr("accounts.sessions.PATIENCE", 0)
    cognito.calls.clear()
    store: Any = client.session
    store.renew_now()
    assert cognito.calls == []
    let_tokens_run(timedelta(seconds=-1))
    with pytest.raises(Unavailable):
        SessionStore(client.session.session_key).renew_now()


@pytest.fixture
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("waited for a refresh that is none"))


@pytest.mark.usefixtures("nobody_waits")
def test_a_session_that_was_ended_meanwhile_is_not_renewed(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    store: Any = SessionStore(client.session.session_key)
    assert store.person
    end_all(store.person)
    cognito.calls.clear()
    with pytest.raises(SignInAgain):
        store.renew_now()
    assert cognito.calls == []


@pytest.mark.usefixtures("nobody_waits")
def test_after_a_refresh_that_failed_a_renewal_is_put_off(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    let_tokens_run(timedelta(minutes=4))
    cognito.will_answer("/oauth2/token", 503, b"")
    assert page(client) == 200
    cognito.calls.clear()
    store: Any = client.session
    store.renew_now()
    assert cognito.calls == []
    the_pause_is_over()
    store.renew_now()
    assert cognito.count("/oauth2/token") == 1


# --- Ended ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((400, {"error": "invalid_grant"}), "Cognito has ended the sign-in"),
        ((200, {"id_token": "x", "access_token": "y"}), "Cognito’s answer was refused: DecodeError"),
    ],
    ids=["ended", "refused"],
)
def test_a_refresh_that_ends_a_sign_in_is_noted_once_with_its_reason(
    client: Client, cognito: FakeCognito, answer: tuple[int, object], why: str
) -> None:
    sign_in(client, cognito)
    let_tokens_run(timedelta(minutes=4))
    cognito.will_answer("/oauth2/token", *answer)
    assert page(client) == page(client) == 302
    (event,) = AuditEvent.objects.filter(kind=Kind.REFRESH_FAILED)
    assert (event.user, event.detail) == (User.objects.get(), {"reason": why})


def test_a_session_without_a_refresh_token_lasts_as_long_as_its_tokens(
    client: Client, cognito: FakeCognito
) -> None:
    sign_in(client, cognito)
    store: Any = client.session
    store.keep_tokens(edge.Tokens(cognito.id_token(), cognito.access_token()))
    assert page(client) == 200
    let_tokens_run(timedelta(seconds=-1))
    assert page(client) == 302


def test_ending_all_of_a_persons_sessions_ends_them_here_and_at_cognito(
    client: Client, cognito: FakeCognito
) -> None:
    elsewhere, stranger = Client(), Client()
    sign_in(client, cognito)
    sign_in(elsewhere, cognito)
    bob = User.objects.get()
    kept = {refresh_token(client), refresh_token(elsewhere)}
    cognito.claims = {"sub": "mallory-sub", "email": "mallory@example.com"}
    sign_in(stranger, cognito)
    end_all(bob)
    assert (page(client), page(elsewhere), page(stranger)) == (302, 302, 200)
    revoked = {call.form["token"] for call in cognito.calls if call.path == "/oauth2/revoke"}
    assert revoked == kept


def test_sessions_end_at_once_while_cognito_is_away_and_their_tokens_later(
    client: Client, cognito: FakeCognito
) -> None:
    sign_in(client, cognito)
    sign_in(Client(), cognito)
    cognito.will_answer("/oauth2/revoke", 503, b"")
    end_all(User.objects.get())
    assert page(client) == 302
    assert PendingRevocation.objects.count() == 2
    call_command("revoke_pending")
    assert not PendingRevocation.objects.exists()


def test_whoever_ends_very_many_sessions_waits_for_some_of_their_tokens_only(
    client: Client, cognito: FakeCognito
) -> None:
    sign_in(client, cognito)
    row = Session.objects.get()
    for number in range(AT_ONCE + 2):
        row.session_key = f"another{number}"
        row.save(force_insert=True)
    end_all(User.objects.get())
    assert not Session.objects.exists()
    assert (cognito.count("/oauth2/revoke"), PendingRevocation.objects.count()) == (AT_ONCE, 3)
    call_command("revoke_pending")
    assert not PendingRevocation.objects.exists()


def test_those_who_end_their_sessions_now_come_before_what_was_left_of_others(
    client: Client, cognito: FakeCognito
) -> None:
    sign_in(client, cognito)
    own = refresh_token(client)
    revocation.remember(f"left-{number}" for number in range(AT_ONCE))
    end_all(User.objects.get())
    assert own in {call.form["token"] for call in cognito.calls if call.path == "/oauth2/revoke"}


def test_a_process_that_is_killed_while_it_ends_sessions_loses_no_refresh_token(
    client: Client, cognito: FakeCognito, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, cognito)
    sign_in(Client(), cognito)

    def killed(token: str) -> None:
        raise SystemExit

    monkeypatch.setattr(edge, "revoke", killed)
    with pytest.raises(SystemExit):
        end_all(User.objects.get())
    assert not Session.objects.exists()
    sealed = PendingRevocation.objects.values_list("sealed_token", flat=True)
    assert len(sealed) == 2
    assert not any("refresh-" in one for one in sealed)


def test_tokens_that_cognito_has_ended_already_cost_no_calls(
    client: Client, cognito: FakeCognito
) -> None:
    sign_in(client, cognito)
    end_all(User.objects.get(), revoke=False)
    assert not Session.objects.exists()
    assert (cognito.count("/oauth2/revoke"), PendingRevocation.objects.count()) == (0, 0)


def test_a_session_whose_tokens_cannot_be_read_any_more_is_ended_like_the_others(
    client: Client, cognito: FakeCognito, settings: Settings
) -> None:
    sign_in(client, cognito)
    settings.SECRET_KEY = "n" * 50
    end_all(User.objects.get())
    assert not Session.objects.exists()


def test_tokens_that_arrive_after_the_session_has_ended_are_revoked(
    client: Client, cognito: FakeCognito, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed out everywhere while a refresh was under way: its tokens must not outlive that."""
    cognito.rotate = True
    sign_in(client, cognito)
    let_tokens_run(timedelta(minutes=4))
    real = edge.refresh

    def meanwhile(token: str) -> edge.Tokens:
        new = real(token)
        end_all(User.objects.get())
        return new

    monkeypatch.setattr(edge, "refresh", meanwhile)
    before = refresh_token(client)
    assert page(client) == 302
    revoked = [call.form["token"] for call in cognito.calls if call.path == "/oauth2/revoke"]
    assert len(set(revoked)) == 2
    assert before in revoked


# --- On the local stack, with tokens that die when they are used -----------------------------------


@pytest.fixture
def rotating(settings: Settings) -> None:
    """The site, with an app client whose refresh tokens are good for one use, without any grace."""
    made = STACK.admin("cognito-idp").create_user_pool_client(
        UserPoolId=STACK.env["COGNITO_USER_POOL_ID"],
        ClientName="rotating-site",
        GenerateSecret=True,
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=settings.OIDC_RP_SCOPES.split(),
        SupportedIdentityProviders=["COGNITO"],
        CallbackURLs=[f"{STACK.site_url}/oidc/callback/"],
        RefreshTokenRotation={"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
    )["UserPoolClient"]
    settings.COGNITO_CLIENT_ID = settings.OIDC_RP_CLIENT_ID = made["ClientId"]
    settings.COGNITO_CLIENT_SECRET = settings.OIDC_RP_CLIENT_SECRET = made["ClientSecret"]


@pytest.mark.usefixtures("rotating")
def test_pitfall_10_with_rotation_a_sign_in_outlives_many_id_tokens(client: Client) -> None:
    people.sign_in(client, "bob@example.com")
    used = [refresh_token(client)]
    for _ in range(3):
        let_tokens_run(timedelta(0))
        assert page(client) == 200
        used.append(refresh_token(client))
    assert len(set(used)) == len(used)


@pytest.mark.usefixtures("rotating")
def test_pitfall_10_a_refresh_token_that_was_used_elsewhere_ends_the_sign_in(client: Client) -> None:
    """Stolen, or out of a backup: the one who is second is out, whoever that is."""
    people.sign_in(client, "bob@example.com")
    edge.refresh(str(refresh_token(client)))
    let_tokens_run(timedelta(0))
    assert page(client) == 302


def test_pitfall_09_without_rotation_a_sign_in_outlives_many_id_tokens(client: Client) -> None:
    people.sign_in(client, "bob@example.com")
    before = refresh_token(client)
    for _ in range(3):
        let_tokens_run(timedelta(0))
        assert page(client) == 200
    assert refresh_token(client) == before
