"""Programs that call the API with a bearer token."""

import time

import pytest
from django.test import Client

from accounts.models import User
from accounts.sessions import end_all
from tests.accounts.signing_in import sign_in
from tests.fakes import STRANGERS_KEY, FakeCognito

pytestmark = pytest.mark.django_db


def files(client: Client, token: str) -> int:
    return client.get("/api/v1/files", headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_program_with_the_persons_id_token_is_let_in(client: Client, cognito: FakeCognito) -> None:
    assert files(client, cognito.id_token()) == 200


def test_pitfall_13_a_token_of_another_client_or_kind_is_refused(
    client: Client, cognito: FakeCognito
) -> None:
    for token in (
        cognito.id_token(aud="another-client"),
        cognito.access_token(),
        cognito.access_token(client_id="another-client"),
        cognito.id_token(STRANGERS_KEY),
        "garbage",
        "",
    ):
        assert files(client, token) == 401
    assert not User.objects.exists()


def test_a_refused_token_is_not_made_good_by_a_session(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    assert files(client, "garbage") == 401


def test_somebody_switched_off_is_kept_out(client: Client, cognito: FakeCognito) -> None:
    files(client, cognito.id_token())
    User.objects.update(is_active=False)
    assert files(client, cognito.id_token()) == 401


def test_a_token_from_before_its_person_signed_out_everywhere_is_refused(
    client: Client, cognito: FakeCognito
) -> None:
    token = cognito.id_token()
    assert files(client, token) == 200
    end_all(User.objects.get())
    assert files(client, token) == 401
    assert files(client, cognito.id_token(iat=int(time.time()) + 1)) == 200


def test_somebody_not_signed_in_is_told_how(client: Client) -> None:
    answer = client.post("/api/v1/uploads", "{}", "application/json")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert answer["Content-Type"] == "application/problem+json"


def test_a_change_with_the_cookie_alone_is_refused(cognito: FakeCognito) -> None:
    careful = Client(enforce_csrf_checks=True)
    sign_in(careful, cognito)
    answer = careful.post("/api/v1/uploads", "{}", "application/json")
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")


# --- Whose page it is ------------------------------------------------------------------------------


def asked_for(client: Client, person: str, **more: str) -> tuple[int, str]:
    answer = client.get("/api/v1/files", headers={"X-Person": person, **more})
    return answer.status_code, answer.json().get("title", "")


def test_a_page_is_answered_while_its_person_is_signed_in(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    assert asked_for(client, str(User.objects.get().pk)) == (200, "")


def test_a_page_made_for_somebody_else_gets_nothing(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    for other in (str(User.objects.get().pk + 1), "", "x", f"0{User.objects.get().pk}"):
        assert asked_for(client, other) == (401, "Somebody else is signed in")


def test_it_is_told_who_before_it_is_told_of_its_old_csrf_token(cognito: FakeCognito) -> None:
    """Signing in changes the token too: of the two complaints, only the first can be understood."""
    strict = Client(enforce_csrf_checks=True)
    sign_in(strict, cognito)
    body = {"path": "a", "size": 1}
    answer = strict.post(
        "/api/v1/uploads", body, content_type="application/json", headers={"X-Person": "0"}
    )
    assert (answer.status_code, answer.json()["title"]) == (401, "Somebody else is signed in")


def test_a_page_whose_person_signed_out_is_told_to_sign_in(client: Client) -> None:
    assert asked_for(client, "1") == (401, "Please sign in again")


def test_a_program_is_its_tokens_person_whatever_else_it_sends(
    client: Client, cognito: FakeCognito
) -> None:
    token = f"Bearer {cognito.id_token()}"
    assert asked_for(client, "nobody", Authorization=token) == (200, "")
