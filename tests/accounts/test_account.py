"""The account page on the local stack: what people can do to their own account, and to nobody else's."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from django.test import Client
from django.utils.html import strip_tags
from pytest_django import Settings

from accounts import account_urls, user_pool
from accounts.models import AuditEvent, Kind, Session, User
from tests import people
from tests.accounts import newcomers
from tests.conftest import Person
from tests.stack import STACK

pytestmark = pytest.mark.django_db

PATHS = [f"/account/{one.pattern}" for one in account_urls.urlpatterns]
NEW_PASSWORD = "a brand new and long one"


@pytest.fixture
def ned() -> Person:
    """Somebody new, whom the test may change."""
    return newcomers.signed_in(newcomers.make())


@pytest.fixture(autouse=True)
def real_pool() -> Iterator[None]:
    user_pool._client.cache_clear()
    yield
    user_pool._client.cache_clear()


def words(answer: object) -> str:
    """What the page says, without its markup."""
    content: bytes = answer.content  # type: ignore[attr-defined]
    return " ".join(strip_tags(content.decode().partition("<main")[2]).split())


def kinds(person: Person) -> list[str]:
    return [event.kind for event in AuditEvent.objects.filter(subject=person.user.subject)]


# --- Who sees it -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
def test_nobody_sees_an_account_without_signing_in(client: Client, path: str) -> None:
    for answer in (client.get(path), client.post(path)):
        assert answer.status_code in {302, 405}
        if answer.status_code == 302:
            assert answer["Location"].startswith("/oidc/authenticate/"), answer["Location"]


def test_no_address_of_it_names_a_person() -> None:
    """So there is no id that a stranger could put in the place of another's."""
    assert not any("<" in path for path in PATHS)


@pytest.mark.parametrize("path", PATHS)
def test_another_site_cannot_change_an_account(path: str) -> None:
    careful = Client(enforce_csrf_checks=True)
    people.sign_in(careful, "bob@example.com")
    assert careful.post(path).status_code in {403, 405}


def test_what_a_stranger_sends_changes_only_the_strangers_own(ned: Person) -> None:
    mallory = newcomers.signed_in(newcomers.make(name="Mallory"))
    form = {"name": "Changed", "locale": "", "email": ned.user.email, "user": ned.user.pk}
    mallory.post("/account/profile/", form)
    assert newcomers.attributes(ned.user.email)["name"] == "Ned Newcomer"
    assert newcomers.attributes(mallory.user.email)["name"] == "Changed"


def test_no_cache_keeps_a_page_of_an_account(ned: Person) -> None:
    for path in PATHS:
        answer = ned.get(path)
        assert answer.status_code in {404, 405} or "no-store" in answer["Cache-Control"], path


# --- The overview ----------------------------------------------------------------------------------


def test_people_see_who_they_are_and_what_they_may(ned: Person) -> None:
    page = words(ned.get("/account/"))
    assert "Ned Newcomer" in page
    assert ned.user.email in page
    assert "As one of the group members" in page
    assert "upload files of your own" in page
    assert "Off. With one, a stolen password is not enough." in page


def test_an_administrator_is_told_of_the_administration(alice: Person) -> None:
    assert "open the administration of this site" in words(alice.get("/account/"))


def test_a_viewer_is_not_told_of_uploading(victor: Person) -> None:
    page = words(victor.get("/account/"))
    assert "see and download your own files" in page
    assert "upload" not in page


def test_somebody_in_no_group_is_told_whom_to_ask(nora: Person) -> None:
    assert "You are in no group" in words(nora.get("/account/"))


def test_recent_activity_is_told_in_words(ned: Person) -> None:
    page = words(ned.get("/account/", headers={"user-agent": "x"}))
    assert re.search(r"Signed in \d+ \w+ 20\d\d, \d\d:\d\d UTC", page)
    assert "127.0.0.1" in page


def test_a_persons_activity_is_not_shown_to_another(ned: Person) -> None:
    ned.post("/account/profile/", {"name": "A name only Ned has", "locale": ""})
    mallory = newcomers.signed_in(newcomers.make())
    assert "Profile changed" not in words(mallory.get("/account/"))


def test_the_overview_leads_to_passkeys_only_where_the_pool_has_them(
    ned: Person, settings: Settings
) -> None:
    assert "Passkeys" not in words(ned.get("/account/"))
    assert ned.get("/account/passkey/").status_code == 404
    settings.COGNITO_PASSKEYS = True
    assert "Passkeys" in words(ned.get("/account/"))
    asked = urlsplit(ned.get("/account/passkey/")["Location"])
    assert f"{asked.scheme}://{asked.netloc}{asked.path}" == f"{settings.COGNITO_DOMAIN}/passkeys/add"
    assert parse_qs(asked.query)["redirect_uri"] == [f"{STACK.site_url}/oidc/callback/"]


