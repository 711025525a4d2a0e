"""A new e-mail address: whose it is, when it counts, what happens to the old one."""

from tests.localaws.user_pool import (
    attributes,
    client,
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


def change(access: str, **given: str) -> list[dict[str, str]]:
    answer = PUBLIC.update_user_attributes(
        AccessToken=access,
        UserAttributes=[{"Name": name, "Value": value} for name, value in given.items()],
    )
    found: list[dict[str, str]] = answer["CodeDeliveryDetailsList"]
    return found


def verify(access: str, code: str) -> str:
    about = {"AccessToken": access, "AttributeName": "email", "Code": code}
    return outcome(PUBLIC.verify_user_attribute, **about)


def signed_in(email: str) -> str:
    return tokens(STACK, email)["AccessToken"]


def test_the_old_address_signs_in_until_the_new_one_is_verified() -> None:
    old, new = person(STACK), new_address()
    access = signed_in(old)
    (delivery,) = change(access, email=new, name="Newly Named")
    assert delivery["AttributeName"] == "email"
    assert delivery["Destination"] != new
    assert (attributes(STACK, old)["email"], attributes(STACK, old)["email_verified"]) == (old, "true")
    assert attributes(STACK, old)["name"] == "Newly Named"  # at once
    assert signed_in(old)
    assert mails(STACK, old) == []
    assert verify(access, wrong(mailed_code(STACK, new))) == "CodeMismatchException"
    assert verify(access, mailed_code(STACK, new)) == ""
    assert (attributes(STACK, new)["email"], attributes(STACK, new)["email_verified"]) == (new, "true")
    assert signed_in(new)
    assert outcome(tokens, stack=STACK, email=old) == "NotAuthorizedException"


def test_a_code_is_for_the_address_that_it_was_mailed_to() -> None:
    old, first, second = person(STACK), new_address(), new_address()
    access = signed_in(old)
    change(access, email=first)
    code = mailed_code(STACK, first)
    change(access, email=second)
    if mailed_code(STACK, second) != code:  # they are random
        assert verify(access, code) == "CodeMismatchException"
    change(access, email=old)  # and back
    assert verify(access, mailed_code(STACK, second)) == "ExpiredCodeException"
    assert attributes(STACK, old)["email"] == old


def test_a_code_is_for_the_person_who_asked() -> None:
    mine, new = signed_in(person(STACK)), new_address()
    change(mine, email=new)
    assert verify(signed_in(person(STACK)), mailed_code(STACK, new)) == "ExpiredCodeException"


def test_codes_can_be_asked_for_again_and_not_guessed() -> None:
    new, access = new_address(), signed_in(person(STACK))
    change(access, email=new)
    PUBLIC.get_user_attribute_verification_code(AccessToken=access, AttributeName="email")
    assert len(mails(STACK, new)) == 2
    code = mailed_code(STACK, new)
    for _ in range(5):
        assert verify(access, wrong(code)) == "CodeMismatchException"
    assert verify(access, code) == "LimitExceededException"


def test_nobody_takes_somebody_elses_address() -> None:
    bob, mine = person(STACK), signed_in(person(STACK))
    wanted = [{"Name": "email", "Value": bob.upper()}]
    call = PUBLIC.update_user_attributes
    assert outcome(call, AccessToken=mine, UserAttributes=wanted) == "AliasExistsException"


def test_nobody_takes_an_address_that_somebody_signed_up_with_meanwhile() -> None:
    new, mine = new_address(), signed_in(person(STACK))
    change(mine, email=new)
    code = mailed_code(STACK, new)
    PUBLIC.sign_up(ClientId=client(STACK), Username=new, Password="a-long-enough-password")
    assert verify(mine, code) == "AliasExistsException"


def test_the_calls_need_a_token_with_the_scope() -> None:
    for call in (PUBLIC.get_user_attribute_verification_code, PUBLIC.verify_user_attribute):
        more = {"Code": "123456"} if call == PUBLIC.verify_user_attribute else {}
        refused = outcome(call, AccessToken="no.real.token", AttributeName="email", **more)
        assert refused == "NotAuthorizedException"


def test_without_the_setting_the_new_address_counts_at_once_and_unverified() -> None:
    cognito = STACK.admin("cognito-idp")
    pool = cognito.create_user_pool(PoolName="open", UsernameAttributes=["email"])["UserPool"]["Id"]
    app = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="api", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    email, new, password = new_address(), new_address(), "Long-enough-1-password"
    about = {"UserPoolId": pool, "Username": email}
    verified = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
    cognito.admin_create_user(**about, UserAttributes=verified, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(**about, Password=password, Permanent=True)
    change(tokens(STACK, email, password, app=app)["AccessToken"], email=new)
    found = cognito.admin_get_user(UserPoolId=pool, Username=new)["UserAttributes"]
    assert {"Name": "email_verified", "Value": "false"} in found
