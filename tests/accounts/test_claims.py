import pytest

from accounts.claims import BadClaims, identity

GENUINE = {"iss": "https://issuer", "sub": "opaque", "iat": 1_700_000_000}


def test_an_absent_group_claim_means_no_groups() -> None:
    assert identity(GENUINE).groups == frozenset()


@pytest.mark.parametrize("claim", ["admins", {"admins": 1}, None, 7, True])
def test_a_group_claim_that_is_no_list_means_no_groups(claim: object) -> None:
    assert identity({**GENUINE, "cognito:groups": claim}).groups == frozenset()


def test_only_names_count_in_a_group_claim() -> None:
    assert identity({**GENUINE, "cognito:groups": ["members", 1, None, ""]}).groups == {"members"}


@pytest.mark.parametrize(
    ("claim", "meant"), [(True, True), ("true", True), (False, False), ("false", False)]
)
def test_booleans_arrive_as_booleans_or_as_strings(claim: object, meant: bool) -> None:
    assert identity({**GENUINE, "email_verified": claim}).email_verified is meant


@pytest.mark.parametrize("claim", ["True", "yes", "1", 1, "phone_number_verified", None, [True]])
def test_nothing_else_counts_as_true(claim: object) -> None:
    """Pitfall 12: a flag of a claim is never taken for its name."""
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


def test_the_subject_is_an_opaque_string() -> None:
    assert identity({**GENUINE, "sub": "not-a-uuid:42"}).subject == "not-a-uuid:42"