@pytest.mark.parametrize(
    ("result", "told"),
    [("success", "Your passkey is added."), ("invalid_session", "No passkey was added.")],
)
def test_back_from_adding_a_passkey_people_are_told_what_came_of_it_and_it_is_noted(
    ned: Person, settings: Settings, result: str, told: str
) -> None:
    settings.COGNITO_PASSKEYS = True
    ned.get("/account/passkey/")
    assert told in words(ned.get(f"/oidc/callback/?result={result}", follow=True))
    assert (Kind.PASSKEY_ADDED in kinds(ned)) == (result == "success")


def test_a_link_cannot_make_somebody_believe_that_a_passkey_was_added(ned: Person) -> None:
    assert "passkey" not in words(ned.get("/oidc/callback/?result=success", follow=True)).lower()
    assert Kind.PASSKEY_ADDED not in kinds(ned)


# --- Profile ---------------------------------------------------------------------------------------


def test_a_changed_name_is_everywhere_at_once(ned: Person) -> None:
    answer = ned.post("/account/profile/", {"name": "  Ned   O’Connor ", "locale": "pt-BR"}, follow=True)
    assert "Your profile is saved." in words(answer)
    held = newcomers.attributes(ned.user.email)
    assert (held["name"], held["locale"]) == ("Ned O’Connor", "pt-BR")
    assert User.objects.get(pk=ned.user.pk).name == "Ned O’Connor", "the header shows it already"
    assert "Português (Brasil)" in words(answer)
    event = AuditEvent.objects.about(ned.user).filter(kind=Kind.PROFILE_CHANGED).get()
    assert event.detail == {"attributes": ["name", "language"]}


def test_the_profile_form_starts_with_what_is_there(ned: Person) -> None:
    ned.post("/account/profile/", {"name": "Ned", "locale": "ja"})
    page = ned.get("/account/profile/").content.decode()
    assert 'value="Ned"' in page
    assert '<option value="ja" selected' in page


def test_saving_an_unchanged_profile_asks_nothing_of_cognito(ned: Person) -> None:
    ned.post("/account/profile/", {"name": "Ned Newcomer", "locale": ""})
    assert Kind.PROFILE_CHANGED not in kinds(ned)


def test_the_chosen_language_is_asked_for_at_the_next_sign_in(ned: Person) -> None:
    ned.post("/account/profile/", {"name": "Ned", "locale": "de"})
    assert "lang=de" in ned.get("/oidc/authenticate/")["Location"]
    ned.post("/account/profile/", {"name": "Ned", "locale": ""})
    assert "lang=" not in ned.get("/oidc/authenticate/")["Location"]


@pytest.mark.parametrize(
    ("field", "typed"), [("name", "x" * 201), ("locale", "tlh"), ("name", "null\0byte")]
)
def test_a_profile_that_cannot_be_is_refused_with_what_was_typed(
    ned: Person, field: str, typed: str
) -> None:
    answer = ned.post("/account/profile/", {"name": "Kept", "locale": "de", field: typed})
    assert answer.status_code == 422
    assert f'id="{field}-problem"' in answer.content.decode()
    assert field == "name" or 'value="Kept"' in answer.content.decode()


# --- Password --------------------------------------------------------------------------------------


def test_somebody_changes_their_password(ned: Person) -> None:
    form = {"old": STACK.password, "new": NEW_PASSWORD, "again": NEW_PASSWORD}
    answer = ned.post("/account/password/", form, follow=True)
    assert "Your password is changed." in words(answer)
    assert kinds(ned)[0] == Kind.PASSWORD_CHANGED
    assert people.through_sign_in_page(_authorize(), ned.user.email, NEW_PASSWORD)


