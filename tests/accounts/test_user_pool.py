"""The user pool's API: what each of its answers means to a person, and that its words stay out."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from accounts import user_pool
from accounts.faults import Fault, Refused, SignInAgain, Unavailable
from accounts.user_pool import NoScope, NotAccepted, NotWritable, SlowDown
from tests.accounts import newcomers
from tests.fakes import FakeCognito
from tests.stack import STACK

TOKEN = "SECRET-TOKEN"
CALLS: dict[str, Callable[[], Any]] = {
    "get user": lambda: user_pool.profile(TOKEN),
    "update attributes": lambda: user_pool.update_attributes(TOKEN, {"name": "Ned"}),
    "request e-mail change": lambda: user_pool.request_email_change(TOKEN, "ned@example.com"),
    "verify e-mail": lambda: user_pool.verify_email(TOKEN, "123456"),
    "change password": lambda: user_pool.change_password(TOKEN, old="SECRET-OLD", new="SECRET-NEW"),
    "begin TOTP": lambda: user_pool.begin_totp(TOKEN),
    "confirm TOTP": lambda: user_pool.confirm_totp(TOKEN, "123456"),
    "remove TOTP": lambda: user_pool.remove_totp(TOKEN),
    "sign out": lambda: user_pool.global_sign_out(TOKEN),
    "delete": lambda: user_pool.delete_user(TOKEN),
}


@pytest.fixture
def pool(cognito: FakeCognito, settings: Settings) -> FakeCognito:
    """The user pool's API as well is one that can be told to fail."""
    settings.AWS_ENDPOINT_URL = cognito.url
    user_pool._client.cache_clear()
    return cognito


@pytest.fixture(autouse=True)
def own_client() -> Any:
    yield
    user_pool._client.cache_clear()


OPERATIONS = (
    "GetUser",
    "UpdateUserAttributes",
    "VerifyUserAttribute",
    "ChangePassword",
    "AssociateSoftwareToken",
    "VerifySoftwareToken",
    "SetUserMFAPreference",
    "GlobalSignOut",
    "DeleteUser",
)


def will_answer(pool: FakeCognito, *args: Any, **how: Any) -> None:
    """Whichever of the user pool's operations is called next."""
    for operation in OPERATIONS:
        pool.will_answer(operation, *args, **how)


def count(pool: FakeCognito) -> int:
    """How often the user pool was asked for anything."""
    return sum(pool.count(operation) for operation in OPERATIONS)


def refuse(pool: FakeCognito, code: str, message: str = "SECRET") -> None:
    will_answer(pool, 400, {"__type": code, "message": message})


def fault_of(call: Callable[[], Any]) -> Fault:
    with pytest.raises(Fault) as caught:
        call()
    return caught.value


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500, "body": b""},
        {"status": 503, "body": {"__type": "ServiceUnavailable"}},
        {"status": 400, "body": {"__type": "InternalErrorException", "message": "SECRET"}},
        {"status": 400, "body": {"__type": "SomethingNewException", "message": "SECRET"}},
        {"status": 400, "body": b"<html>SECRET</html>"},
        {"status": 200, "body": b"<html>SECRET</html>"},
        {"status": 200, "body": {}, "foreign": True},
        {"status": 302, "body": b"SECRET"},
        {"reset": True},
    ],
    ids=lambda answer: "-".join(map(str, answer.values())),
)
def test_an_answer_that_is_not_cognitos_means_not_available(
    pool: FakeCognito, name: str, answer: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    will_answer(pool, **answer)
    fault = fault_of(CALLS[name])
    assert isinstance(fault, Unavailable)
    assert "SECRET" not in f"{fault!r} {fault.detail} {caplog.text}"
    assert count(pool) == 1, "a change that may have been made is not asked for again"


def test_a_user_pool_that_says_nothing_is_given_up(pool: FakeCognito) -> None:
    will_answer(pool, slow=True)
    assert isinstance(fault_of(CALLS["change password"]), Unavailable)


def test_a_user_pool_that_cannot_be_reached_is_unavailable(
    settings: Settings, pool: FakeCognito
) -> None:
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:1"
    user_pool._client.cache_clear()
    assert isinstance(fault_of(CALLS["get user"]), Unavailable)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    "code", ["NotAuthorizedException", "UserNotConfirmedException", "PasswordResetRequiredException"]
)
def test_a_token_that_ended_means_signing_in_again(pool: FakeCognito, name: str, code: str) -> None:
    refuse(pool, code, "Access Token has been revoked")
    assert isinstance(fault_of(CALLS[name]), SignInAgain)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("code", ["TooManyRequestsException", "LimitExceededException"])
