"""Every check of an ID or access token, and how often the keys are fetched."""

import base64
import hashlib
import hmac
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest

from accounts import tokens
from accounts.faults import Unavailable
from accounts.tokens import COOLDOWN, KEYS_TTL, RETRY, BadToken, KeySet
from tests.fakes import ACCESS_KEY, CLIENT, ID_KEY, ISSUER, STRANGERS_KEY, FakeCognito


class FromNow(int):
    """Seconds from when the test runs; when its parameters are written down is long before."""


def at_the_time(claims: dict[str, Any]) -> dict[str, Any]:
    now = int(time.time())
    return {k: now + v if isinstance(v, FromNow) else v for k, v in claims.items()}


def test_a_genuine_id_token_is_accepted(cognito: FakeCognito) -> None:
    assert tokens.verify_id_token(cognito.id_token(nonce="n"), nonce="n")["sub"] == "bob-sub"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-client"},
        {"aud": None},
        {"aud": [CLIENT, "another-client"]},
        {"aud": "another-client", "client_id": CLIENT},
        {"iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Other"},
        {"iss": ISSUER + "/"},
        {"iss": None},
        {"token_use": "access"},
        {"token_use": None},
        {"exp": FromNow(-121)},
        {"iat": FromNow(-7200), "exp": FromNow(-3600)},
        {"exp": None},
        {"exp": "soon"},
        {"exp": 2**40},
        {"exp": "9999999999"},
        {"iat": FromNow(122)},
        {"iat": FromNow(240)},
        {"iat": None},
        {"sub": None},
        {"nbf": FromNow(122)},
    ],
    ids=str,
)
def test_pitfall_01_an_id_token_for_another_use_client_pool_or_time_is_refused(
    cognito: FakeCognito, claims: dict[str, Any]
) -> None:
    """Audience, issuer and token_use are checked, always."""
    with pytest.raises(BadToken):
        tokens.verify_id_token(cognito.id_token(**at_the_time(claims)))


@pytest.mark.parametrize("ahead", [3, 119, -119])
def test_pitfall_03_a_clock_that_is_up_to_two_minutes_off_is_tolerated(
    cognito: FakeCognito, ahead: int
) -> None:
    """`iat` three seconds ahead is no reason to keep anybody out."""
    cognito.ahead = ahead
    assert tokens.verify_id_token(cognito.id_token())
    assert tokens.verify_access_token(cognito.access_token())


@pytest.mark.parametrize("ahead", [122, 240, -3600 - 121])
def test_a_clock_that_is_further_off_is_not(cognito: FakeCognito, ahead: int) -> None:
    """The last one's tokens have run out by then."""
    cognito.ahead = ahead
    with pytest.raises(BadToken):
        tokens.verify_id_token(cognito.id_token())
    with pytest.raises(BadToken):
        tokens.verify_access_token(cognito.access_token())


def test_a_token_is_good_until_the_slower_of_the_two_clocks_has_it_expired(
    cognito: FakeCognito,
) -> None:
    assert tokens.verify_id_token(cognito.id_token(exp=int(time.time()) - 118))


def test_pitfall_18_an_access_token_is_known_by_its_client_id_since_it_has_no_audience(
    cognito: FakeCognito,
) -> None:
    assert tokens.verify_access_token(cognito.access_token())["sub"] == "bob-sub"


@pytest.mark.parametrize("claims", [{"client_id": "another"}, {"client_id": None}, {"token_use": "id"}])
def test_pitfall_18_an_access_token_of_another_client_is_refused(
    cognito: FakeCognito, claims: dict[str, Any]
) -> None:
    with pytest.raises(BadToken):
        tokens.verify_access_token(cognito.access_token(**claims))


def test_an_access_token_is_not_an_id_token(cognito: FakeCognito) -> None:
    with pytest.raises(BadToken):
        tokens.verify_id_token(cognito.access_token(aud=CLIENT))


@pytest.mark.parametrize("nonce", ["another", "", None, 7])
def test_an_id_token_of_another_sign_in_is_refused(cognito: FakeCognito, nonce: object) -> None:
    with pytest.raises(BadToken, match="nonce"):
        tokens.verify_id_token(cognito.id_token(nonce=nonce), nonce="mine")


def test_at_hash_must_be_that_of_the_access_token(cognito: FakeCognito) -> None:
    access = cognito.access_token()
    half = hashlib.sha256(access.encode()).digest()[:16]
    right = base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    assert tokens.verify_id_token(cognito.id_token(at_hash=right), access_token=access)
    wrong = ("B" if right.startswith("A") else "A") + right[1:]
    with pytest.raises(BadToken, match="at_hash"):
        tokens.verify_id_token(cognito.id_token(at_hash=wrong), access_token=access)


def test_a_token_signed_by_a_stranger_is_refused(cognito: FakeCognito) -> None:
    with pytest.raises(BadToken):
        tokens.verify_id_token(STRANGERS_KEY.sign({"sub": "bob-sub"}, kid=ID_KEY.kid))


def test_a_token_without_signature_is_refused(cognito: FakeCognito) -> None:
    claims = jwt.decode(cognito.id_token(), options={"verify_signature": False})
    unsigned = jwt.encode(claims, "", "none", headers={"kid": ID_KEY.kid})
    with pytest.raises(BadToken):
        tokens.verify_id_token(unsigned)


