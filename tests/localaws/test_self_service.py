"""What strangers and people do by the user pool's public calls: sign up, and get back in."""

from typing import Any

import pytest

from tests.localaws.user_pool import (
    PASSWORD,
    attributes,
    begin,
    client,
    invited,
    mailed_code,
    mails,
    new_address,
    outcome,
    person,
    tokens,
    wrong,
)
from tests.stack import STACK

PUBLIC = STACK.public("cognito-idp")
NEW = "yet-another-long-one"


def sign_up(email: str) -> dict[str, Any]:
    answer: dict[str, Any] = PUBLIC.sign_up(ClientId=client(STACK), Username=email, Password=PASSWORD)
    return answer


def confirm(email: str, code: str) -> str:
    about = {"ClientId": client(STACK), "Username": email, "ConfirmationCode": code}
    return outcome(PUBLIC.confirm_sign_up, **about)


def forgot(email: str) -> dict[str, str]:
    answer = PUBLIC.forgot_password(ClientId=client(STACK), Username=email)
    details: dict[str, str] = answer["CodeDeliveryDetails"]
    return details


def reset(email: str, code: str, password: str = NEW) -> str:
    about = {"ClientId": client(STACK), "Username": email, "ConfirmationCode": code}
    return outcome(PUBLIC.confirm_forgot_password, Password=password, **about)


def test_somebody_signs_up_and_in() -> None:
    email = new_address()
    answer = sign_up(email)
    assert answer["UserConfirmed"] is False
    assert email not in str(answer["CodeDeliveryDetails"])
    assert attributes(STACK, email)["email_verified"] == "false"
    with pytest.raises(PUBLIC.exceptions.UserNotConfirmedException):
        begin(STACK, email)
    assert confirm(email, mailed_code(STACK, email)) == ""
    assert attributes(STACK, email)["email_verified"] == "true"
    assert "AccessToken" in tokens(STACK, email)


def test_whoever_signs_up_is_in_no_group_and_gets_no_credentials() -> None:
    email = new_address()
    sign_up(email)
    confirm(email, mailed_code(STACK, email))
    pool = STACK.env["COGNITO_USER_POOL_ID"]
    cognito = STACK.admin("cognito-idp")
    assert cognito.admin_list_groups_for_user(UserPoolId=pool, Username=email)["Groups"] == []
    cognito.admin_set_user_password(
        UserPoolId=pool, Username=email, Password=STACK.password, Permanent=True
    )
    identity = STACK.public("cognito-identity")
    with pytest.raises(identity.exceptions.NotAuthorizedException):
        STACK.identity(STACK.tokens(email)["id_token"])


def test_a_code_confirms_once_and_a_new_one_ends_the_old() -> None:
    email = new_address()
    sign_up(email)
    first = mailed_code(STACK, email)
    PUBLIC.resend_confirmation_code(ClientId=client(STACK), Username=email)
    second = mailed_code(STACK, email)
    if first != second:  # they are random
        assert confirm(email, first) == "CodeMismatchException"
    assert confirm(email, second) == ""
    assert confirm(email, second) == "NotAuthorizedException"
    resend = PUBLIC.resend_confirmation_code
    about = {"ClientId": client(STACK), "Username": email}
    assert outcome(resend, **about) == "InvalidParameterException"


def test_codes_cannot_be_guessed() -> None:
    email = new_address()
    sign_up(email)
    code = mailed_code(STACK, email)
    for _ in range(5):
        assert confirm(email, wrong(code)) == "CodeMismatchException"
    assert confirm(email, code) == "LimitExceededException"


def test_asking_for_new_codes_gives_no_more_guesses_than_twenty_an_hour() -> None:
    email = person(STACK)
    for _ in range(4):
        forgot(email)
        for _ in range(5):
            assert reset(email, wrong(mailed_code(STACK, email))) == "CodeMismatchException"
    forgot(email)
    assert reset(email, mailed_code(STACK, email)) == "LimitExceededException"


def test_a_forgotten_password_is_replaced_with_the_mailed_code() -> None:
    email = person(STACK)
    forgot(email)
    code = mailed_code(STACK, email)
    assert reset(email, code, password="short") == "InvalidPasswordException"  # and costs no code
    assert reset(email, code) == ""
    assert "AccessToken" in tokens(STACK, email, NEW)
    assert reset(email, code) == "ExpiredCodeException"


