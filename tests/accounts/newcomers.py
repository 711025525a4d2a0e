"""People of a test's own, for what would change a demo person."""

import re
from uuid import uuid4

import requests

from accounts.models import User
from tests import people
from tests.conftest import Person
from tests.stack import STACK


def new_address() -> str:
    return f"{uuid4().hex[:12]}@example.com"


def make(group: str = "members", **attributes: str) -> str:
    """The address of somebody new in the user pool, with everybody's password; "" is no group."""
    email, pool = new_address(), STACK.env["COGNITO_USER_POOL_ID"]
    cognito = STACK.admin("cognito-idp")
    given = {"email": email, "email_verified": "true", "name": "Ned Newcomer", **attributes}
    cognito.admin_create_user(
        UserPoolId=pool,
        Username=email,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": name, "Value": value} for name, value in given.items()],
    )
    cognito.admin_set_user_password(
        UserPoolId=pool, Username=email, Password=STACK.password, Permanent=True
    )
    if group:
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=email, GroupName=group)
    return email


def signed_in(email: str) -> Person:
    person = Person()
    people.sign_in(person, email)
    person.user = User.objects.get(email=email)
    return person


def attributes(email: str) -> dict[str, str]:
    """What the user pool holds of somebody."""
    answer = STACK.admin("cognito-idp").admin_get_user(
        UserPoolId=STACK.env["COGNITO_USER_POOL_ID"], Username=email
    )
    return {one["Name"]: one["Value"] for one in answer["UserAttributes"]}


def mailed_code(email: str) -> str:
    """The code in the newest mail that Cognito sent to this address, as the emulator recorded it."""
    answer = requests.get(f"{STACK.endpoint}/_ministack/ses/messages", timeout=10)
    mails = [mail for account in answer.json()["messages"].values() for mail in account]
    newest = max((mail for mail in mails if email in mail["To"]), key=lambda mail: mail["Timestamp"])
    found = re.search(r"\b\d{6}\b", newest["BodyText"] or newest["BodyHtml"])
    assert found, newest["Subject"]
    return found[0]
