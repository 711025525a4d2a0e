import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from accounts.models import PendingRevocation, Session, User
from tests.accounts.signing_in import sign_in
from tests.fakes import FakeCognito

pytestmark = pytest.mark.django_db


def test_signing_out_ends_the_session_the_refresh_token_and_managed_login(
    client: Client, cognito: FakeCognito, settings: Settings
) -> None:
    sign_in(client, cognito)
    refresh_token = client.session.tokens.refresh_token  # type: ignore[attr-defined]
    answer = client.post("/oidc/logout/")
    assert client.get("/").status_code == 200, "not signed in any more"
    assert not Session.objects.exists()
    assert cognito.calls[-1].path == "/oauth2/revoke"
    assert cognito.calls[-1].form["token"] == refresh_token
    assert answer["Location"].startswith(f"{cognito.url}/logout?client_id=fakeclient&logout_uri=")


def test_signing_out_works_while_cognito_is_away(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    cognito.will_answer("/oauth2/revoke", 503, b"")
    assert client.post("/oidc/logout/").status_code == 302
    assert client.get("/").status_code == 200
    pending = PendingRevocation.objects.get()
    assert "refresh-" not in pending.sealed_token


def test_the_refresh_token_is_revoked_once_cognito_is_back(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    cognito.will_answer("/oauth2/revoke", 503, b"")
    client.post("/oidc/logout/")
    call_command("revoke_pending")
    assert cognito.count("/oauth2/revoke") == 2
    assert not PendingRevocation.objects.exists()


def test_one_token_that_cognito_refuses_does_not_hold_up_the_others(
    client: Client, cognito: FakeCognito
) -> None:
    for _ in range(2):
        sign_in(client, cognito)
        cognito.will_answer("/oauth2/revoke", 503, b"")
        client.post("/oidc/logout/")
    cognito.will_answer("/oauth2/revoke", 400, {"error": "unsupported_token_type"})
    call_command("revoke_pending")
    assert not PendingRevocation.objects.exists()


def test_the_next_persons_sign_out_takes_the_pending_ones_along(
    client: Client, cognito: FakeCognito
) -> None:
    sign_in(client, cognito)
    cognito.will_answer("/oauth2/revoke", 503, b"")
    client.post("/oidc/logout/")
    sign_in(client, cognito)
    client.post("/oidc/logout/")
    assert not PendingRevocation.objects.exists()


def test_signing_out_needs_no_answer_from_cognito_even_with_expired_tokens(
    client: Client, cognito: FakeCognito
) -> None:
    sign_in(client, cognito)
    Session.objects.update(tokens_expire_at="2020-01-01T00:00:00Z")
    cognito.will_answer("/oauth2/token", 503, b"")
    assert client.post("/oidc/logout/").status_code == 302
    assert cognito.count("/oauth2/token") == 1, "the one of the sign-in"


def test_a_link_cannot_sign_anybody_out(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    assert client.get("/oidc/logout/").status_code == 405
    assert client.get("/").status_code == 302


def test_another_site_cannot_sign_anybody_out(cognito: FakeCognito) -> None:
    careful = Client(enforce_csrf_checks=True)
    sign_in(careful, cognito)
    answer = careful.post("/oidc/logout/")
    assert answer.status_code == 403
    assert "out of date" in answer.content.decode()
    assert careful.get("/").status_code == 302


def test_somebody_who_is_not_signed_in_can_sign_out_all_the_same(
    client: Client, cognito: FakeCognito
) -> None:
    assert client.post("/oidc/logout/").status_code == 302
    assert cognito.calls == []


def test_a_new_sign_in_in_the_same_browser_ends_the_tokens_of_the_one_before(
    client: Client, cognito: FakeCognito
) -> None:
    sign_in(client, cognito)
    before = client.session.tokens.refresh_token  # type: ignore[attr-defined]
    sign_in(client, cognito)
    revoked = [call.form["token"] for call in cognito.calls if call.path == "/oauth2/revoke"]
    assert revoked == [before]


def test_tokens_of_somebody_who_is_not_let_in_are_revoked(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    User.objects.update(is_active=False)
    sign_in(Client(), cognito)
    assert cognito.calls[-1].path == "/oauth2/revoke"