def test_a_code_to_confirm_a_sign_up_resets_no_password() -> None:
    email = new_address()
    sign_up(email)
    assert reset(email, mailed_code(STACK, email)) == "ExpiredCodeException"


@pytest.mark.parametrize("make", [new_address, lambda: invited(STACK)], ids=["nobody", "invited"])
def test_nobody_learns_who_can_reset_a_password(make: Any) -> None:
    unable, able = make(), person(STACK)
    details = forgot(unable)
    assert mails(STACK, unable) == []
    assert details.keys() == forgot(able).keys()
    answers = [[reset(email, "000000x") for _ in range(6)] for email in (unable, able)]
    assert answers[0] == answers[1] == ["CodeMismatchException"] * 5 + ["LimitExceededException"]


def test_nobody_learns_who_can_reset_a_password_without_a_code() -> None:
    for email in (new_address(), person(STACK)):
        assert reset(email, "123456") == "ExpiredCodeException"
        assert reset(email, "123456", password="short") == "InvalidPasswordException"


def test_an_unverified_address_gets_no_code_to_reset_a_password() -> None:
    email = person(STACK, email_verified="false")
    forgot(email)
    assert mails(STACK, email) == []


def test_disabled_people_stay_out() -> None:
    email = person(STACK)
    access = tokens(STACK, email)["AccessToken"]
    forgot(email)
    code = mailed_code(STACK, email)
    STACK.admin("cognito-idp").admin_disable_user(
        UserPoolId=STACK.env["COGNITO_USER_POOL_ID"], Username=email
    )
    assert reset(email, code) == "ExpiredCodeException"
    assert outcome(PUBLIC.get_user, AccessToken=access) == "NotAuthorizedException"
    with pytest.raises(PUBLIC.exceptions.NotAuthorizedException):
        begin(STACK, email)


def test_whoever_signed_out_everywhere_can_do_nothing_with_the_old_token() -> None:
    email = person(STACK)
    access = tokens(STACK, email)["AccessToken"]
    PUBLIC.global_sign_out(AccessToken=access)
    for call in (PUBLIC.get_user, PUBLIC.delete_user, PUBLIC.associate_software_token):
        assert outcome(call, AccessToken=access) == "NotAuthorizedException"


def test_the_old_password_cannot_be_guessed_to_change_it() -> None:
    access = tokens(STACK, person(STACK))["AccessToken"]
    guess = {"AccessToken": access, "PreviousPassword": "a guess", "ProposedPassword": NEW}
    said = [outcome(PUBLIC.change_password, **guess) for _ in range(12)]
    assert said[:5] == ["NotAuthorizedException"] * 5
    assert "LimitExceededException" in said


def test_whoever_resets_the_password_is_not_kept_out_by_somebody_elses_guesses() -> None:
    email = person(STACK)
    for _ in range(8):
        outcome(begin, stack=STACK, email=email, password="a guess")
    forgot(email)
    assert reset(email, mailed_code(STACK, email)) == ""
    assert "AccessToken" in tokens(STACK, email, NEW)


@pytest.mark.parametrize("name", ["sub", "email_verified", "identities", "cognito:groups"])
def test_people_cannot_change_what_is_not_theirs_to_say(name: str) -> None:
    access = tokens(STACK, person(STACK))["AccessToken"]
    wanted = [{"Name": name, "Value": "true"}]
    call = PUBLIC.update_user_attributes
    assert outcome(call, AccessToken=access, UserAttributes=wanted) == "NotAuthorizedException"


def test_through_the_sites_client_people_change_three_attributes_only() -> None:
    access = STACK.tokens("victor@example.com")["access_token"]
    call = PUBLIC.update_user_attributes
    for name, expected in (("name", ""), ("locale", ""), ("phone_number", "NotAuthorizedException")):
        wanted = [{"Name": name, "Value": "Victor" if name == "name" else "en"}]
        assert outcome(call, AccessToken=access, UserAttributes=wanted) == expected


def test_addresses_are_the_same_whatever_their_case() -> None:
    email = person(STACK)
    assert "AccessToken" in tokens(STACK, email.upper())
