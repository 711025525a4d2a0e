import pytest
from django.contrib.auth.models import Group, Permission

from accounts import rights
from accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def ned() -> User:
    return User.objects.create(issuer="https://issuer.example", subject="ned")


def test_a_members_rights_are_words_that_people_understand(ned: User) -> None:
    ned.groups.add(Group.objects.get(name="members"))
    [membership] = rights.of(ned)
    assert membership.group == "members"
    assert membership.allows[0] == "see and download your own files"
    assert "delete your own files" in membership.allows


def test_an_administrators_include_the_administration(ned: User) -> None:
    ned.groups.add(Group.objects.get(name="admins"))
    [membership] = rights.of(ned)
    assert membership.allows[-1] == "see and change everything in the administration"


def test_a_group_of_the_administrators_own_is_told_by_the_permissions_names(ned: User) -> None:
    auditors = Group.objects.create(name="auditors")
    auditors.permissions.add(Permission.objects.get(codename="view_auditevent"))
    ned.groups.add(auditors)
    assert rights.of(ned) == [rights.Membership("auditors", ["view auditevent"])]


def test_nobodys_rights_are_none(ned: User) -> None:
    assert rights.of(ned) == []
