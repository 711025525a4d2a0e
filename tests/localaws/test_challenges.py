"""RespondToAuthChallenge: nothing without the Session, and a Session is good for one thing, once."""

import time
from typing import Any

import pyotp
import pytest

from localaws.challenges import ATTEMPTS
from tests.localaws.sign_in_behaviours import rotating
from tests.localaws.user_pool import (
    PASSWORD,
    begin,
    client,
    invited,
    mailed_code,
    mails,
    new_address,
    outcome,
    person,
    respond,
    tokens,
    with_authenticator,
    wrong,
)
from tests.stack import STACK

PUBLIC = STACK.public("cognito-idp")
NEW_PASSWORD, TOTP, SELECT = "NEW_PASSWORD_REQUIRED", "SOFTWARE_TOKEN_MFA", "SELECT_CHALLENGE"
NEW = "yet-another-long-one"


def answer(name: str, session: str, *, app: str = "", **responses: str) -> str:
    """The error's name, or ""."""
    return outcome(
        respond, stack=STACK, name=name, session=session, app=app or client(STACK), **responses
    )


def test_an_invited_person_sets_a_password() -> None:
    email = invited(STACK)
    challenge = begin(STACK, email)
    assert challenge["ChallengeName"] == NEW_PASSWORD
    short = {"USERNAME": email, "NEW_PASSWORD": "short"}
    assert answer(NEW_PASSWORD, challenge["Session"], **short) == "InvalidPasswordException"
    long = {**short, "NEW_PASSWORD": NEW}
    assert answer(NEW_PASSWORD, challenge["Session"], **long) == ""
    assert "AccessToken" in tokens(STACK, email, NEW)
    assert answer(NEW_PASSWORD, challenge["Session"], **long) == "NotAuthorizedException"


def test_a_session_is_for_its_person_client_and_challenge() -> None:
    email, other = invited(STACK), invited(STACK)
    session = begin(STACK, email)["Session"]
    new = {"NEW_PASSWORD": NEW}
    assert answer(NEW_PASSWORD, session, USERNAME=other, **new) == "NotAuthorizedException"
    app = rotating(STACK, 0)
    assert answer(NEW_PASSWORD, session, app=app, USERNAME=email, **new) == "NotAuthorizedException"
    code = {"SOFTWARE_TOKEN_MFA_CODE": "123456"}
    assert answer(TOTP, session, USERNAME=email, **code) == "NotAuthorizedException"
    assert answer(NEW_PASSWORD, "made-up-session-of-my-own", USERNAME=email, **new) != ""
    assert answer(NEW_PASSWORD, session, USERNAME=email, **new) == ""


@pytest.mark.parametrize("name", [NEW_PASSWORD, TOTP, "MFA_SETUP", "SMS_MFA", "EMAIL_OTP", SELECT])
def test_no_challenge_is_answered_without_a_session(name: str) -> None:
    more = {"NEW_PASSWORD": NEW, "ANSWER": "PASSWORD", "PASSWORD": PASSWORD}
    assert answer(name, "", USERNAME=person(STACK), **more) == "NotAuthorizedException"


def totp(email: str, session: str, code: str) -> str:
    return answer(TOTP, session, USERNAME=email, SOFTWARE_TOKEN_MFA_CODE=code)


def test_a_code_of_the_authenticator_works_once() -> None:
    email = person(STACK)
    app = with_authenticator(STACK, email)
    challenge, code = begin(STACK, email), app.now()
    assert challenge["ChallengeName"] == TOTP
    assert totp(email, challenge["Session"], code) == ""
    again = begin(STACK, email)["Session"]
    assert totp(email, again, code) == "ExpiredCodeException"


def test_codes_of_the_authenticator_cannot_be_guessed() -> None:
    email = person(STACK)
    app = with_authenticator(STACK, email)
    session = begin(STACK, email)["Session"]
    bad = stale(app)
    for _ in range(ATTEMPTS):
        assert totp(email, session, bad) == "CodeMismatchException"
    assert totp(email, session, app.now()) == "NotAuthorizedException"


def stale(app: pyotp.TOTP) -> str:
    """A code of another time than now."""
    near = {app.at(int(time.time()) + 30 * by) for by in range(-3, 4)}
    return next(f"{number:06d}" for number in range(10) if f"{number:06d}" not in near)


def test_a_new_password_does_not_replace_the_second_factor() -> None:
    email = person(STACK)
    with_authenticator(STACK, email)
    STACK.admin("cognito-idp").admin_set_user_password(
        UserPoolId=STACK.env["COGNITO_USER_POOL_ID"], Username=email, Password=PASSWORD, Permanent=False
    )
    session = begin(STACK, email)["Session"]
    after = respond(STACK, NEW_PASSWORD, session, USERNAME=email, NEW_PASSWORD=NEW)
    assert after["ChallengeName"] == TOTP
    assert "AuthenticationResult" not in after


def test_an_authenticator_counts_once_it_is_turned_on() -> None:
    email = person(STACK)
    access = tokens(STACK, email)["AccessToken"]
    app = pyotp.TOTP(PUBLIC.associate_software_token(AccessToken=access)["SecretCode"])
    PUBLIC.verify_software_token(AccessToken=access, UserCode=app.now())
    assert "AccessToken" in tokens(STACK, email)


def test_secrets_for_authenticators_are_for_people_who_are_signed_in() -> None:
    call = PUBLIC.associate_software_token
    assert outcome(call, Session="made-up-session-of-my-own") == "NotAuthorizedException"


