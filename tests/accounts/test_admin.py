"""People and groups in Django admin."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from tests.conftest import Person

PAGES = ["accounts/user/", "auth/group/", "accounts/pendingrevocation/", ""]


@pytest.mark.parametrize("page", PAGES)
def test_an_administrator_sees_every_page(alice: Person, page: str) -> None:
    assert alice.get(f"/admin/{page}").status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_a_member_sees_none(bob: Person, page: str) -> None:
    assert bob.get(f"/admin/{page}").status_code == 302


def test_people_are_found_by_email_and_by_group(alice: Person, bob: Person) -> None:
    members = Group.objects.get(name="members").pk
    for query in ({"q": "bob@"}, {"groups__id__exact": members}):
        page = alice.get("/admin/accounts/user/", query).content.decode()
        assert page.count('class="field-__str__"') == 1
        assert "bob@example.com" in page


def test_what_cognito_says_of_a_person_cannot_be_changed_here(alice: Person, bob: Person) -> None:
    url = f"/admin/accounts/user/{bob.user.pk}/change/"
    answer = alice.post(
        url, {"is_active": "on", "email": "x@example.com", "is_staff": "on", "is_superuser": "on"}
    )
    assert answer.status_code == 302
    changed = User.objects.get(pk=bob.user.pk)
    assert (changed.email, changed.is_staff, changed.is_superuser) == ("bob@example.com", False, False)


def test_a_person_keeps_their_cognito_groups_when_given_another(alice: Person, bob: Person) -> None:
    choir = Group.objects.create(name="choir")
    url = f"/admin/accounts/user/{bob.user.pk}/change/"
    assert b"members</option>" not in alice.get(url).content
    alice.post(url, {"is_active": "on", "groups": [choir.pk]})
    assert set(bob.user.groups.values_list("name", flat=True)) == {"members", "choir"}


def test_a_cognito_group_cannot_be_slipped_in(alice: Person, bob: Person) -> None:
    admins = Group.objects.get(name="admins").pk
    alice.post(f"/admin/accounts/user/{bob.user.pk}/change/", {"is_active": "on", "groups": [admins]})
    assert set(bob.user.groups.values_list("name", flat=True)) == {"members"}


def test_switching_somebody_off_signs_them_out_at_once(alice: Person, bob: Person) -> None:
    alice.post(f"/admin/accounts/user/{bob.user.pk}/change/", {"groups": []})
    assert bob.get("/files/").status_code == 302


def test_people_are_neither_made_nor_deleted_here(alice: Person, bob: Person) -> None:
    assert alice.get("/admin/accounts/user/add/").status_code == 403
    assert alice.get(f"/admin/accounts/user/{bob.user.pk}/delete/").status_code == 403


def test_a_mapped_group_keeps_its_name_and_stays(alice: Person) -> None:
    members = Group.objects.get(name="members").pk
    assert b'name="name"' not in alice.get(f"/admin/auth/group/{members}/change/").content
    assert alice.post(f"/admin/auth/group/{members}/delete/", {"post": "yes"}).status_code == 403


def test_no_page_of_the_admin_shows_a_session_key(alice: Person, bob: Person) -> None:
    for page in [
        *PAGES,
        f"accounts/user/{bob.user.pk}/change/",
        f"accounts/user/{bob.user.pk}/history/",
    ]:
        assert bob.cookies["sessionid"].value not in alice.get(f"/admin/{page}").content.decode()
    assert alice.get("/admin/accounts/session/").status_code == 404


def test_an_administrator_can_sign_somebody_out(alice: Person, bob: Person) -> None:
    chosen = {"action": "sign_out", "_selected_action": [bob.user.pk]}
    alice.post("/admin/accounts/user/", chosen)
    assert bob.get("/files/").status_code == 302
    assert alice.get("/files/").status_code == 200


def test_nobody_has_a_password_to_change_here(alice: Person) -> None:
    assert alice.get("/admin/password_change/").status_code == 404
    assert b"password_change" not in alice.get("/admin/").content


def test_a_link_cannot_sign_an_administrator_out(alice: Person) -> None:
    assert alice.get("/admin/logout/").status_code == 405
    assert alice.get("/admin/").status_code == 200


def test_a_year_out_of_range_is_refused(alice: Person) -> None:
    for page in ("files/file/?created_at__year=99999999999", "accounts/user/?date_joined__year=0"):
        assert alice.get(f"/admin/{page}").status_code == 400


def test_signing_out_of_the_admin_is_signing_out(alice: Person, client: Client) -> None:
    assert "/logout?client_id=" in alice.post("/admin/logout/")["Location"]
    assert alice.get("/admin/").status_code == 302