def test_too_many_attempts_are_called_that(pool: FakeCognito, name: str, code: str) -> None:
    refuse(pool, code)
    fault = fault_of(CALLS[name])
    assert (type(fault), fault.status, fault.retry_after) == (SlowDown, 429, 60)


@pytest.mark.parametrize(
    ("name", "code", "field"),
    [
        ("update attributes", "InvalidParameterException", "name"),
        ("request e-mail change", "AliasExistsException", "email"),
        ("request e-mail change", "InvalidParameterException", "email"),
        ("request e-mail change", "CodeDeliveryFailureException", "email"),
        ("verify e-mail", "CodeMismatchException", "code"),
        ("verify e-mail", "ExpiredCodeException", "code"),
        ("verify e-mail", "AliasExistsException", "code"),
        ("change password", "InvalidPasswordException", "new"),
        ("change password", "InvalidParameterException", "new"),
        ("change password", "PasswordHistoryPolicyViolationException", "new"),
        ("confirm TOTP", "EnableSoftwareTokenMFAException", "code"),
        ("confirm TOTP", "CodeMismatchException", "code"),
    ],
)
def test_what_is_not_accepted_is_said_of_its_field(
    pool: FakeCognito, name: str, code: str, field: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    refuse(pool, code)
    fault = fault_of(CALLS[name])
    assert isinstance(fault, NotAccepted)
    assert (fault.status, set(fault.errors)) == (422, {field})
    assert "SECRET" not in f"{fault!r} {fault.errors}"
    assert "SECRET" not in " ".join(str(vars(record)) for record in caplog.records if _ours(record))


def _ours(record: logging.LogRecord) -> bool:
    """config.settings keeps botocore's and urllib3's at WARNING: they write whole requests."""
    return record.name.startswith("accounts")


@pytest.mark.parametrize("name", CALLS)
def test_a_token_without_the_scope_is_the_sites_fault_not_the_persons(
    pool: FakeCognito, name: str
) -> None:
    refuse(pool, "NotAuthorizedException", "Access Token does not have required scopes")
    assert isinstance(fault_of(CALLS[name]), NoScope)


@pytest.mark.parametrize("name", ["update attributes", "request e-mail change"])
def test_an_attribute_that_the_app_client_may_not_write_is_the_sites_fault_too(
    pool: FakeCognito, name: str
) -> None:
    refuse(pool, "NotAuthorizedException", "A client attempted to write unauthorized attribute")
    assert isinstance(fault_of(CALLS[name]), NotWritable)


def test_a_wrong_old_password_is_told_from_a_revoked_token(pool: FakeCognito) -> None:
    refuse(pool, "NotAuthorizedException", "Incorrect username or password.")
    assert set(fault_of(CALLS["change password"]).errors) == {"old"}


def test_a_second_factor_that_did_not_verify_without_an_error_is_not_accepted(
    pool: FakeCognito,
) -> None:
    will_answer(pool, 200, {"Status": "ERROR"})
    assert set(fault_of(CALLS["confirm TOTP"]).errors) == {"code"}
    assert count(pool) == 1, "it was not turned on"


@pytest.mark.parametrize("name", ["begin TOTP", "confirm TOTP"])
def test_a_pool_without_authenticator_apps_says_so(pool: FakeCognito, name: str) -> None:
    refuse(pool, "SoftwareTokenMFANotFoundException")
    assert isinstance(fault_of(CALLS[name]), Refused)


def test_a_pool_that_requires_an_authenticator_app_keeps_it(pool: FakeCognito) -> None:
    refuse(pool, "InvalidParameterException")
    assert isinstance(fault_of(CALLS["remove TOTP"]), Refused)


def test_deleting_somebody_who_is_gone_already_is_done(pool: FakeCognito) -> None:
    refuse(pool, "UserNotFoundException")
    user_pool.delete_user(TOKEN)


def test_the_profile_holds_every_attribute_and_the_second_factors() -> None:
    email = newcomers.make(locale="de")
    profile = user_pool.profile(STACK.tokens(email)["access_token"])
    assert (profile.attributes["email"], profile.attributes["locale"]) == (email, "de")
    assert (profile.mfa, profile.has_totp) == ((), False)
    assert email not in repr(profile)
