"""What goes wrong in apps that use Cognito, and what people ask for in vain: each has its tests.

They lie with what they test. Those of a pitfall carry its number: `pytest -k pitfall_04`.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from accounts.models import User
from tests.accounts.signing_in import sign_in
from tests.fakes import FakeCognito

TESTS = Path(__file__).resolve().parent.parent

# Each was found in a library or an example that others start from.
PITFALLS = {
    1: "ID tokens are accepted with a wrong audience or issuer, or an access token in their place.",
    2: "People are matched by e-mail address, even an unverified one, or by userInfo of another sub.",
    3: "An error of the token endpoint, an expired token or a clock 3 s ahead is a crash.",
    4: "The callback, opened again (back button, reloaded tab), is an error.",
    5: "Two tabs that sign in both land where the second was going; a failure forgets where that was.",
    6: "A forged error in the callback signs the person out; the provider's own text is thrown away.",
    7: "Somebody who is switched off stays signed in.",
    8: "Refreshing by redirect: a POST is not refreshed, a script gets a 403, others are signed out.",
    9: "Without rotation a refresh loses the ID token that the identity pool needs.",
    10: "Tabs and processes race each other to refresh, and the slower one ends the sign-in.",
    11: "No group left means no claim, and no claim is taken for no change; staff stays staff.",
    12: "A flag of a claim is taken for its name, or the text “false” for true.",
    13: "An API takes any token that userInfo takes, those of other clients included.",
    14: "By default: HS256, no PKCE, no time-outs, keys fetched at each sign-in, tokens in the clear.",
    15: "A session cookie with SameSite=Strict does not survive the way back from Cognito.",
    16: "A stale or bookmarked sign-in page ends on an error, and forgets where it was going.",
    17: "A native and a federated sign-in with one address are taken for one person.",
    18: "Access tokens are checked for an audience, which they do not have, or for no client at all.",
    19: "Keys are fetched on every request; the rotated refresh token is thrown away.",
}

# What people ask for and no library for Django has, and the tests that show it here.
ASKED_FOR = {
    "a sign-out that is local, a revocation and /logout together": [
        "test_signing_out_ends_the_session_the_refresh_token_and_managed_login",
        "test_signing_out_works_while_cognito_is_away",
    ],
    "a refresh that survives both settings of rotation and concurrent processes": [
        "test_pitfall_09_without_rotation_a_sign_in_outlives_many_id_tokens",
        "test_pitfall_10_with_rotation_a_sign_in_outlives_many_id_tokens",
        "test_pitfall_10_many_requests_in_several_processes_refresh_once_and_none_fails",
    ],
    "a refresh that brings the groups up to date": [
        "test_groups_are_taken_away_at_the_refresh",
        "test_a_group_taken_away_at_cognito_is_gone_within_one_life_of_an_id_token",
    ],
    "groups followed completely, closed when in doubt, with an audit trail": [
        "test_groups_follow_the_claim_both_ways",
        "test_pitfall_11_without_the_claim_every_mapped_group_is_gone",
        "test_staff_and_superuser_are_noted_both_ways",
    ],
    "a fresh sign-in before the admin": ["test_admin_asks_for_a_sign_in_of_the_last_hour"],
    "a second factor before the admin": ["test_admin_asks_for_mfa_where_the_settings_say_so"],
    "a fresh sign-in before deleting the account": [
        "test_an_old_sign_in_does_not_open_what_could_take_an_account_over",
    ],
    "all tokens encrypted": ["test_pitfall_14_tokens_are_sealed_in_the_database"],
    "their key rotated": [
        "test_sessions_survive_a_new_secret_key",
        "test_tokens_move_to_the_new_secret_key_at_their_refresh",
    ],
    "a page for the profile": ["test_a_changed_name_is_everywhere_at_once"],
    "a page for the password": ["test_somebody_changes_their_password"],
    "a page for the authenticator app": ["test_somebody_adds_an_authenticator_app_and_removes_it"],
    "a way to passkeys": ["test_the_overview_leads_to_passkeys_only_where_the_pool_has_them"],
    "signing out everywhere": ["test_signing_out_everywhere_ends_every_browser_and_every_token"],
    "an emulator, offline, with /oauth2/*, PKCE": [
        "test_a_person_comes_back_with_a_code_and_the_state",
        "test_a_code_belongs_to_its_verifier",
    ],
    "the emulator's /logout": ["test_signing_out_leads_to_registered_addresses_only"],
    "the emulator's rotation": [
        "test_the_new_token_works_and_the_old_one_for_its_grace_period",
        "test_without_grace_the_old_token_dies_with_its_first_use",
    ],
    "the emulator's groups": ["test_a_refresh_brings_new_groups"],
    "a friendly way on from a stale state": [
        "test_pitfall_16_a_stale_sign_in_page_keeps_where_it_was_going",
    ],
    "a friendly way on from a replay": ["test_pitfall_04_a_replayed_callback_lands_signed_in"],
    "a friendly way on from a cancelled sign-in": [
        "test_pitfall_05_a_cancelled_sign_in_offers_to_start_again",
    ],
}


def names() -> Iterator[str]:
    """Of every test there is."""
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield node.name


@pytest.mark.parametrize("number", PITFALLS, ids=PITFALLS.get)
def test_each_pitfall_has_a_test_that_carries_its_number(number: int) -> None:
    numbered = (re.match(r"test_pitfalls?((?:_\d\d)+)_", name) for name in names())
    assert f"{number:02}" in {two for match in numbered if match for two in match[1].split("_")}


@pytest.mark.parametrize("wish", ASKED_FOR)
def test_each_thing_that_people_ask_for_has_a_test_that_says_so(wish: str) -> None:
    assert set(ASKED_FOR[wish]) <= set(names())


# --- Those that are about no module in particular ---------------------------------------------------


@pytest.mark.django_db
def test_pitfall_02_an_unverified_address_enters_nobody_elses_account(
    client: Client, cognito: FakeCognito
) -> None:
    """Nor does userInfo, which is never asked: the fake's would name bob."""
    sign_in(Client(), cognito)
    cognito.claims = {"sub": "mallory-sub", "email_verified": "false"}
    sign_in(client, cognito)
    bob, mallory = User.objects.order_by("pk")
    assert (bob.email, mallory.email) == ("bob@example.com", "bob@example.com")
    assert client.session["_auth_user_id"] == str(mallory.pk)
    assert not mallory.email_verified
    assert cognito.count("/oauth2/userInfo") == 0


@pytest.mark.django_db
def test_pitfall_17_a_federated_sign_in_with_the_same_address_is_another_person(
    client: Client, cognito: FakeCognito
) -> None:
    sign_in(Client(), cognito)
    google = {"providerName": "Google", "userId": "1", "primary": "true"}
    cognito.claims = {
        "sub": "google-sub",
        "cognito:username": "google_1",
        "cognito:groups": ["us-east-1_Fake_Google"],
        "identities": [google],
    }
    sign_in(client, cognito)
    assert User.objects.count() == 2
    assert client.session["_auth_user_id"] == str(User.objects.get(subject="google-sub").pk)
    assert not User.objects.get(subject="google-sub").groups.exists()


@pytest.mark.django_db
def test_pitfall_17_one_that_the_pool_has_linked_is_the_same_person(
    client: Client, cognito: FakeCognito
) -> None:
    sign_in(Client(), cognito)
    cognito.claims = {"identities": [{"providerName": "Google", "userId": "1", "primary": "false"}]}
    sign_in(client, cognito)
    assert client.session["_auth_user_id"] == str(User.objects.get().pk)
