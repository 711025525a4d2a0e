"""The demo people, made through Cognito's public API; running it again changes nothing."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3

from localaws.engine import ADMIN, REGION

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

DEFAULT_PASSWORD = "correct-horse-battery"  # noqa: S105 - a demo's, known to everyone on purpose


@dataclass(frozen=True)
class Person:
    name: str
    group: str  # "" for none
    may: str

    @property
    def email(self) -> str:
        return f"{self.name.lower()}@example.com"


PEOPLE = (
    Person("Alice", "admins", "everything, Django admin"),
    Person("Bob", "members", "their own files"),
    Person("Mallory", "members", "their own files: the stranger, who must never reach Bob's"),
    Person("Victor", "viewers", "read their own files, no upload"),
    Person("Nora", "", "sign in, and see that nothing is allowed yet"),
)


def seed(*, endpoint_url: str, user_pool_id: str, password: str) -> None:
    """Make who is missing, into their group, and give everybody the password.

    Raises ValueError when the password does not fit the pool's policy. Groups of people who are there
    already stay as they are.
    """
    cognito = boto3.client(
        "cognito-idp",
        region_name=REGION,
        endpoint_url=endpoint_url,
        aws_access_key_id=ADMIN["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=ADMIN["AWS_SECRET_ACCESS_KEY"],
    )
    for person in PEOPLE:
        _make(cognito, user_pool_id, person, password)


def _make(cognito: "CognitoIdentityProviderClient", pool: str, person: Person, password: str) -> None:
    attributes = {"email": person.email, "email_verified": "true", "name": person.name}
    try:
        cognito.admin_create_user(
            UserPoolId=pool,
            Username=person.email,
            MessageAction="SUPPRESS",  # nobody reads that mailbox
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
        )
    except cognito.exceptions.UsernameExistsException:
        pass
    else:
        if person.group:
            cognito.admin_add_user_to_group(
                UserPoolId=pool, Username=person.email, GroupName=person.group
            )
    try:
        cognito.admin_set_user_password(
            UserPoolId=pool, Username=person.email, Password=password, Permanent=True
        )
    except cognito.exceptions.InvalidPasswordException as error:
        raise ValueError(error.response["Error"]["Message"]) from None