def test_pitfall_14_the_public_key_is_not_taken_for_a_shared_secret(cognito: FakeCognito) -> None:
    """The algorithm is RS256, whatever the token's header says."""
    _, payload, _ = cognito.id_token().split(".")
    head = _encode({"alg": "HS256", "typ": "JWT", "kid": ID_KEY.kid})
    secret = json.dumps(ID_KEY.jwk()).encode()
    mac = hmac.new(secret, f"{head}.{payload}".encode(), hashlib.sha256).digest()
    with pytest.raises(BadToken):
        tokens.verify_id_token(f"{head}.{payload}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}")


@pytest.mark.parametrize(
    "garbage", ["", "a.b.c", "é", "\ud800", "\ud800.b.c", "a" * 100_000, "....", "null.null.null"]
)
def test_garbage_is_refused(cognito: FakeCognito, garbage: str) -> None:
    with pytest.raises(BadToken):
        tokens.verify_id_token(garbage)


def test_id_and_access_tokens_have_keys_of_their_own_and_both_are_fetched_in_one_call(
    cognito: FakeCognito,
) -> None:
    tokens.verify_id_token(cognito.id_token())
    tokens.verify_access_token(cognito.access_token(ACCESS_KEY))
    assert cognito.count("/jwks.json") == 1


def test_a_refused_token_does_not_appear_in_the_error(cognito: FakeCognito) -> None:
    token = cognito.id_token(aud="another")
    with pytest.raises(BadToken) as refused:
        tokens.verify_id_token(token)
    assert token not in repr(refused.value)
    assert refused.value.__cause__ is None


# --- How often the keys are fetched ----------------------------------------------------------------


class Endpoint:
    """A key endpoint and a clock, both under the test's control."""

    def __init__(self) -> None:
        self.now = 0.0
        self.fetches = 0
        self.away = False
        self.takes = 0.0  # seconds
        self.keys = [ID_KEY.jwk()]
        self.set = KeySet(self.fetch, lambda: self.now)

    def fetch(self) -> list[dict[str, Any]]:
        self.fetches += 1
        self.now += self.takes
        if self.away:
            raise Unavailable
        return self.keys


def test_pitfall_19_the_keys_are_fetched_once_until_their_time_is_up() -> None:
    endpoint = Endpoint()
    for second in (0, 100, KEYS_TTL - 1):
        endpoint.now = second
        endpoint.set.get("id-key")
    assert endpoint.fetches == 1
    endpoint.now = KEYS_TTL + 1
    endpoint.set.get("id-key")
    assert endpoint.fetches == 2


def test_pitfall_19_forged_key_ids_cause_one_fetch_per_cooldown_at_most() -> None:
    endpoint = Endpoint()
    endpoint.set.get("id-key")
    for attempt in range(1000):
        endpoint.now = COOLDOWN + attempt / 1000
        with pytest.raises(BadToken):
            endpoint.set.get(f"forged-{attempt}")
    assert endpoint.fetches == 2


def test_a_new_key_of_the_pool_is_found() -> None:
    endpoint = Endpoint()
    endpoint.set.get("id-key")
    endpoint.keys = [*endpoint.keys, ACCESS_KEY.jwk()]
    endpoint.now = COOLDOWN
    assert endpoint.set.get("access-key")


def test_known_keys_stay_good_while_the_endpoint_is_away() -> None:
    endpoint = Endpoint()
    endpoint.set.get("id-key")
    endpoint.away, endpoint.now = True, KEYS_TTL + 1
    assert endpoint.set.get("id-key")


def test_nobody_waits_while_another_request_fetches_keys_that_are_due() -> None:
    endpoint = Endpoint()
    endpoint.set.get("id-key")
    endpoint.now = KEYS_TTL + 1
    with endpoint.set._lock:
        assert endpoint.set.get("id-key")
    assert endpoint.fetches == 1


def test_with_no_keys_and_no_endpoint_it_is_unavailable_not_a_bad_token() -> None:
    endpoint = Endpoint()
    endpoint.away = True
    for _ in range(100):
        with pytest.raises(Unavailable):
            endpoint.set.get("id-key")
    assert endpoint.fetches == 1
    endpoint.away, endpoint.now = False, RETRY
    assert endpoint.set.get("id-key")


def test_a_fetch_that_took_long_to_fail_is_not_repeated_by_those_who_waited_for_it() -> None:
    endpoint = Endpoint()
    endpoint.away, endpoint.takes = True, 2 * RETRY
    for _ in range(3):
        with pytest.raises(Unavailable):
            endpoint.set.get("id-key")
    assert endpoint.fetches == 1


def test_many_threads_fetch_the_keys_once() -> None:
    endpoint = Endpoint()
    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(lambda _: endpoint.set.get("id-key"), range(64)))
    assert endpoint.fetches == 1


def test_keys_for_other_purposes_are_not_used() -> None:
    endpoint = Endpoint()
    endpoint.keys = [{"kty": "oct", "k": "c2VjcmV0", "kid": "shared"}, {"kty": "RSA"}, ID_KEY.jwk()]
    assert endpoint.set.get("id-key")
    with pytest.raises(BadToken):
        endpoint.set.get("shared")


def _encode(header: dict[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
