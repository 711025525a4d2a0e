"""The user pool's API as one person: every call is allowed by their own access token, and by no AWS key.

The token needs the scope aws.cognito.signin.user.admin. Every call has a time-out and ends in an answer
of Cognito's or in a Fault; none carries a token, a password or Cognito's own words.
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pools-API-operations.html
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache as once
from typing import TYPE_CHECKING, Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from accounts.faults import Fault, Refused, SignInAgain, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

logger = logging.getLogger(__name__)

TOTP = "SOFTWARE_TOKEN_MFA"  # as GetUser names an authenticator app
# What Cognito says of a wrong old password: the same code stands for a revoked access token.
WRONG_PASSWORD = "Incorrect username or password"  # noqa: S105 - a message
NO_SCOPE = "Access Token does not have required scopes"  # and this does as well,
NOT_WRITABLE = "A client attempted to write unauthorized attribute"  # and this
BAD_PASSWORD = "This password breaks the rules below, or is known from a leak. Choose another one."  # noqa: S105
BAD_CODE = "This is not the code, or it is no longer valid. Check it, or ask for a new one."
BAD_APP_CODE = "This is not the code that the app shows now. Wait for its next one and type that."
BAD_ADDRESS = "Cognito cannot use this address. Check it for typing errors."
TAKEN = "This address cannot be used: it may belong to another account."


class NotAccepted(Fault):
    """Cognito does not take what the person typed; `errors` says of which field."""

    status = 422
    title = "Some of this was not accepted"
    detail = "Some of what you typed was not accepted."
    retry_after = None

    @classmethod
    def of(cls, field: str, complaint: str) -> "NotAccepted":
        return cls(complaint, errors={field: complaint})


class SlowDown(Fault):
    """Too many tries of this person's, or calls of all of them."""

    status = 429
    title = "Too many attempts"
    detail = "There were too many attempts in a short time. Wait a few minutes, then try again."
    retry_after = 60


class NotCognitos(BotoCoreError):
    """An answer that somebody else gave: a proxy's page, say."""

    fmt = "This is no answer of Cognito's"


@dataclass(frozen=True)
class Profile:
    """What GetUser tells: attributes by name, all strings, and the names of the MFA turned on."""

    attributes: dict[str, str] = field(repr=False)
    mfa: tuple[str, ...]

    @property
    def has_totp(self) -> bool:
        return TOTP in self.mfa


def profile(access_token: str) -> Profile:
    """What the pool knows of the person now. Raises SignInAgain, SlowDown or Unavailable, as all do."""
    with _asking("get user") as cognito:
        answer = cognito.get_user(AccessToken=access_token)
        attributes = {one["Name"]: one.get("Value", "") for one in answer["UserAttributes"]}
    return Profile(attributes, tuple(answer.get("UserMFASettingList", ())))


def update_attributes(access_token: str, attributes: Mapping[str, str]) -> None:
    """Write these; an empty value removes the attribute. NotAccepted names the first of them."""
    unusable = NotAccepted.of(next(iter(attributes)), "Cognito does not accept this.")
    with _asking("update attributes", {"InvalidParameterException": unusable}) as cognito:
        cognito.update_user_attributes(AccessToken=access_token, UserAttributes=_listed(attributes))


def request_email_change(access_token: str, email: str) -> None:
    """Have a code sent to the new address, and again when asked again.

    The old one stays until verify_email, where the pool requires verification before an update.
    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-email-phone-verification.html
    """
    answers: Answers = {
        "AliasExistsException": NotAccepted.of("email", TAKEN),
        "InvalidParameterException": NotAccepted.of("email", BAD_ADDRESS),
        "CodeDeliveryFailureException": NotAccepted.of("email", "No code could be sent there."),
    }
    with _asking("request e-mail change", answers) as cognito:
        attributes = _listed({"email": email})
        cognito.update_user_attributes(AccessToken=access_token, UserAttributes=attributes)


def verify_email(access_token: str, code: str) -> None:
    """Make the new address the person's, by the code that was sent to it."""
    bad_code = NotAccepted.of("code", BAD_CODE)
    answers: Answers = {
        "CodeMismatchException": bad_code,
        "ExpiredCodeException": bad_code,
        "InvalidParameterException": bad_code,
        "AliasExistsException": NotAccepted.of("code", TAKEN),
    }
    with _asking("verify e-mail", answers) as cognito:
        cognito.verify_user_attribute(AccessToken=access_token, AttributeName="email", Code=code)


def change_password(access_token: str, *, old: str, new: str) -> None:
    bad_password = NotAccepted.of("new", BAD_PASSWORD)
    answers: Answers = {
        WRONG_PASSWORD: NotAccepted.of("old", "This is not your current password."),
        "InvalidPasswordException": bad_password,
        "InvalidParameterException": bad_password,
        "PasswordHistoryPolicyViolationException": NotAccepted.of(
            "new", "You have used this password before. Choose another one."
        ),
    }
    with _asking("change password", answers) as cognito:
        cognito.change_password(AccessToken=access_token, PreviousPassword=old, ProposedPassword=new)


def begin_totp(access_token: str) -> str:
    """A new secret for an authenticator app, base32; it means nothing until confirm_totp."""
    with _asking("associate software token", {"SoftwareTokenMFANotFoundException": NoTotp()}) as cognito:
        return cognito.associate_software_token(AccessToken=access_token)["SecretCode"]