# --- Choice-based sign-in ---------------------------------------------------------------------------


def choose(email: str, **more: str) -> dict[str, Any]:
    found: dict[str, Any] = PUBLIC.initiate_auth(
        ClientId=client(STACK), AuthFlow="USER_AUTH", AuthParameters={"USERNAME": email, **more}
    )
    return found


def test_a_password_is_one_choice() -> None:
    email = person(STACK)
    choice = choose(email)
    assert choice["ChallengeName"] == SELECT
    assert choice["AvailableChallenges"] == ["PASSWORD", "EMAIL_OTP"]
    picked = {"USERNAME": email, "ANSWER": "PASSWORD", "PASSWORD": PASSWORD}
    assert "AccessToken" in respond(STACK, SELECT, choice["Session"], **picked)["AuthenticationResult"]
    assert answer(SELECT, choice["Session"], **picked) == "NotAuthorizedException"


def test_a_wrong_password_is_no_choice() -> None:
    email = person(STACK)
    picked = {"USERNAME": email, "ANSWER": "PASSWORD", "PASSWORD": "wrong"}
    assert answer(SELECT, choose(email)["Session"], **picked) == "NotAuthorizedException"


def test_a_code_by_mail_is_another_and_works_once() -> None:
    email = person(STACK)
    session = choose(email)["Session"]
    sent = respond(STACK, SELECT, session, USERNAME=email, ANSWER="EMAIL_OTP")
    assert sent["ChallengeName"] == "EMAIL_OTP"
    given = {"USERNAME": email, "EMAIL_OTP_CODE": mailed_code(STACK, email)}
    assert "AccessToken" in respond(STACK, "EMAIL_OTP", sent["Session"], **given)["AuthenticationResult"]
    assert answer("EMAIL_OTP", sent["Session"], **given) == "NotAuthorizedException"


def test_a_preferred_choice_saves_the_question() -> None:
    email = person(STACK)
    assert choose(email, PREFERRED_CHALLENGE="EMAIL_OTP")["ChallengeName"] == "EMAIL_OTP"
    preferred = choose(email, PREFERRED_CHALLENGE="PASSWORD", PASSWORD=PASSWORD)
    assert "AccessToken" in preferred["AuthenticationResult"]


def test_mailed_codes_cannot_be_guessed_nor_used_in_another_session() -> None:
    email = person(STACK)
    first = choose(email, PREFERRED_CHALLENGE="EMAIL_OTP")["Session"]
    code = mailed_code(STACK, email)
    second = choose(email, PREFERRED_CHALLENGE="EMAIL_OTP")["Session"]
    if mailed_code(STACK, email) != code:  # they are random
        given = {"USERNAME": email, "EMAIL_OTP_CODE": code}
        assert answer("EMAIL_OTP", second, **given) == "CodeMismatchException"
    said = [
        answer("EMAIL_OTP", first, USERNAME=email, EMAIL_OTP_CODE=wrong(code)) for _ in range(ATTEMPTS)
    ]
    assert "CodeMismatchException" in said
    assert answer("EMAIL_OTP", first, USERNAME=email, EMAIL_OTP_CODE=code) == "NotAuthorizedException"


def test_nobody_learns_who_exists() -> None:
    known, unknown = person(STACK), new_address()
    answers = []
    for email in (known, unknown):
        choice = choose(email)
        sent = respond(STACK, SELECT, choice["Session"], USERNAME=email, ANSWER="EMAIL_OTP")
        refused = answer("EMAIL_OTP", sent["Session"], USERNAME=email, EMAIL_OTP_CODE="wrong")
        password = {"USERNAME": email, "ANSWER": "PASSWORD", "PASSWORD": "wrong"}
        wrong_password = answer(SELECT, choose(email)["Session"], **password)
        shape = (
            choice["AvailableChallenges"],
            sent["ChallengeName"],
            sent["ChallengeParameters"].keys(),
        )
        answers.append((*shape, refused, wrong_password))
    assert answers[0] == answers[1]
    assert mails(STACK, unknown) == []


def test_an_authenticator_leaves_no_passwordless_choice() -> None:
    email = person(STACK)
    sent = choose(email, PREFERRED_CHALLENGE="EMAIL_OTP")
    code = mailed_code(STACK, email)
    with_authenticator(STACK, email)
    assert choose(email)["AvailableChallenges"] == ["PASSWORD"]
    assert choose(email, PREFERRED_CHALLENGE="EMAIL_OTP")["ChallengeName"] == SELECT
    # Nor does a code that was sent before.
    given = {"USERNAME": email, "EMAIL_OTP_CODE": code}
    assert answer("EMAIL_OTP", sent["Session"], **given) == "CodeMismatchException"
    picked = {"USERNAME": email, "ANSWER": "PASSWORD", "PASSWORD": PASSWORD}
    assert respond(STACK, SELECT, choose(email)["Session"], **picked)["ChallengeName"] == TOTP


def test_a_temporary_password_is_not_passed_by_with_a_code() -> None:
    email = invited(STACK)
    assert choose(email, PREFERRED_CHALLENGE="EMAIL_OTP")["ChallengeName"] == "EMAIL_OTP"
    assert mails(STACK, email) == []


def test_a_client_without_the_flow_offers_no_choice() -> None:
    start = {"AuthFlow": "USER_AUTH", "AuthParameters": {"USERNAME": "bob@example.com"}}
    app = rotating(STACK, 0)
    assert outcome(PUBLIC.initiate_auth, ClientId=app, **start) == "InvalidParameterException"
