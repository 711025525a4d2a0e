"""The audit log: what it tells, whom, and that nobody changes it."""

import csv
import io
import json
import time

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
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


def test_strangers_cannot_fill_it(client: Client, cognito: FakeCognito) -> None:
    """Whoever starts sign-ins and breaks them off; and nobody else is kept from theirs."""
    for _ in range(audit.STRANGERS_PER_HOUR + 5):
        asked = begin(client)
        client.get("/oidc/callback/", {"error": "access_denied", "state": asked["state"]})
    assert AuditEvent.objects.count() == audit.STRANGERS_PER_HOUR
    sign_in(client, cognito)
    assert AuditEvent.objects.filter(kind=Kind.SIGNED_IN).exists()
    asked = begin(client)
    query = {"error": "access_denied", "state": asked["state"]}
    client.get("/oidc/callback/", query, REMOTE_ADDR="10.0.0.1")
    assert AuditEvent.objects.filter(address="10.0.0.1").exists()


def test_without_the_cache_everything_is_noted(
    client: Client, cognito: FakeCognito, settings: Settings
) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1",
        }
    }
    asked = begin(client)
    client.get("/oidc/callback/", {"error": "access_denied", "state": asked["state"]})
    assert AuditEvent.objects.count() == 1


def test_somebody_who_deleted_their_account_does_not_return_by_an_old_token(
    client: Client, cognito: FakeCognito
) -> None:
    """It verifies for an hour after."""
    sign_in(client, cognito)
    bob = User.objects.get()
    audit.record(Kind.ACCOUNT_DELETED, user=bob)
    bob.delete()
    answer = Client().get("/api/v1/files", headers={"Authorization": f"Bearer {cognito.id_token()}"})
    assert answer.status_code == 401
    assert not User.objects.exists()


def test_somebody_whose_deletion_cognito_never_made_is_somebody_new(
    client: Client, cognito: FakeCognito
) -> None:
    sign_in(client, cognito)
    bob = User.objects.get()
    was = bob.pk
    audit.record(Kind.ACCOUNT_DELETED, user=bob)
    bob.delete()
    cognito.claims["iat"] = int(time.time()) + 1
    assert sign_in(Client(), cognito).status_code == 302
    assert User.objects.get().pk != was


def test_djangos_own_log_forgets_the_name_too(alice: Person, bob: Person) -> None:
    alice.post(f"/admin/accounts/user/{bob.user.pk}/change/", {"groups": []})
    audit.forget_name(bob.user)
    assert list(LogEntry.objects.values_list("object_repr", flat=True)) == [bob.user.subject]


def test_no_token_or_code_is_in_the_log(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    client.post("/oidc/logout/")
    told = json.dumps(list(AuditEvent.objects.values("kind", "subject", "browser", "detail")))
    assert not [word for word in ("the-c0de", "refresh-", "eyJ", "@example.com") if word in told]


def test_what_happened_can_be_neither_changed_nor_deleted(client: Client, cognito: FakeCognito) -> None:
    sign_in(client, cognito)
    event = AuditEvent.objects.first()
    assert event
    for attempt in (
        event.save,
        event.delete,
        AuditEvent.objects.all().delete,
        lambda: AuditEvent.objects.update(kind=Kind.SIGNED_OUT),
        lambda: AuditEvent.objects.bulk_create([event]),
        lambda: AuditEvent.objects.bulk_update([event], ["kind"]),
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


def test_a_group_of_the_sites_own_is_noted_when_given_and_when_taken(alice: Person, bob: Person) -> None:
    choir = Group.objects.create(name="choir")
    address = f"/admin/accounts/user/{bob.user.pk}/change/"
    for groups, noted in (([choir.pk], (["choir"], [])), ([], ([], ["choir"]))):
        alice.post(address, {"is_active": "on", "groups": groups})
        event = AuditEvent.objects.filter(user=bob.user).first()
        assert event
        assert (event.detail["added"], event.detail["removed"]) == noted
        assert event.detail["by"] == alice.user.pk


@pytest.mark.parametrize(
    "query", ["browser__regex=[", "detail__contains=x", "kind__exact=%00", "at__year=0", "at__year=x"]
)
def test_a_query_that_no_database_can_answer_is_no_error_of_ours(alice: Person, query: str) -> None:
    assert alice.get(f"/admin/accounts/auditevent/?{query}").status_code < 500


def test_an_action_on_something_that_is_no_row_is_no_error_of_ours(alice: Person) -> None:
    answer = alice.post("/admin/accounts/auditevent/", {"action": "export", "_selected_action": ["x"]})
    assert answer.status_code < 500


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=x", "'\t=x"),
        ("Mozilla/5.0 (X11;=cmd|'/C calc'!A0)", "Mozilla/5.0 (X11;'=cmd|'/C calc'!A0)"),
        ("a, -b", "a,' -b"),
        ("＝1", "'＝1"),
        ("Mozilla/5.0 (X11; Linux)", "Mozilla/5.0 (X11; Linux)"),
    ],
)
def test_no_cell_is_a_formula(cell: str, shown: str) -> None:
    assert harmless(cell) == shown


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "6.6.6.6", "127.0.0.1"),
        (1, "6.6.6.6, 10.1.1.1", "10.1.1.1"),
        (2, "6.6.6.6, 10.1.1.1, 10.2.2.2", "10.1.1.1"),
        (1, "not an address", None),
        (3, "6.6.6.6", "127.0.0.1"),
        (1, "fe80::1%eth0", "fe80::1"),
    ],
)
def test_nobody_chooses_the_address_that_is_noted(
    rf: RequestFactory, settings: Settings, proxies: int, forwarded: str, expected: str | None
) -> None:
    settings.PROXIES = proxies
    assert audit.address_of(rf.get("/", headers={"X-Forwarded-For": forwarded})) == expected
