"""Who is who, and what the group claim does to them."""

from collections.abc import Iterable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from pytest_django import DjangoAssertNumQueries, Settings

from accounts import groups, people
from accounts.claims import Identity
from accounts.models import User

pytestmark = pytest.mark.django_db


def an_identity(groups: Iterable[str] = (), **over: Any) -> Identity:
    usual = {
        "issuer": "https://issuer",
        "subject": "bob-sub",
        "issued_at": 1000,
        "email": "bob@example.com",
        "email_verified": True,
        "name": "Bob",
        "preferred_role": None,
    }
    return Identity(**{**usual, **over}, groups=frozenset(groups))


def groups_of(user: User) -> set[str]:
    return set(user.groups.values_list("name", flat=True))


def test_pitfalls_02_17_somebody_else_with_the_same_email_is_somebody_else() -> None:
    """Never matched by e-mail, verified or not."""
    bob = people.recognise(an_identity())
    other = people.recognise(an_identity(subject="other-sub", email_verified=False))
    linked_pool = people.recognise(an_identity(issuer="https://other-issuer"))
    assert len({bob.pk, other.pk, linked_pool.pk}) == 3


def test_a_person_stays_the_same_when_their_email_changes() -> None:
    bob = people.recognise(an_identity())
    again = people.recognise(an_identity(email="robert@example.com", issued_at=1001))
    assert again.pk == bob.pk
    assert again.email == "robert@example.com"


def test_groups_follow_the_claim_both_ways() -> None:
    assert groups_of(people.recognise(an_identity(["members"]))) == {"members"}
    assert groups_of(people.recognise(an_identity(["viewers"]))) == {"viewers"}


def test_pitfall_11_without_the_claim_every_mapped_group_is_gone() -> None:
    people.recognise(an_identity(["admins", "members"]))
    assert groups_of(people.recognise(an_identity())) == set()


def test_pitfall_11_staff_and_superuser_come_and_go_with_the_group() -> None:
    """Staff is taken away, too."""
    admin = people.recognise(an_identity(["admins"]))
    assert (admin.is_staff, admin.is_superuser) == (True, True)
    former = people.recognise(an_identity(["members"]))
    assert (former.is_staff, former.is_superuser) == (False, False)


def test_rights_given_by_hand_do_not_survive_the_claim() -> None:
    bob = people.recognise(an_identity(["members"]))
    User.objects.filter(pk=bob.pk).update(is_staff=True, is_superuser=True)
    again = people.recognise(an_identity(["members"]))
    assert (again.is_staff, again.is_superuser) == (False, False)


def test_groups_of_the_administrators_own_are_left_alone() -> None:
    bob = people.recognise(an_identity(["members"]))
    bob.groups.add(Group.objects.create(name="choir"))
    assert groups_of(people.recognise(an_identity())) == {"choir"}


def test_an_unknown_cognito_group_gives_nothing() -> None:
    assert groups_of(people.recognise(an_identity(["us-east-1_abc_Google", "superusers"]))) == set()


def test_replaying_an_older_token_does_not_bring_groups_back() -> None:
    people.recognise(an_identity(["admins"], issued_at=1000))
    people.recognise(an_identity(["members"], issued_at=1001))
    bob = people.recognise(an_identity(["admins"], issued_at=1000, email="old@example.com"))
    assert groups_of(bob) == {"members"}
    assert (bob.is_superuser, bob.email) == (False, "bob@example.com")


def test_a_token_seen_before_writes_nothing(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    people.recognise(an_identity(["members"]))
    with django_assert_max_num_queries(6) as queries:
        people.recognise(an_identity(["members"]))
    assert not [q for q in queries.captured_queries if q["sql"].startswith(("UPDATE", "INSERT"))]


def test_the_mapped_groups_exist_with_their_permissions_after_migrating() -> None:
    members, viewers = Group.objects.get(name="members"), Group.objects.get(name="viewers")
    assert set(members.permissions.values_list("codename", flat=True)) == {
        "view_file",
        "add_file",
        "change_file",
        "delete_file",
    }
    assert set(viewers.permissions.values_list("codename", flat=True)) == {"view_file"}


def test_what_the_settings_say_of_a_group_counts_from_the_next_migration_on(settings: Settings) -> None:
    settings.COGNITO_GROUPS = {"viewers": {"permissions": ["view_file", "add_file"]}}
    groups.create_mapped()
    viewers = Group.objects.get(name="viewers")
    assert set(viewers.permissions.values_list("codename", flat=True)) == {"view_file", "add_file"}
    settings.COGNITO_GROUPS = {"viewers": {"permissions": ["view_file"]}}
    groups.create_mapped()
    assert set(viewers.permissions.values_list("codename", flat=True)) == {"view_file"}


def test_changes_of_groups_and_rights_are_written_to_the_log_as_well(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "accounts.audit")
    people.recognise(an_identity(["admins"]))
    assert [record.message for record in caplog.records] == [
        "First seen here",
        "Groups changed",
        "Administrator’s rights changed",
    ]
