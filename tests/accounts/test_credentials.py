"""A person's AWS credentials: fetched rarely, never mixed up, never shown."""

import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from django.core.cache import cache
from django.db import connection

from accounts import claims, credentials, people, tokens
from accounts.claims import Identity
from accounts.credentials import Credentials, IdentityChanged, NoRole, credentials_for
from accounts.faults import SignInAgain, Unavailable
from accounts.models import User
from tests.stack import STACK

pytestmark = pytest.mark.django_db


class SignedIn:
    """A demo person with a genuine ID token of the local stack."""

    def __init__(self, email: str) -> None:
        self.id_token: str = STACK.tokens(email)["id_token"]
        self.identity: Identity = claims.identity(tokens.verify_id_token(self.id_token))
        self.user: User = people.recognise(self.identity)

    def credentials(self) -> Credentials:
        user = User.objects.get(pk=self.user.pk)  # as another request reads it
        return credentials_for(user, self.id_token, self.identity)


class Pool:
    """Counts the calls to the identity pool, and fails them or changes their answers on request."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[str] = []
        self.error: Exception | None = None
        self.over: dict[str, Any] = {}
        self.gate = threading.Event()
        self.gate.set()
        self._real = credentials._client()
        monkeypatch.setattr(credentials, "_client", lambda: self)

    def get_id(self, **asked: Any) -> Any:
        return self._call("GetId", self._real.get_id, asked)

    def get_credentials_for_identity(self, **asked: Any) -> Any:
        return self._call("GetCredentialsForIdentity", self._real.get_credentials_for_identity, asked)

    def _call(self, name: str, real: Any, asked: dict[str, Any]) -> Any:
        self.calls.append(name)
        self.gate.wait(5)
        if self.error:
            raise self.error
        return real(**asked) | self.over


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Pool:
    return Pool(monkeypatch)


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "SECRET"}}, "GetCredentialsForIdentity")


def test_the_first_credentials_cost_two_calls_and_the_next_none(pool: Pool) -> None:
    bob = SignedIn("bob@example.com")
    assert bob.credentials() == bob.credentials()
    assert pool.calls == ["GetId", "GetCredentialsForIdentity"]


def test_over_a_persons_life_their_identity_id_is_asked_for_once(pool: Pool) -> None:
    bob = SignedIn("bob@example.com")
    for _ in range(5):
        bob.credentials()
        cache.clear()  # an hour has passed, or the process was restarted
    assert pool.calls.count("GetId") == 1
    assert pool.calls.count("GetCredentialsForIdentity") == 5


def test_credentials_with_less_than_five_minutes_to_live_are_not_handed_out(pool: Pool) -> None:
    bob = SignedIn("bob@example.com")
    old = replace(bob.credentials(), expires_at=datetime.now(UTC) + timedelta(minutes=4, seconds=59))
    cache.clear()
    key = _key_of(bob)
    credentials._keep(replace(old, kept_as=key))
    assert cache.get(key) is None
    assert bob.credentials() != old


def test_credentials_that_were_dropped_are_fetched_anew(pool: Pool) -> None:
    bob = SignedIn("bob@example.com")
    credentials.drop(bob.credentials())
    bob.credentials()
    assert pool.calls.count("GetCredentialsForIdentity") == 2
    assert pool.calls.count("GetId") == 1


@pytest.mark.django_db(transaction=True)
def test_many_requests_at_once_fetch_credentials_once(pool: Pool) -> None:
    bob = SignedIn("bob@example.com")
    pool.gate.clear()

    def one_request(_: int) -> Credentials:
        try:
            return bob.credentials()
        finally:
            connection.close()

    with ThreadPoolExecutor(64) as threads:
        waiting = [threads.submit(one_request, n) for n in range(64)]
        pool.gate.set()
        got = {one.result() for one in waiting}
    assert len(got) == 1
    assert pool.calls == ["GetId", "GetCredentialsForIdentity"]


def test_two_people_never_share_credentials() -> None:
    bob, mallory = SignedIn("bob@example.com"), SignedIn("mallory@example.com")
    assert bob.credentials().identity_id != mallory.credentials().identity_id
    assert bob.credentials().access_key != mallory.credentials().access_key


def test_a_change_of_role_brings_new_credentials_at_once(pool: Pool) -> None:
    bob = SignedIn("bob@example.com")
    before = bob.credentials()
    bob.identity = replace(bob.identity, preferred_role="arn:aws:iam::000000000000:role/other")
    assert bob.credentials() != before


def test_a_new_identity_id_for_a_known_person_is_an_alarm_and_changes_nothing(
    pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    bob = SignedIn("bob@example.com")
    before = bob.credentials().identity_id
    cache.clear()
    pool.over = {"IdentityId": "us-east-1:11111111-2222-3333-4444-555555555555"}
    with pytest.raises(IdentityChanged):
        bob.credentials()
    assert User.objects.get(pk=bob.user.pk).identity_id == before
    assert "identity id changed" in caplog.text


def test_somebody_in_no_group_gets_no_credentials() -> None:
    with pytest.raises(NoRole):
        SignedIn("nora@example.com").credentials()


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (refusal("NotAuthorizedException"), SignInAgain),
        (refusal("InvalidIdentityPoolConfigurationException"), NoRole),
        (refusal("ResourceNotFoundException"), IdentityChanged),
        (refusal("TooManyRequestsException"), Unavailable),
        (refusal("InternalErrorException"), Unavailable),
        (ClientError({}, "GetId"), Unavailable),
        (ConnectTimeoutError(endpoint_url="http://aws"), Unavailable),
    ],
    ids=lambda given: str(given)[:60],
)
def test_a_failing_identity_pool_is_told_without_its_words(
    pool: Pool, error: Exception, fault: type[Exception]
) -> None:
    bob = SignedIn("bob@example.com")
    pool.error = error
    with pytest.raises(fault) as told:
        bob.credentials()
    assert "SECRET" not in repr(told.value)
    assert told.value.__suppress_context__


def test_after_a_failure_the_next_request_tries_again(pool: Pool) -> None:
    bob = SignedIn("bob@example.com")
    pool.error = refusal("InternalErrorException")
    with pytest.raises(Unavailable):
        bob.credentials()
    pool.error = None
    assert bob.credentials()


def test_without_a_cache_there_are_credentials_all_the_same(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise ConnectionRefusedError

    bob = SignedIn("bob@example.com")
    for call in ("get", "set", "add", "delete"):
        monkeypatch.setattr(cache, call, away)
    assert bob.credentials() != bob.credentials()
    assert pool.calls.count("GetCredentialsForIdentity") == 2


def test_a_revoked_sign_in_gets_no_credentials() -> None:
    signed_in = STACK.tokens("bob@example.com")
    identity = claims.identity(tokens.verify_id_token(signed_in["id_token"]))
    bob = people.recognise(identity)
    STACK.token_endpoint("revoke", token=signed_in["refresh_token"])
    with pytest.raises(SignInAgain):
        credentials_for(bob, signed_in["id_token"], identity)


def test_credentials_never_show_in_a_repr_and_cannot_be_pickled() -> None:
    held = SignedIn("bob@example.com").credentials()
    for secret in (held.access_key, held.secret_key, held.session_token):
        assert secret not in repr(held)
    with pytest.raises(TypeError):
        pickle.dumps(held)


def test_the_cache_holds_them_sealed_under_a_key_that_says_nothing() -> None:
    bob = SignedIn("bob@example.com")
    held = bob.credentials()
    key = _key_of(bob)
    for secret in (held.access_key, held.secret_key, held.session_token):
        assert secret not in cache.get(key)
        assert secret not in key
    assert held.identity_id not in key


def test_what_cannot_be_unsealed_is_fetched_again(pool: Pool) -> None:
    bob = SignedIn("bob@example.com")
    cache.set(_key_of(bob), "forged")
    assert bob.credentials()


def _key_of(person: SignedIn) -> str:
    return credentials.cache_key(person.user, person.identity)
