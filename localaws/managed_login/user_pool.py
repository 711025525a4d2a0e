"""Cognito's public API, as the pages need it; and the one app client through which they call it.

The site's own client keeps to the code flow, as it must on AWS, so the pages have a client of theirs.
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from localaws.engine import ADMIN, REGION

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

CLIENT = "managed-login"
NEW_PASSWORD, TOTP, EMAIL_CODE = "NEW_PASSWORD_REQUIRED", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"
# What the answer to each challenge is called.
ANSWERS = {NEW_PASSWORD: "NEW_PASSWORD", TOTP: "SOFTWARE_TOKEN_MFA_CODE", EMAIL_CODE: "EMAIL_OTP_CODE"}
MINUTES = 5


class Refused(Exception):
    """The API said no; `code` is AWS's name for it. The text never holds what was sent."""

    def __init__(self, code: str, why: str = "") -> None:
        self.code, self.why = code, why
        super().__init__(code)


@dataclass(frozen=True)
class SignedIn:
    """The first factor was right, and no second is asked for; `username` is the pool's own name."""

    username: str


@dataclass(frozen=True)
class Challenge:
    """What is still to be answered. An empty session fits nobody: the person may not know why."""

    name: str
    username: str
    session: str = field(default="", repr=False)


class UserPool:
    """Every pool of the emulator at `endpoint`. All methods raise Refused."""

    def __init__(self, endpoint: str) -> None:
        public = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
        self._public = _client(endpoint, config=public)
        self._admin = _client(
            endpoint,
            aws_access_key_id=ADMIN["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ADMIN["AWS_SECRET_ACCESS_KEY"],
        )
        self._clients: dict[str, str] = {}
        self._making = Lock()

    def sign_in(self, pool: str, email: str, password: str) -> SignedIn | Challenge:
        given = {"USERNAME": email, "PASSWORD": password}
        return self._begin(pool, "USER_PASSWORD_AUTH", email, given)

    def mail_code(self, pool: str, email: str) -> Challenge:
        """Begin with a code by e-mail. Where there can be none, a challenge comes all the same."""
        given = {"USERNAME": email, "PREFERRED_CHALLENGE": EMAIL_CODE}
        found = self._begin(pool, "USER_AUTH", email, given)
        if isinstance(found, Challenge) and found.name == EMAIL_CODE:
            return found
        return Challenge(EMAIL_CODE, email)

    def answer(self, pool: str, challenge: Challenge, reply: str) -> SignedIn | Challenge:
        if not challenge.session:
            raise Refused("CodeMismatchException")
        replies = {"USERNAME": challenge.username, ANSWERS[challenge.name]: reply}
        done = _ask(
            self._public.respond_to_auth_challenge,
            ClientId=self._client_of(pool),
            ChallengeName=challenge.name,
            Session=challenge.session,
            ChallengeResponses=replies,
        )
        return _outcome(done, challenge.username)

    def sign_up(self, pool: str, *, name: str, email: str, password: str) -> bool:
        """Whether a code must still confirm the address."""
        attributes = {"name": name, "email": email}
        made = _ask(
            self._public.sign_up,
            ClientId=self._client_of(pool),
            Username=email,
            Password=password,
            UserAttributes=[{"Name": key, "Value": value} for key, value in attributes.items()],
        )
        return not made["UserConfirmed"]

    def confirm_sign_up(self, pool: str, email: str, code: str) -> None:
        client = self._client_of(pool)
        _ask(self._public.confirm_sign_up, ClientId=client, Username=email, ConfirmationCode=code)

    def resend_confirmation(self, pool: str, email: str) -> None:
        _ask(self._public.resend_confirmation_code, ClientId=self._client_of(pool), Username=email)

    def forgot_password(self, pool: str, email: str) -> None:
        _ask(self._public.forgot_password, ClientId=self._client_of(pool), Username=email)

    def confirm_forgot_password(self, pool: str, email: str, code: str, password: str) -> None:
        _ask(
            self._public.confirm_forgot_password,
            ClientId=self._client_of(pool),
            Username=email,
            ConfirmationCode=code,
            Password=password,
        )

    def name_of(self, pool: str, username: str) -> str:
        """The pool's own name for somebody who may sign in; "" for all others."""
        try:
            found = _ask(self._admin.admin_get_user, UserPoolId=pool, Username=username)
        except Refused:
            return ""
        able = found["Enabled"] and found["UserStatus"] == "CONFIRMED"
        return str(found["Username"]) if able else ""

    def _begin(self, pool: str, flow: Any, email: str, given: dict[str, str]) -> SignedIn | Challenge:
        client = self._client_of(pool)
        begun = _ask(self._public.initiate_auth, ClientId=client, AuthFlow=flow, AuthParameters=given)
        return _outcome(begun, email)

    def _client_of(self, pool: str) -> str:
        with self._making:
            if pool not in self._clients:
                self._clients[pool] = self._found(pool) or self._made(pool)
            return self._clients[pool]

    def _found(self, pool: str) -> str:
        pages = self._admin.get_paginator("list_user_pool_clients").paginate(UserPoolId=pool)
        clients = _ask(lambda: [client for page in pages for client in page["UserPoolClients"]])
        return next((client["ClientId"] for client in clients if client["ClientName"] == CLIENT), "")

    def _made(self, pool: str) -> str:
        """Its tokens are of no use to anybody, so they live as short as can be."""
        made = _ask(
            self._admin.create_user_pool_client,
            UserPoolId=pool,
            ClientName=CLIENT,
            ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH"],
            PreventUserExistenceErrors="ENABLED",
            AccessTokenValidity=MINUTES,
            IdTokenValidity=MINUTES,
            RefreshTokenValidity=60,
            TokenValidityUnits=dict.fromkeys(("AccessToken", "IdToken", "RefreshToken"), "minutes"),
        )
        return str(made["UserPoolClient"]["ClientId"])


def _client(endpoint: str, **more: Any) -> "CognitoIdentityProviderClient":
    return boto3.client("cognito-idp", region_name=REGION, endpoint_url=endpoint, **more)


def _ask(call: Callable[..., Any], **given: Any) -> Any:
    try:
        return call(**given)
    except ClientError as error:
        told = error.response["Error"]
        raise Refused(told.get("Code", ""), told.get("Message", "")) from None
    except ParamValidationError:
        raise Refused("InvalidParameterException") from None
    except BotoCoreError:
        raise Refused("ServiceUnavailable") from None


def _outcome(answer: dict[str, Any], username: str) -> SignedIn | Challenge:
    if "AuthenticationResult" in answer:
        # Straight from the emulator's hand: nothing to verify.
        payload = answer["AuthenticationResult"]["AccessToken"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return SignedIn(str(claims["username"]))
    name = answer["ChallengeName"]
    known = answer.get("ChallengeParameters", {}).get("USER_ID_FOR_SRP", username)
    return Challenge(name, known, answer.get("Session", ""))
