"""The demo people on the local stack, from the sign-in page to what they may do."""

import pytest
from django.test import Client

from accounts.models import User
from tests import people
from tests.conftest import Person
from tests.stack import STACK

EXPECTED = {
    "alice": ({"admins"}, {"view", "add", "change", "delete"}, True),
    "bob": ({"members"}, {"view", "add", "change", "delete"}, False),
    "mallory": ({"members"}, {"view", "add", "change", "delete"}, False),
    "victor": ({"viewers"}, {"view"}, False),
    "nora": (set(), set(), False),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", EXPECTED)
def test_each_demo_person_signs_in_and_may_what_their_group_says(client: Client, name: str) -> None:
    groups, actions, staff = EXPECTED[name]
    assert people.sign_in(client, f"{name}@example.com", "/files/")["Location"] == "/files/"
    user = User.objects.get(email=f"{name}@example.com")
    assert set(user.groups.values_list("name", flat=True)) == groups
    assert {
        a for a in ("view", "add", "change", "delete") if user.has_perm(f"files.{a}_file")
    } == actions
    assert (user.is_staff, user.is_superuser, user.email_verified) == (staff, staff, True)


def test_an_administrator_enters_django_admin(alice: Person) -> None:
    assert alice.get("/admin/").status_code == 200


def test_a_member_does_not(bob: Person) -> None:
    entrance = bob.get("/admin/")
    assert entrance["Location"] == "/admin/login/?next=/admin/"
    assert bob.get(entrance["Location"]).status_code == 403


def test_somebody_not_signed_in_enters_the_admin_through_cognito(client: Client) -> None:
    answer = client.get("/admin/login/", {"next": "/admin/accounts/user/"})
    assert answer["Location"] == "/oidc/authenticate/?next=%2Fadmin%2Faccounts%2Fuser%2F"


def test_after_signing_out_the_refresh_token_is_dead(bob: Person) -> None:
    token = bob.session.tokens.refresh_token  # type: ignore[attr-defined]
    bob.post("/oidc/logout/")
    answer = STACK.token_endpoint(grant_type="refresh_token", refresh_token=token)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
