"""Codes, Sessions and locks end with time."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from localaws import attempts, challenges, codes
from localaws.codes import Purpose, Verdict

Travel = Callable[[float], None]


@pytest.fixture
def travel(monkeypatch: pytest.MonkeyPatch) -> Travel:
    """Go to so many seconds after the test's beginning."""
    now = 1_800_000_000.0
    monkeypatch.setattr("time.time", lambda: now)

    def to(seconds: float) -> None:
        monkeypatch.setattr("time.time", lambda: now + seconds)

    return to


@pytest.fixture
def somebody() -> str:
    return uuid4().hex


@pytest.mark.parametrize(
    ("purpose", "hours"), [(Purpose.SIGN_UP, 24), (Purpose.RESET, 1), (Purpose.ATTRIBUTE, 24)]
)
def test_a_code_ends(purpose: Purpose, hours: int, travel: Travel, somebody: str) -> None:
    code = codes.issue("pool", somebody, purpose)
    travel(hours * 3600)
    assert codes.check("pool", somebody, purpose, code) is Verdict.EXPIRED
    travel(hours * 3600 - 1)
    assert codes.check("pool", somebody, purpose, code) is Verdict.RIGHT


def test_a_code_is_for_one_pool_person_and_purpose(somebody: str) -> None:
    code = codes.issue("pool", somebody, Purpose.SIGN_UP)
    assert codes.check("other", somebody, Purpose.SIGN_UP, code) is Verdict.EXPIRED
    assert codes.check("pool", somebody + "x", Purpose.SIGN_UP, code) is Verdict.EXPIRED
    assert codes.check("pool", somebody, Purpose.RESET, code) is Verdict.EXPIRED


@pytest.mark.parametrize("given", [None, 123456, "", "é", ["1"]])
def test_what_is_no_code_is_wrong(given: object, somebody: str) -> None:
    codes.issue("pool", somebody, Purpose.RESET)
    assert codes.check("pool", somebody, Purpose.RESET, given) is Verdict.WRONG


def test_codes_are_six_digits_and_differ() -> None:
    found = {codes.digits() for _ in range(200)}
    assert len(found) > 190
    assert all(len(code) == 6 and code.isdecimal() for code in found)


def test_guesses_are_free_again_after_an_hour(travel: Travel, somebody: str) -> None:
    for _ in range(codes.ATTEMPTS_AN_HOUR // codes.ATTEMPTS):
        codes.issue("pool", somebody, Purpose.RESET)
        for _ in range(codes.ATTEMPTS):
            codes.check("pool", somebody, Purpose.RESET, "wrong")
    travel(1)
    code = codes.issue("pool", somebody, Purpose.RESET)
    assert codes.check("pool", somebody, Purpose.RESET, code) is Verdict.SPENT
    travel(codes.HOUR)
    code = codes.issue("pool", somebody, Purpose.RESET)
    assert codes.check("pool", somebody, Purpose.RESET, code) is Verdict.RIGHT


def test_a_session_ends_after_its_minutes(travel: Travel) -> None:
    session = challenges.begin("A", pool="pool", client="app", username="bob", minutes=3)
    travel(179)
    assert challenges.find(session, name="A", client="app")
    travel(180)
    assert challenges.find(session, name="A", client="app") is None


def test_a_session_is_good_for_a_few_answers() -> None:
    session = challenges.begin("A", pool="pool", client="app", username="bob", minutes=3)
    tried = [challenges.attempt(session) for _ in range(challenges.ATTEMPTS + 1)]
    assert tried == [True] * challenges.ATTEMPTS + [False]
    assert challenges.finish(session)
    assert not challenges.finish(session)
    assert not challenges.attempt(session)


def test_each_further_failure_locks_twice_as_long(travel: Travel, somebody: str) -> None:
    key = ("pool", somebody, "PASSWORD")
    for _ in range(attempts.FREE - 1):
        attempts.failed(*key)
    assert not attempts.locked(*key)
    for seconds in (1, 2, 4):
        attempts.failed(*key)
        travel(seconds - 0.1)
        assert attempts.locked(*key)
        travel(0)
    for _ in range(20):
        attempts.failed(*key)
    travel(attempts.LONGEST)
    assert not attempts.locked(*key)
    travel(0)
    attempts.succeeded(*key)
    assert not attempts.locked(*key)
