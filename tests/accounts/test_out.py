"""People who are put out: at Cognito, within one life of an ID token; here, at once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, Kind, Session, User
from accounts.sessions import end_all
from tests import people
from tests.accounts import newcomers
from tests.conftest import Person
from tests.stack import STACK

pytestmark = pytest.mark.django_db

POOL = STACK.env["COGNITO_USER_POOL_ID"]


@pytest.fixture
def carol(db: None) -> Person:
    """A member, signed in, of whom no other test knows: what happens to her happens to nobody else."""
    return newcomers.signed_in(newcomers.make())


def let_the_id_token_run_out() -> None:
    Session.objects.update(tokens_expire_at=timezone.now() - timedelta(seconds=1))


def revoked(email: str) -> None:
    """GlobalSignOut, as the pool's administrator."""
    STACK.admin("cognito-idp").admin_user_global_sign_out(UserPoolId=POOL, Username=email)


def disabled(email: str) -> None:
    STACK.admin("cognito-idp").admin_disable_user(UserPoolId=POOL, Username=email)


def deleted(email: str) -> None:
    STACK.admin("cognito-idp").admin_delete_user(UserPoolId=POOL, Username=email)


@pytest.mark.parametrize("put_out", [revoked, disabled, deleted])
def test_somebody_put_out_at_cognito_is_out_within_one_life_of_an_id_token(
    carol: Person, put_out: Callable[[str], None]
) -> None:
    put_out(carol.user.email)
    let_the_id_token_run_out()
    answer = carol.get("/files/?folder=a/")
    assert (answer.status_code, answer["Location"]) == (
        302,
        "/oidc/authenticate/?next=/files/%3Ffolder%3Da/",
    )
    assert not Session.objects.filter(user=carol.user).exists()
    (event,) = AuditEvent.objects.about(carol.user).filter(kind=Kind.REFRESH_FAILED)
    assert event.detail == {"reason": "Cognito has ended the sign-in"}


@pytest.mark.parametrize("put_out", [revoked, disabled, deleted])
def test_a_program_is_put_out_the_same_way(carol: Person, put_out: Callable[[str], None]) -> None:
    put_out(carol.user.email)
    let_the_id_token_run_out()
    answer = carol.get("/api/v1/files")
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")


def switched_off(_: Client, person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)


def signed_out_by_an_administrator(alice: Client, person: User) -> None:
    chosen = {"action": "sign_out", "_selected_action": [person.pk]}
    assert alice.post("/admin/accounts/user/", chosen).status_code == 302


def ended_everywhere(_: Client, person: User) -> None:
    end_all(person)


@pytest.mark.parametrize("put_out", [switched_off, signed_out_by_an_administrator, ended_everywhere])
def test_somebody_put_out_here_is_out_at_once_in_every_browser(
    alice: Person, carol: Person, put_out: Callable[[Client, User], None]
) -> None:
    elsewhere = Client()
    people.sign_in(elsewhere, carol.user.email)
    put_out(alice, carol.user)
    assert (carol.get("/files/").status_code, elsewhere.get("/files/").status_code) == (302, 302)
    assert alice.get("/files/").status_code == 200


@pytest.mark.parametrize("put_out", [signed_out_by_an_administrator, ended_everywhere])
def test_the_refresh_tokens_of_somebody_put_out_here_are_dead_at_cognito(
    alice: Person, carol: Person, put_out: Callable[[Client, User], None]
) -> None:
    token = carol.session.tokens.refresh_token  # type: ignore[attr-defined]
    put_out(alice, carol.user)
    answer = STACK.token_endpoint(grant_type="refresh_token", refresh_token=token)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_a_group_taken_away_at_cognito_is_gone_within_one_life_of_an_id_token(carol: Person) -> None:
    STACK.admin("cognito-idp").admin_remove_user_from_group(
        UserPoolId=POOL, Username=carol.user.email, GroupName="members"
    )
    let_the_id_token_run_out()
    carol.get("/files/")
    assert not carol.user.groups.exists()