def confirm_totp(access_token: str, code: str) -> None:
    """Turn the authenticator app on, by a code of its; from then on it is asked for at each sign-in."""
    bad_code = NotAccepted.of("code", BAD_APP_CODE)
    answers: Answers = {
        "EnableSoftwareTokenMFAException": bad_code,
        "CodeMismatchException": bad_code,
        "InvalidParameterException": bad_code,
        "SoftwareTokenMFANotFoundException": NoTotp(),
    }
    with _asking("verify software token", answers) as cognito:
        if cognito.verify_software_token(AccessToken=access_token, UserCode=code)["Status"] != "SUCCESS":
            raise bad_code
    _set_totp(access_token, {"Enabled": True, "PreferredMfa": True})


def remove_totp(access_token: str) -> None:
    """Turn the authenticator app off; Refused where the pool requires one."""
    _set_totp(access_token, {"Enabled": False, "PreferredMfa": False})


def global_sign_out(access_token: str) -> None:
    """End every refresh token of the person's, this access token with them."""
    with _asking("global sign-out") as cognito:
        cognito.global_sign_out(AccessToken=access_token)


def delete_user(access_token: str) -> None:
    """Delete the person from the pool; one who is gone already is no error."""
    try:
        with _asking("delete user", {"UserNotFoundException": _Gone()}) as cognito:
            cognito.delete_user(AccessToken=access_token)
    except _Gone:
        return


class NoScope(Fault):
    title = "The account page is misconfigured"
    detail = (
        "This site asks for no access token that may look after an account: the scope "
        "aws.cognito.signin.user.admin is missing. Please tell an administrator."
    )
    retry_after = None


class NotWritable(Fault):
    """The attribute is not among the app client's WriteAttributes."""

    title = "The account page is misconfigured"
    detail = "This site's app client may not change this. Please tell an administrator."
    retry_after = None


class NoTotp(Refused):
    title = "There are no authenticator apps here"
    detail = "The user pool of this site does not offer authenticator apps."


class TotpRequired(Refused):
    title = "The authenticator app stays"
    detail = "The user pool of this site requires an authenticator app of everybody."


class _Gone(Fault):
    pass


Answers = Mapping[str, Fault]  # the Fault that a call's error code stands for, where it has a meaning

_ENDED = {
    "NotAuthorizedException",  # expired, revoked, signed out everywhere, switched off
    "UserNotFoundException",
    "UserNotConfirmedException",
    "PasswordResetRequiredException",
}
_MISCONFIGURED: Mapping[str, type[Fault]] = {NO_SCOPE: NoScope, NOT_WRITABLE: NotWritable}
_TOO_MANY = {"LimitExceededException", "TooManyRequestsException", "TooManyFailedAttemptsException"}


@contextmanager
def _asking(call: str, answers: Answers | None = None) -> "Iterator[CognitoIdentityProviderClient]":
    """The client; what goes wrong with it becomes a Fault, logged under this name."""
    try:
        yield _client()
    except ClientError as error:
        raise _fault(call, error, answers or {}) from None
    except (BotoCoreError, KeyError, TypeError, ValueError) as error:
        # The others: an answer that is not even text, or lacks what Cognito's has.
        logger.warning("user pool unreachable", extra={"call": call, "error": type(error).__name__})
        raise _unavailable() from None


def _fault(call: str, error: ClientError, answers: Answers) -> Fault:
    told = error.response.get("Error", {})
    code, message = str(told.get("Code", ""))[:64], str(told.get("Message", ""))
    logger.warning("user pool refused", extra={"call": call, "code": code})
    if WRONG_PASSWORD in answers and message.startswith(WRONG_PASSWORD):
        return answers[WRONG_PASSWORD]
    if code in answers:
        return answers[code]
    for start, misconfigured in _MISCONFIGURED.items():
        if message.startswith(start):  # signing in again would bring the same
            return misconfigured()
    if code in _ENDED:
        return SignInAgain()
    return SlowDown() if code in _TOO_MANY else _unavailable()


def _unavailable() -> Unavailable:
    return Unavailable("The sign-in service is not answering. Please try again in a moment.")


def _set_totp(access_token: str, preference: Any) -> None:
    with _asking("set MFA preference", {"InvalidParameterException": TotpRequired()}) as cognito:
        cognito.set_user_mfa_preference(AccessToken=access_token, SoftwareTokenMfaSettings=preference)


def _listed(attributes: Mapping[str, str]) -> Any:
    return [{"Name": name, "Value": value} for name, value in attributes.items()]


@once
def _client() -> "CognitoIdentityProviderClient":
    """One client for the process: they are thread-safe, and this one carries nobody's credentials.

    It asks once. A change whose answer was lost may have been made: asked again, ChangePassword would
    call the old password wrong.
    """
    made = boto3.session.Session().client(
        "cognito-idp",
        region_name=settings.AWS_REGION,
        endpoint_url=settings.AWS_ENDPOINT_URL or None,
        config=Config(
            signature_version=UNSIGNED,
            connect_timeout=2,
            read_timeout=4,
            retries={"mode": "standard", "total_max_attempts": 1},
        ),
    )
    made.meta.events.register("after-call.cognito-identity-provider", _check_who_answered)
    return made


def _check_who_answered(http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
    """Most answers of this API are empty: a proxy's page with status 200 would pass for one."""
    numbered = parsed["ResponseMetadata"].get("RequestId")
    if http_response.status_code == 200 and not (numbered and http_response.content[:1] in b"{"):
        raise NotCognitos
