import pytest

from accounts.claims import BadClaims, identity

GENUINE = {"iss": "https://issuer", "sub": "opaque", "iat": 1_700_000_000}


def test_pitfall_11_an_absent_group_claim_means_no_groups() -> None:
    assert identity(GENUINE).groups == frozenset()


@pytest.mark.parametrize("claim", ["admins", {"admins": 1}, None, 7, True])
def test_a_group_claim_that_is_no_list_means_no_groups(claim: object) -> None:
    assert identity({**GENUINE, "cognito:groups": claim}).groups == frozenset()


def test_only_names_count_in_a_group_claim() -> None:
    assert identity({**GENUINE, "cognito:groups": ["members", 1, None, ""]}).groups == {"members"}


@pytest.mark.parametrize(
    ("claim", "meant"), [(True, True), ("true", True), (False, False), ("false", False)]
)
def test_pitfall_12_booleans_arrive_as_booleans_or_as_strings(claim: object, meant: bool) -> None:
    assert identity({**GENUINE, "email_verified": claim}).email_verified is meant


@pytest.mark.parametrize("claim", ["True", "yes", "1", 1, "phone_number_verified", None, [True]])
def test_pitfall_12_nothing_else_counts_as_true(claim: object) -> None:
    """A flag of a claim is never taken for its name."""
    assert identity({**GENUINE, "email_verified": claim}).email_verified is False


@pytest.mark.parametrize("name", ["iss", "sub"])
@pytest.mark.parametrize("value", ["", None, 7, "x" * 201])
def test_a_token_that_names_nobody_is_refused(name: str, value: object) -> None:
    with pytest.raises(BadClaims):
        identity({**GENUINE, name: value})


def test_a_name_is_taken_as_it_is() -> None:
    assert identity({**GENUINE, "sub": " opaque "}).subject == " opaque "


def test_unknown_claims_are_tolerated() -> None:
    assert identity({**GENUINE, "custom:team": "blue", "origin_jti": "x"}).subject == "opaque"


@pytest.mark.parametrize("name", ["Zo\0ë", "Zo\ud83dë"])
def test_what_no_database_keeps_is_left_out_of_a_name(name: str) -> None:
    assert identity({**GENUINE, "name": name}).name == "Zoë"


def test_the_subject_is_an_opaque_string() -> None:
    assert identity({**GENUINE, "sub": "not-a-uuid:42"}).subject == "not-a-uuid:42"


GOOGLES = [{"userId": "AbC1", "providerName": "Google", "providerType": "Google", "primary": "true"}]


@pytest.mark.parametrize(
    ("username", "linked", "provider"),
    [
        ("Google_AbC1", GOOGLES, "Google"),
        ("google_abc1", GOOGLES, "Google"),
        ("5f3c-a-native-one", GOOGLES, ""),
        ("", GOOGLES, ""),
        ("Google_AbC1", None, ""),
        ("Google_AbC1", "Google", ""),
        ("Google_AbC1", ["Google_AbC1", {}], ""),
        ("_", [{}], ""),
        ("b_2", [*GOOGLES, {"providerName": "B", "userId": 2}], "B"),
    ],
)
def test_pitfall_17_the_username_tells_whose_somebody_with_linked_providers_is(
    username: str, linked: object, provider: str
) -> None:
    token = {**GENUINE, "cognito:username": username, "identities": linked}
    assert identity(token).provider == provider


def test_a_locale_is_taken_as_it_was_written() -> None:
    assert identity({**GENUINE, "locale": "de_DE"}).locale == "de_DE"
    assert identity(GENUINE).locale == ""
