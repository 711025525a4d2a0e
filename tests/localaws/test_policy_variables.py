"""Policy variables, as the documentation words them; see localaws/extensions/policy_variables.py."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

Decide = Callable[..., str]
BUCKET = "arn:aws:s3:::files"


@pytest.fixture(scope="module")
def decide() -> Decide:
    """The decision for one statement about carol reading a key: Allow, Deny or ImplicitDeny."""
    from ministack.core import iam_evaluator

    from localaws.extensions import policy_variables

    if not hasattr(iam_evaluator._first_match, "__wrapped__"):
        policy_variables.install()

    def decide(
        statement: dict[str, Any],
        key: str = "carol/x",
        *,
        version: str | None = "2012-10-17",
        **keys: Any,
    ) -> str:
        document: dict[str, Any] = {
            "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **statement}
        }
        if "NotResource" in statement:
            del document["Statement"]["Resource"]
        if version:
            document["Version"] = version
        context = iam_evaluator.EvalContext(
            principal_arn="arn:aws:iam::000000000000:user/carol",
            principal_type="User",
            principal_account="000000000000",
            action="s3:GetObject",
            resource_arn=f"{BUCKET}/{key}",
            region="us-east-1",
            principal_keys={
                "aws:username": "carol",
                "aws:principaltag/team": "blue",
                "cognito-identity.amazonaws.com:sub": "us-east-1:carols-id",
                "cognito-identity.amazonaws.com:amr": ["authenticated", "x"],
                **keys,
            },
        )
        policies = [iam_evaluator.parse_policy_document(document)]
        decision: str = iam_evaluator.evaluate(context, policies).decision
        return decision

    return decide


@pytest.mark.parametrize(
    ("resource", "key"),
    [
        ("${aws:username}/*", "carol/x"),
        ("${AWS:UserName}/*", "carol/x"),
        ("${cognito-identity.amazonaws.com:sub}/*", "us-east-1:carols-id/x"),
        ("${aws:PrincipalTag/team}/${aws:username}", "blue/carol"),
        ("${aws:nothing, 'shared'}/*", "shared/x"),
        ("a${*}b", "a*b"),
        ("a${?}b", "a?b"),
        ("a${$}{aws:username}", "a${aws:username}"),
    ],
)
def test_a_variable_stands_for_its_value(decide: Decide, resource: str, key: str) -> None:
    assert decide({"Resource": f"{BUCKET}/{resource}"}, key) == "Allow"


@pytest.mark.parametrize(
    ("resource", "key"),
    [
        ("${aws:username}/*", "mallory/x"),
        ("${aws:username}/*", "${aws:username}/x"),
        ("${aws:nothing}/*", "/x"),
        ("${aws:nothing}/*", "anything/x"),
        ("${cognito-identity.amazonaws.com:amr}/*", "authenticated/x"),
        ("a${*}b", "axb"),
        ("a${?}b", "axb"),
    ],
)
def test_it_stands_for_nothing_else(decide: Decide, resource: str, key: str) -> None:
    assert decide({"Resource": f"{BUCKET}/{resource}"}, key) == "ImplicitDeny"


@pytest.mark.parametrize(("name", "key"), [("*", "bob/x"), ("c?rol", "carol/x"), ("c*", "carol/x")])
def test_a_value_is_no_wildcard(decide: Decide, name: str, key: str) -> None:
    statement = {"Resource": f"{BUCKET}/${{aws:username}}/*"}
    assert decide(statement, key, **{"aws:username": name}) == "ImplicitDeny"
    assert decide(statement, f"{name}/x", **{"aws:username": name}) == "Allow"


def test_a_value_is_not_expanded_again(decide: Decide) -> None:
    statement = {"Resource": f"{BUCKET}/${{aws:username}}/*"}
    assert decide(statement, "blue/x", **{"aws:username": "${aws:PrincipalTag/team}"}) == "ImplicitDeny"


@pytest.mark.parametrize("version", [None, "2008-10-17"])
def test_older_policies_have_no_variables(decide: Decide, version: str | None) -> None:
    statement = {"Resource": f"{BUCKET}/${{aws:username}}/*"}
    assert decide(statement, version=version) == "ImplicitDeny"
    assert decide(statement, "${aws:username}/x", version=version) == "Allow"


def test_conditions_have_them_too(decide: Decide) -> None:
    like = {"Condition": {"StringLike": {"aws:PrincipalTag/team": "${aws:PrincipalTag/team}"}}}
    equal = {"Condition": {"StringEquals": {"aws:username": ["x", "${aws:username}"]}}}
    other = {"Condition": {"StringEquals": {"aws:username": "${aws:PrincipalTag/team}"}}}
    assert decide(like) == decide(equal) == "Allow"
    assert decide(other) == "ImplicitDeny"


def test_an_equal_value_may_contain_a_star(decide: Decide) -> None:
    statement = {"Condition": {"StringEquals": {"aws:PrincipalTag/team": "${aws:username}"}}}
    starred = {"aws:username": "a*", "aws:principaltag/team": "a*"}
    assert decide(statement, **starred) == "Allow"
    assert decide(statement, **{**starred, "aws:principaltag/team": "ab"}) == "ImplicitDeny"


@pytest.mark.parametrize(
    "statement",
    [
        {"NotResource": f"{BUCKET}/${{aws:nothing}}/*"},
        {"Condition": {"StringNotEquals": {"aws:username": "${aws:nothing}"}}},
        {"Condition": {"StringNotLike": {"aws:username": ["x", "${aws:nothing}"]}}},
    ],
)
def test_an_unknown_variable_in_a_negation_opens_nothing(
    decide: Decide, statement: dict[str, Any]
) -> None:
    assert decide(statement) == "ImplicitDeny"
    assert decide({"Effect": "Deny", **statement}) == "Deny"


def test_everything_but_ones_own(decide: Decide) -> None:
    statement = {"Effect": "Deny", "NotResource": f"{BUCKET}/${{aws:username}}/*"}
    assert decide(statement, "bob/x") == "Deny"
    assert decide(statement, "carol/x") == "ImplicitDeny"


def test_ministack_alone_knows_none_of_this() -> None:
    """In a process of its own, where nothing is patched."""
    question = (
        "from ministack.core.iam_evaluator import *\n"
        "c = EvalContext('arn:aws:iam::0:user/carol', 'User', '0', 's3:GetObject', 'b/carol/x', 'r',\n"
        "    principal_keys={'aws:username': 'carol'})\n"
        "s = {'Effect': 'Allow', 'Action': '*', 'Resource': 'b/${aws:username}/*'}\n"
        "print(evaluate(c, [parse_policy_document({'Version': '2012-10-17', 'Statement': s})]).decision)"
    )
    told = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["ImplicitDeny"]