@pytest.mark.parametrize(
    ("field", "over"),
    [
        ("old", {"old": "not the old one"}),
        ("new", {"new": "short", "again": "short"}),
        ("again", {"again": "another one"}),
        ("old", {"old": ""}),
        ("new", {"new": "x" * 257}),
    ],
)
def test_a_password_that_is_not_accepted_is_said_of_its_field(
    ned: Person, field: str, over: dict[str, str]
) -> None:
    form = {"old": STACK.password, "new": NEW_PASSWORD, "again": NEW_PASSWORD, **over}
    answer = ned.post("/account/password/", form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="{field}-problem"' in page
    assert not any(typed and typed in page for typed in form.values()), "no password is shown again"
    assert Kind.PASSWORD_CHANGED not in kinds(ned)


def test_the_policy_that_people_are_told_is_the_pools() -> None:
    policy = STACK.admin("cognito-idp").describe_user_pool(UserPoolId=STACK.env["COGNITO_USER_POOL_ID"])[
        "UserPool"
    ]["Policies"]["PasswordPolicy"]
    assert policy["MinimumLength"] == 12
    assert not any(value for name, value in policy.items() if name.startswith("Require"))


# --- E-mail ----------------------------------------------------------------------------------------


def test_a_new_address_counts_once_its_code_is_typed(ned: Person) -> None:
    old, new = ned.user.email, newcomers.new_address()
    assert ned.post("/account/email/", {"email": new})["Location"] == "/account/email/code/"
    assert new in words(ned.get("/account/email/code/"))
    assert newcomers.attributes(old)["email"] == old, "the old one signs in until then"
    code = newcomers.mailed_code(new)
    answer = ned.post("/account/email/code/", {"code": f" {code[:3]} {code[3:]} "}, follow=True)
    assert "Your e-mail address is changed." in words(answer)
    assert User.objects.get(pk=ned.user.pk).email == new
    assert kinds(ned)[0] == Kind.EMAIL_CHANGED
    assert newcomers.attributes(new)["email_verified"] == "true"
    assert newcomers.signed_in(new).user.pk == ned.user.pk, "the same person"


def test_a_wrong_code_changes_nothing(ned: Person) -> None:
    new = newcomers.new_address()
    ned.post("/account/email/", {"email": new})
    wrong = f"{(int(newcomers.mailed_code(new)) + 1) % 1_000_000:06d}"
    answer = ned.post("/account/email/code/", {"code": wrong})
    assert answer.status_code == 422
    assert "This is not the code" in words(answer)
    assert newcomers.attributes(ned.user.email)["email"] == ned.user.email


def test_another_code_can_be_sent(ned: Person) -> None:
    new = newcomers.new_address()
    ned.post("/account/email/", {"email": new})
    answer = ned.post("/account/email/resend/", follow=True)
    assert "Another code is on its way." in words(answer)
    answer = ned.post("/account/email/code/", {"code": newcomers.mailed_code(new)}, follow=True)
    assert "Your e-mail address is changed." in words(answer)


def test_an_address_of_another_account_is_not_taken(ned: Person) -> None:
    ned.post("/account/email/", {"email": "bob@example.com"})
    assert newcomers.attributes(ned.user.email)["email"] == ned.user.email
    assert newcomers.attributes("bob@example.com")["email"] == "bob@example.com"


def test_their_own_address_is_no_new_one(ned: Person) -> None:
    answer = ned.post("/account/email/", {"email": ned.user.email.upper()})
    assert answer.status_code == 422
    assert "This is your address already." in words(answer)


def test_a_code_page_that_was_left_open_starts_anew(ned: Person) -> None:
    """Another tab has finished the change: there is nothing left to confirm."""
    assert ned.post("/account/email/code/", {"code": "123456"})["Location"] == "/account/email/"


@pytest.mark.parametrize("typed", ["", "nobody", "a@b", "x" * 250 + "@example.com"])
def test_what_is_no_address_is_said_to_be_none(ned: Person, typed: str) -> None:
    answer = ned.post("/account/email/", {"email": typed})
    assert answer.status_code == 422
    assert 'id="email-problem"' in answer.content.decode()


def test_the_code_page_without_a_new_address_asks_for_one(ned: Person) -> None:
    assert ned.get("/account/email/code/")["Location"] == "/account/email/"
    assert ned.post("/account/email/resend/")["Location"] == "/account/email/"


def test_the_current_password_is_no_new_one(ned: Person) -> None:
    same = {"old": STACK.password, "new": STACK.password, "again": STACK.password}
    answer = ned.post("/account/password/", same)
    assert answer.status_code == 422
    assert "This is your current password." in words(answer)


# --- Authenticator app -----------------------------------------------------------------------------


def enrol(person: Person) -> str:
    """The secret that the page shows."""
    page = words(person.post("/account/authenticator/"))
    found = re.search(r"into the app: ((?:[A-Z2-7]{4} )+)", page)
    assert found, page
    return found[1].replace(" ", "")


def test_somebody_adds_an_authenticator_app_and_removes_it(ned: Person) -> None:
    secret = enrol(ned)
    code = pyotp.TOTP(secret).now()
    answer = ned.post("/account/authenticator/confirm/", {"code": code}, follow=True)
    assert "Your authenticator app is added." in words(answer)
    assert "Its code is asked for when you sign in." in words(answer)
    assert kinds(ned)[0] == Kind.MFA_TURNED_ON
    answer = ned.post("/account/authenticator/remove/", follow=True)
    assert "Your authenticator app is removed." in words(answer)
    assert kinds(ned)[0] == Kind.MFA_TURNED_OFF
    assert "Off. With one" in words(answer)


def test_the_secret_is_shown_once_and_kept_nowhere(ned: Person) -> None:
    secret = enrol(ned)
    wrong = f"{(int(pyotp.TOTP(secret).now()) + 1) % 1_000_000:06d}"
    answer = ned.post("/account/authenticator/confirm/", {"code": wrong})
    assert answer.status_code == 422
    assert "This is not the code that the app shows now." in words(answer)
    kept = f"{answer.content.decode()} {dict(ned.session)} {list(AuditEvent.objects.values('detail'))}"
    assert secret not in kept.replace(" ", "")


def test_a_wrong_code_can_be_followed_by_the_right_one(ned: Person) -> None:
    secret = enrol(ned)
    ned.post("/account/authenticator/confirm/", {"code": "000000"})
    answer = ned.post("/account/authenticator/confirm/", {"code": pyotp.TOTP(secret).now()})
    assert answer["Location"] == "/account/"


def test_the_qr_code_says_what_apps_read(ned: Person) -> None:
    answer = ned.post("/account/authenticator/")
    page = answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    found = re.search(r'href="(otpauth://[^"]+)"', page)
    assert found
    read = pyotp.parse_uri(found[1].replace("&amp;", "&"))
    assert (read.issuer, read.name) == ("Strongbox", ned.user.email)
    assert "<svg viewBox=" in page
    assert "style=" not in page, "the Content-Security-Policy would drop it"


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "letter", "٣٣٣٣٣٣"])
def test_what_is_no_code_does_not_reach_cognito(ned: Person, typed: str) -> None:
    answer = ned.post("/account/authenticator/confirm/", {"code": typed})
    assert answer.status_code == 422
    assert 'id="code-problem"' in answer.content.decode()


