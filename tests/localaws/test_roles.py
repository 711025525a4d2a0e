"""Which role a person gets: the ID token's claims, and the identity pool's mapping."""

from typing import Any

import pytest

from localaws.extensions.role_claims import role_claims
from localaws.extensions.role_mapping import NoRole, role_for
from tests.localaws.behaviours import claims, newcomer
from tests.stack import STACK

PROVIDER = "cognito-idp.us-east-1.amazonaws.com/us-east-1_Pool"


def group(role: str, precedence: int | None) -> dict[str, Any]:
    return {"RoleArn": role, "Precedence": precedence}


@pytest.mark.parametrize(
    ("groups", "preferred"),
    [
        ([group("member", 10), group("admin", 1)], "admin"),
        ([group("member", 10), group("admin", 0)], "admin"),
        ([group("member", None), group("viewer", 20)], "viewer"),
        ([group("member", 5), group("member", 5)], "member"),
        ([group("member", 5), group("admin", 5)], None),
        ([group("member", None), group("admin", None)], None),
        ([group("", 1), group("member", 5)], "member"),
        ([group("", 1)], None),
        ([], None),
    ],
)
def test_the_lowest_precedence_number_prefers_its_role(
    groups: list[dict[str, Any]], preferred: str | None
) -> None:
    assert role_claims(groups).get("cognito:preferred_role") == preferred


def test_all_roles_are_listed_once_and_none_is_no_claim() -> None:
    assert role_claims([group("b", 2), group("a", 1), group("b", 3)])["cognito:roles"] == ["a", "b"]
    assert role_claims([group("", 1)]) == {}


def test_somebody_in_two_groups_gets_the_stronger_role() -> None:
    email = newcomer(STACK, "twice", "viewers")
    STACK.admin("cognito-idp").admin_add_user_to_group(
        UserPoolId=STACK.env["COGNITO_USER_POOL_ID"], Username=email, GroupName="members"
    )
    found = claims(STACK.tokens(email)["id_token"])
    assert "MemberRole" in found["cognito:preferred_role"]
    assert len(found["cognito:roles"]) == 2


def pool(mapping: dict[str, Any] | None, default: str = "default") -> dict[str, Any]:
    mappings = {f"{PROVIDER}:client": mapping} if mapping else {}
    return {"_roles": {"authenticated": default} if default else {}, "_role_mappings": mappings}


def login(monkeypatch: pytest.MonkeyPatch, **found: Any) -> dict[str, str]:
    """Logins with a (verified) ID token of these claims."""
    from ministack.services import cognito

    monkeypatch.setattr(cognito, "_token_claims", lambda _: {"aud": "client", **found})
    return {PROVIDER: "token"}


def rules(*rule: tuple[str, str, str, str], ambiguous: str = "Deny") -> dict[str, Any]:
    names = ("Claim", "MatchType", "Value", "RoleARN")
    return {
        "Type": "Rules",
        "AmbiguousRoleResolution": ambiguous,
        "RulesConfiguration": {"Rules": [dict(zip(names, part, strict=True)) for part in rule]},
    }


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        (("department", "Equals", "sales", "r"), True),
        (("department", "Equals", "sale", "r"), False),
        (("department", "Contains", "ale", "r"), True),
        (("department", "StartsWith", "sal", "r"), True),
        (("department", "StartsWith", "ales", "r"), False),
        (("department", "NotEqual", "hr", "r"), True),
        (("department", "NotEqual", "sales", "r"), False),
        (("cognito:groups", "Contains", "mem", "r"), True),
        (("absent", "NotEqual", "x", "r"), False),
        (("department", "Unheard", "sales", "r"), False),
    ],
)
def test_rules_compare_claims(
    monkeypatch: pytest.MonkeyPatch, rule: tuple[str, str, str, str], matches: bool
) -> None:
    logins = login(monkeypatch, department="sales", **{"cognito:groups": ["members"]})
    mapping = rules(rule, ambiguous="AuthenticatedRole")
    assert role_for(pool(mapping), logins, None) == ("r" if matches else "default")


def test_the_first_rule_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    logins = login(monkeypatch, department="sales")
    mapping = rules(("department", "Equals", "sales", "a"), ("department", "Contains", "s", "b"))
    assert role_for(pool(mapping), logins, None) == "a"


def test_without_a_match_deny_denies(monkeypatch: pytest.MonkeyPatch) -> None:
    logins = login(monkeypatch)
    with pytest.raises(NoRole):
        role_for(pool(rules(("x", "Equals", "y", "r"))), logins, None)
    with pytest.raises(NoRole):
        role_for(pool({"Type": "Token", "AmbiguousRoleResolution": "Deny"}), logins, None)


def test_without_a_role_in_the_token_the_pools_own_may_do(monkeypatch: pytest.MonkeyPatch) -> None:
    mapping = {"Type": "Token", "AmbiguousRoleResolution": "AuthenticatedRole"}
    logins = login(monkeypatch, **{"cognito:roles": ["a", "b"]})
    assert role_for(pool(mapping), logins, None) == "default"
    with pytest.raises(NoRole):
        role_for(pool(mapping, default=""), logins, None)


def test_a_requested_role_must_be_among_the_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    mapping = {"Type": "Token", "AmbiguousRoleResolution": "Deny"}
    logins = login(monkeypatch, **{"cognito:roles": ["a", "b"]})
    assert role_for(pool(mapping), logins, "b") == "b"
    with pytest.raises(NoRole):
        role_for(pool(mapping), logins, "admin")


def test_another_clients_mapping_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    logins = login(monkeypatch, aud="other", **{"cognito:preferred_role": "a"})
    assert role_for(pool({"Type": "Token"}), logins, None) == "default"


def test_a_role_that_does_not_trust_the_pool_is_not_given() -> None:
    """The identity pool is configured wrongly then, and says so."""
    cognito, iam = STACK.admin("cognito-idp"), STACK.admin("iam")
    nobody = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",'
        ' "Principal": {"Service": "lambda.amazonaws.com"}}]}'
    )
    role = iam.create_role(RoleName="untrusting", AssumeRolePolicyDocument=nobody)["Role"]["Arn"]
    cognito.create_group(
        UserPoolId=STACK.env["COGNITO_USER_POOL_ID"], GroupName="odd", RoleArn=role, Precedence=1
    )
    token = STACK.tokens(newcomer(STACK, "odd", "odd"))["id_token"]
    pool_id = STACK.env["COGNITO_IDENTITY_POOL_ID"]
    public = STACK.public("cognito-identity")
    identity = public.get_id(IdentityPoolId=pool_id, Logins=STACK.logins(token))["IdentityId"]
    with pytest.raises(public.exceptions.InvalidIdentityPoolConfigurationException):
        public.get_credentials_for_identity(IdentityId=identity, Logins=STACK.logins(token))
