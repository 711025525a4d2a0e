"""Tokens tell when and how a person signed in, and a refresh changes nothing of it."""

from typing import Any

import pytest

from localaws.extensions import authentication
from tests.localaws.behaviours import claims
from tests.localaws.user_pool import person, tokens
from tests.stack import STACK

ACR = "urn:cognito:loa:4"


@pytest.fixture
def entry() -> Any:
    """What the emulator keeps of an authorization code."""
    from ministack.services import cognito

    cognito._authorization_codes["a-code"] = {}
    yield cognito._authorization_codes["a-code"]
    del cognito._authorization_codes["a-code"]


def mint(facts: dict[str, Any], use: str) -> dict[str, Any]:
    def sign(claims: dict[str, Any], *_: str) -> dict[str, Any]:
        return claims

    with authentication._signed_in(facts):
        found: dict[str, Any] = authentication._into_tokens(sign)(
            {"token_use": use, "iat": 9, "auth_time": 9}
        )
    return found


@pytest.mark.parametrize("use", ["id", "access", "refresh"])
def test_tokens_carry_what_the_code_was_given_for(entry: dict[str, Any], use: str) -> None:
    authentication.remember("a-code", auth_time=5, amr=["pwd", "otp"], acr=ACR)
    found = mint(entry["authentication"], use)
    assert (found["auth_time"], found["amr"], found["acr"]) == (5, ["pwd", "otp"], ACR)


def test_the_means_are_told_to_whoever_asked_for_them_only(entry: dict[str, Any]) -> None:
    authentication.remember("a-code", auth_time=5, amr=["pwd"], acr=None)
    assert mint(entry["authentication"], "id").keys() == {"token_use", "iat", "auth_time"}


def test_other_tokens_stay_as_they_are() -> None:
    assert mint({"auth_time": 5}, "something-else")["auth_time"] == 9


def test_a_code_that_is_gone_cannot_be_noted_on() -> None:
    with pytest.raises(KeyError):
        authentication.remember("gone", auth_time=5, amr=[], acr=None)


def test_a_sign_in_by_api_happens_now() -> None:
    answer = tokens(STACK, person(STACK))
    found = [claims(answer[kind]) for kind in ("IdToken", "AccessToken", "RefreshToken")]
    assert len({one["auth_time"] for one in found}) <= 2  # two when the second ends meanwhile
    assert all(one["auth_time"] == one["iat"] for one in found)