# --- Leaving ---------------------------------------------------------------------------------------


def test_signing_out_everywhere_ends_every_browser_and_every_token(ned: Person) -> None:
    phone = newcomers.signed_in(ned.user.email)
    token = phone.session.tokens.refresh_token  # type: ignore[attr-defined]
    assert ned.get("/account/sign-out/").status_code == 200
    answer = ned.post("/account/sign-out/")
    assert answer["Location"].startswith(f"{STACK.env['COGNITO_DOMAIN']}/logout?client_id=")
    for browser in (ned, phone):
        assert browser.get("/files/")["Location"].startswith("/oidc/authenticate/")
    assert not Session.objects.filter(user=ned.user).exists()
    refused = STACK.token_endpoint(grant_type="refresh_token", refresh_token=token)
    assert refused.json()["error"] == "invalid_grant"
    assert kinds(ned)[0] == Kind.SIGNED_OUT_EVERYWHERE


def test_signing_out_everywhere_leaves_others_signed_in(ned: Person) -> None:
    mallory = newcomers.signed_in(newcomers.make())
    mallory.post("/account/sign-out/")
    assert ned.get("/account/").status_code == 200


def test_whom_cognito_signed_out_is_signed_out_here_at_once(ned: Person) -> None:
    other = newcomers.signed_in(ned.user.email)
    STACK.admin("cognito-idp").admin_delete_user(
        UserPoolId=STACK.env["COGNITO_USER_POOL_ID"], Username=ned.user.email
    )
    answer = other.get("/account/")
    assert (answer.status_code, "Please sign in again" in words(answer)) == (401, True)
    assert other.get("/files/").status_code == 302


def test_deleting_asks_for_the_address_to_be_typed(ned: Person) -> None:
    assert ned.user.email in words(ned.get("/account/delete/"))
    for typed in ("", "yes", "bob@example.com"):
        assert ned.post("/account/delete/", {"confirmation": typed}).status_code == 422
    assert newcomers.attributes(ned.user.email)


@pytest.mark.parametrize("group", ["members", "viewers", ""])
def test_somebody_who_keeps_nothing_deletes_their_account(group: str) -> None:
    ned = newcomers.signed_in(newcomers.make(group))
    answer = ned.post("/account/delete/", {"confirmation": ned.user.email.upper()})
    assert answer["Location"].startswith(f"{STACK.env['COGNITO_DOMAIN']}/logout?client_id=")
    assert not User.objects.filter(pk=ned.user.pk).exists()
    cognito = STACK.admin("cognito-idp")
    with pytest.raises(cognito.exceptions.UserNotFoundException):
        newcomers.attributes(ned.user.email)
    assert "Your account is deleted" in words(ned.get("/"))
    assert kinds(ned)[0] == Kind.ACCOUNT_DELETED


def test_deleting_ends_the_other_browsers_too(ned: Person) -> None:
    phone = newcomers.signed_in(ned.user.email)
    ned.post("/account/delete/", {"confirmation": ned.user.email})
    assert phone.get("/files/").status_code == 302


def _authorize() -> str:
    """Where a new browser is sent to sign in."""
    return str(Client().get("/oidc/authenticate/")["Location"])
