"""A user pool's public calls as strangers and people make them, and the mail that comes of it."""

import base64
import hashlib
import hmac
import re
from typing import Any
from uuid import uuid4

import pyotp
import requests
from botocore.exceptions import ClientError

from tests.stack import Stack

PASSWORD = "another-long-password"


def new_address() -> str:
    return f"{uuid4().hex[:12]}@example.com"


_clients: dict[str, str] = {}


def client(stack: Stack) -> str:
    """The app client of these calls, without a secret; one for each stack."""
    if stack.endpoint not in _clients:
        _clients[stack.endpoint] = stack.admin("cognito-idp").create_user_pool_client(
            UserPoolId=stack.env["COGNITO_USER_POOL_ID"],
            ClientName="api",
            ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH"],
            PreventUserExistenceErrors="ENABLED",
        )["UserPoolClient"]["ClientId"]
    return _clients[stack.endpoint]


def outcome(call: Any, **arguments: Any) -> str:
    """The error's name, or "" for a call that goes through."""
    try:
        call(**arguments)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def person(stack: Stack, **attributes: str) -> str:
    """The address of somebody new, confirmed, verified, with PASSWORD, in no group."""
    cognito, pool, email = stack.admin("cognito-idp"), stack.env["COGNITO_USER_POOL_ID"], new_address()
    given = {"email": email, "email_verified": "true", **attributes}
    cognito.admin_create_user(
        UserPoolId=pool,
        Username=email,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": name, "Value": value} for name, value in given.items()],
    )
    cognito.admin_set_user_password(UserPoolId=pool, Username=email, Password=PASSWORD, Permanent=True)
    return email


def invited(stack: Stack) -> str:
    """The address of somebody whose password, PASSWORD, is temporary."""
    email = new_address()
    stack.admin("cognito-idp").admin_create_user(
        UserPoolId=stack.env["COGNITO_USER_POOL_ID"],
        Username=email,
        MessageAction="SUPPRESS",
        TemporaryPassword=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
    )
    return email


def attributes(stack: Stack, email: str) -> dict[str, str]:
    answer = stack.admin("cognito-idp").admin_get_user(
        UserPoolId=stack.env["COGNITO_USER_POOL_ID"], Username=email
    )
    return {entry["Name"]: entry["Value"] for entry in answer["UserAttributes"]}


def begin(stack: Stack, email: str, password: str = PASSWORD, *, app: str = "") -> dict[str, Any]:
    """What InitiateAuth answers to a password."""
    answer: dict[str, Any] = stack.public("cognito-idp").initiate_auth(
        ClientId=app or client(stack),
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": password},
    )
    return answer


def tokens(stack: Stack, email: str, password: str = PASSWORD, *, app: str = "") -> dict[str, str]:
    """AccessToken, IdToken and RefreshToken."""
    found: dict[str, str] = begin(stack, email, password, app=app)["AuthenticationResult"]
    return found


def respond(stack: Stack, name: str, session: str, *, app: str = "", **responses: str) -> dict[str, Any]:
    answer: dict[str, Any] = stack.public("cognito-idp").respond_to_auth_challenge(
        ClientId=app or client(stack),
        ChallengeName=name,
        ChallengeResponses=responses,
        **({"Session": session} if session else {}),
    )
    return answer


def with_authenticator(stack: Stack, email: str) -> pyotp.TOTP:
    """Turn MFA on for somebody: their authenticator."""
    access, public = tokens(stack, email)["AccessToken"], stack.public("cognito-idp")
    app = pyotp.TOTP(public.associate_software_token(AccessToken=access)["SecretCode"])
    public.verify_software_token(AccessToken=access, UserCode=app.now())
    wanted = {"Enabled": True, "PreferredMfa": True}
    public.set_user_mfa_preference(AccessToken=access, SoftwareTokenMfaSettings=wanted)
    return app


def mails(stack: Stack, email: str) -> list[str]:
    """What was mailed to this address, the oldest first."""
    answer = requests.get(f"{stack.endpoint}/_ministack/ses/messages", timeout=10).json()
    found = [mail for account in answer["messages"].values() for mail in account]
    return [mail["BodyText"] for mail in found if email in mail["To"]]


def mailed_code(stack: Stack, email: str) -> str:
    """The code in the newest mail."""
    (code,) = re.findall(r"\b\d{6}\b", mails(stack, email)[-1])
    return str(code)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def secret_hash(stack: Stack, username: str) -> str:
    """What the site's client, which has a secret, must send along."""
    key, message = stack.env["COGNITO_CLIENT_SECRET"], username + stack.env["COGNITO_CLIENT_ID"]
    return base64.b64encode(hmac.digest(key.encode(), message.encode(), hashlib.sha256)).decode()
