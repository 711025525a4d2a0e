"""Verifying an ID token: what it costs, what is checked, and what forged key ids cost.

Measured: one token as large as Cognito's, 200 times a round, with keys in hand; ours beside each peer in
turns. What is checked is not read from anybody's source but tried: a token that is wrong in one point.
Then a flood of tokens that name keys which do not exist, one a request, the fetches being counted at
the key endpoint; ours over three cooldowns, by a clock that the benchmark sets. Not measured: the fetch.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import cognitojwt.jwt_sync
from django.test import override_settings

from accounts import cognito as edge
from accounts.tokens import COOLDOWN, KeySet
from bench import verifiers
from bench.forgeries import HOUR, forgeries
from bench.table import Row
from bench.timing import in_turns, microseconds
from bench.verifiers import Verify
from tests import fakes
from tests.fakes import STRANGERS_KEY, FakeCognito, Signer

ROUNDS, EACH = 60, 200
FLOOD, COOLDOWNS = 1000, 3
Make = Callable[[FakeCognito], Verify]
BARE: dict[str, Make] = {
    "the bare RS256 signature, by PyJWT": verifiers.signature_by_pyjwt,
    "the RSA operation alone": verifiers.signature_by_cryptography,
}
LIBRARIES: dict[str, Make] = {
    "cognitojwt": verifiers.by_cognitojwt,
    "flask-cognito-lib": verifiers.by_flask_cognito_lib,
}
IN_USE = LIBRARIES | {"flask-cognito-lib": verifiers.by_flask_cognito_lib_in_each_request}
# What a token of Cognito's has besides what fakes.FakeCognito gives it.
USUAL = {
    "cognito:username": "5ebd5c56-5f5b-4f0c-a1b6-0d6e2f6d7a10",
    "cognito:preferred_role": "arn:aws:iam::123456789012:role/strongbox-MemberRole-1ABCDEFGHIJKL",
    "cognito:roles": ["arn:aws:iam::123456789012:role/strongbox-MemberRole-1ABCDEFGHIJKL"],
    "origin_jti": "0c4a6f9e-63a1-4d5f-9f0e-1f6c7a2b8d11",
    "event_id": "8f6a3c52-2a44-43c1-9a53-3d1f0a9e4c12",
    "jti": "b7a1d0c3-98e5-4a7b-8f60-5e2d4c3b2a13",
    "nonce": "n" * 32,
}


def run() -> list[Row]:
    with _cognito() as cognito:
        return [*_times(cognito), *_checks(cognito), *_flood(cognito)]


@contextmanager
def _cognito() -> Iterator[FakeCognito]:
    with (
        fakes.fake_cognito() as cognito,
        override_settings(
            COGNITO_ISSUER=fakes.ISSUER,
            COGNITO_CLIENT_ID=fakes.CLIENT,
            COGNITO_JWKS_URL=f"{cognito.url}/jwks.json",
        ),
    ):
        cognito.claims = dict(USUAL)
        yield cognito
    verifiers.ours()  # these keys are not those of the next benchmark's Cognito


def _times(cognito: FakeCognito) -> list[Row]:
    token = cognito.id_token()
    peers = {name: make(cognito) for name, make in (BARE | LIBRARIES).items()}
    return [_beside(name, peer, token) for name, peer in peers.items()]


def _beside(name: str, peer: Verify, token: str) -> Row:
    ours = verifiers.ours()
    taken = in_turns(lambda: ours(token), lambda: peer(token), ROUNDS, EACH)
    return Row(
        f"ID token: verifying it, beside {name}",
        microseconds(taken.ours),
        microseconds(taken.peer),
        taken.ratio,
        f"{len(token)} characters; {ROUNDS} × {EACH} in turns, keys in hand",
    )


# --- What is checked -------------------------------------------------------------------------------


def _checks(cognito: FakeCognito) -> list[Row]:
    peers = {name: make(cognito) for name, make in LIBRARIES.items()}
    rows = []
    for what, token in _wrong(cognito).items():
        outcomes = [f"{name}: {_outcome(verify, token)}" for name, verify in peers.items()]
        told = _outcome(verifiers.ours(), token)
        rows.append(Row(f"ID token: {what}", told, ", ".join(outcomes), how="tried"))
    return rows


def _wrong(cognito: FakeCognito) -> dict[str, str]:
    """What is wrong → a token that is wrong in this alone. At sign-in, nonce and at_hash count too."""
    now = int(time.time())
    at_sign_in = {"wrong nonce", "wrong at_hash"}
    made = {what: forge("n")["id_token"] for what, forge in forgeries(cognito).items()}
    return {what: token for what, token in made.items() if what not in at_sign_in} | {
        "an access token": cognito.access_token(),
        "no iss": cognito.id_token(iss=None),
        "no sub": cognito.id_token(sub=None),
        "no token_use": cognito.id_token(token_use=None),
        "aud a list": cognito.id_token(aud=[fakes.CLIENT, "another-client"]),
        "nbf in an hour": cognito.id_token(nbf=now + HOUR),
        "iat 100 s ahead (no fault)": cognito.id_token(iat=now + 100),
    }


def _outcome(verify: Verify, token: str) -> str:
    try:
        verify(token)
    except Exception:  # noqa: BLE001 - each has its own
        return "refused"
    return "accepted"


# --- Forged key ids --------------------------------------------------------------------------------


def _flood(cognito: FakeCognito) -> list[Row]:
    cognitojwt.jwt_sync.get_keys.cache_clear()
    now = 0.0
    ours = verifiers.ours(KeySet(edge.fetch_keys, lambda: now))
    peers = {name: make(cognito) for name, make in IN_USE.items()}
    for verify in (ours, *peers.values()):
        verify(cognito.id_token())  # the keys are in hand
    fetched = []
    for cooldown in range(1, COOLDOWNS + 1):
        now = cooldown * COOLDOWN
        fetched.append(_fetches(cognito, ours))
    peers_fetched = {name: _fetches(cognito, verify) for name, verify in peers.items()}
    cognito.id_key = Signer("a-new-key-of-the-pool")
    now += COOLDOWN
    found = {name: _outcome(verify, cognito.id_token()) for name, verify in peers.items()}
    how = f"{FLOOD} forged tokens a cooldown ({COOLDOWN} s), counted at the endpoint"
    return [
        Row("unknown key ids: fetches per cooldown", str(max(fetched)), _each(peers_fetched), how=how),
        Row(
            "unknown key ids: a new key of the pool’s, afterwards",
            _outcome(ours, cognito.id_token()),
            _each(found),
            how="a genuine token",
        ),
    ]


def _fetches(cognito: FakeCognito, verify: Verify) -> int:
    claims = {"sub": "nobody"}
    before = cognito.count("/jwks.json")
    for number in range(FLOOD):
        _outcome(verify, STRANGERS_KEY.sign(claims, kid=f"forged-{number}"))
    return cognito.count("/jwks.json") - before


def _each(by_name: Mapping[str, object]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in by_name.items())
