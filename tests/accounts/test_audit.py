"""The audit log: what it tells, whom, and that nobody changes it."""

import csv
import io
import json

import pytest
from django.test import Client, RequestFactory
from pytest_django import Settings

from accounts import audit
from accounts.admin import harmless
from accounts.models import AuditEvent, AuditLogIsAppendOnly, Kind, User
from tests.accounts.signing_in import begin, sign_in
from tests.conftest import Person
from tests.fakes import FakeCognito

pytestmark = pytest.mark.django_db


def kinds(user: User) -> list[str]:
    """What happened to the person, oldest first."""
    return list(AuditEvent.objects.about(user).reverse().values_list("kind", flat=True))


def test_a_first_sign_in_tells_the_whole_story(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    bob = User.objects.get()
    assert kinds(bob) == [Kind.FIRST_SEEN, Kind.GROUPS_CHANGED, Kind.SIGNED_IN]
    changed = AuditEvent.objects.get(kind=Kind.GROUPS_CHANGED)
    assert changed.detail == {"added": ["members"], "removed": []}
    assert AuditEvent.objects.get(kind=Kind.SIGNED_IN).address == "127.0.0.1"


def test_signing_out_is_noted(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    client.post("/oidc/logout/")
    assert kinds(User.objects.get())[-1] == Kind.SIGNED_OUT


def test_staff_and_superuser_are_noted_both_ways(client: Client, cognito: FakeCognito) -> None:
    cognito.claims = {"cognito:groups": ["admins"]}
    sign_in(client, cognito)
    cognito.claims = {"cognito:groups": None}
    sign_in(client, cognito)
    rights = AuditEvent.objects.filter(kind=Kind.RIGHTS_CHANGED).order_by("pk")
    assert [one.detail["superuser"] for one in rights] == [True, False]


@pytest.mark.parametrize(
    ("error", "noted"),
    [
        ("access_denied", {"reason": "You were not signed in", "cognito": "access_denied"}),
        ("<script>\0", {"reason": "You were not signed in"}),
    ],
)
def test_a_refusal_is_noted_with_its_reason(
    client: Client, cognito: FakeCognito, error: str, noted: dict[str, str]
) -> None:
    asked = begin(client)
    client.get("/oidc/callback/", {"error": error, "state": asked["state"]})
    event = AuditEvent.objects.get()
    assert (event.kind, event.user, event.detail) == (Kind.SIGN_IN_REFUSED, None, noted)


def test_somebody_switched_off_is_noted_by_name_when_refused(
    client: Client, cognito: FakeCognito
) -> None:
    sign_in(client, cognito)
    User.objects.update(is_active=False)
    sign_in(Client(), cognito)
    assert kinds(User.objects.get())[-1] == Kind.SIGN_IN_REFUSED


def test_a_forged_callback_leaves_no_row(client: Client, cognito: FakeCognito) -> None:
    """Or anybody could fill the table."""
    client.get("/oidc/callback/", {"error": "x", "state": "forged"})
    assert not AuditEvent.objects.exists()


def test_no_token_or_code_is_in_the_log(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    client.post("/oidc/logout/")
    told = json.dumps(list(AuditEvent.objects.values("kind", "subject", "browser", "detail")))
    assert not [word for word in ("c0de", "refresh-", "eyJ", "@example.com") if word in told]


def test_what_happened_can_be_neither_changed_nor_deleted(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    event = AuditEvent.objects.first()
    assert event
    for attempt in (
        event.save,
        event.delete,
        AuditEvent.objects.all().delete,
        lambda: AuditEvent.objects.update(kind=Kind.SIGNED_OUT),
    ):
        with pytest.raises(AuditLogIsAppendOnly):
            attempt()


def test_the_log_outlives_the_person(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    User.objects.get().delete()
    assert not AuditEvent.objects.exclude(user=None, subject="bob-sub")
    assert AuditEvent.objects.count() == 3


# --- In admin ---------------------------------------------------------------------------------------


def test_an_administrator_filters_and_searches_it(alice: Person, bob: Person) -> None:
    page = alice.get(
        "/admin/accounts/auditevent/", {"kind__exact": Kind.SIGNED_IN, "q": "bob@"}
    ).content.decode()
    assert page.count('class="field-who"') == 1
    assert "bob@example.com" in page


def test_an_administrator_exports_what_the_filter_leaves(alice: Person, bob: Person) -> None:
    answer = alice.post(
        f"/admin/accounts/auditevent/?kind__exact={Kind.SIGNED_IN}",
        {"action": "export", "select_across": "1", "_selected_action": ["0"]},
    )
    text = answer.getvalue().decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["kind"] for row in rows} == {"signed-in"}
    assert {row["who"] for row in rows} == {"alice@example.com", "bob@example.com"}


def test_a_member_does_not_see_it(bob: Person) -> None:
    assert bob.get("/admin/accounts/auditevent/").status_code == 302


def test_not_even_an_administrator_writes_in_it(alice: Person) -> None:
    event = AuditEvent.objects.first()
    assert event
    for page in (f"{event.pk}/delete/", "add/"):
        assert alice.post(f"/admin/accounts/auditevent/{page}").status_code == 403
    assert alice.get(f"/admin/accounts/auditevent/{event.pk}/change/").status_code == 200
    assert alice.post(f"/admin/accounts/auditevent/{event.pk}/change/").status_code == 403


def test_switching_off_and_on_says_who_did_it(alice: Person, bob: Person) -> None:
    for form, kind in (({}, Kind.SWITCHED_OFF), ({"is_active": "on"}, Kind.SWITCHED_ON)):
        alice.post(f"/admin/accounts/user/{bob.user.pk}/change/", {**form, "groups": []})
        event = AuditEvent.objects.filter(user=bob.user).first()
        assert event
        assert (event.kind, event.detail) == (kind, {"by": alice.user.pk})


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "6.6.6.6", "127.0.0.1"),
        (1, "6.6.6.6, 10.1.1.1", "10.1.1.1"),
        (2, "6.6.6.6, 10.1.1.1, 10.2.2.2", "10.1.1.1"),
        (1, "not an address", None),
        (3, "6.6.6.6", "127.0.0.1"),
    ],
)
def test_nobody_chooses_the_address_that_is_noted(
    rf: RequestFactory, settings: Settings, proxies: int, forwarded: str, expected: str | None
) -> None:
    settings.PROXIES = proxies
    assert audit.address_of(rf.get("/", headers={"X-Forwarded-For": forwarded})) == expected
