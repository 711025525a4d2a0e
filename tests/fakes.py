"""A stand-in for Cognito, for what the local stack cannot do: fail, and forge.

Its hosted endpoints, and as much of the identity pool's and the user pool's API as a page needs. It
counts the calls, answers with real RS256 tokens, and misbehaves on request.
"""

import itertools
import json
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qsl

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Fake"
CLIENT = "fakeclient"


class Signer:
    """One RSA key of the pool."""

    def __init__(self, kid: str) -> None:
        self.kid = kid
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def jwk(self) -> dict[str, Any]:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**public, "kid": self.kid, "alg": "RS256", "use": "sig"}

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        return jwt.encode(claims, self.private, "RS256", headers={"kid": self.kid, **header})


# Two key pairs, as a user pool has: one for ID tokens, one for access tokens. Made once: it is slow.
ID_KEY, ACCESS_KEY, STRANGERS_KEY = Signer("id-key"), Signer("access-key"), Signer("strangers-key")


@dataclass
class Answer:
    """status and body of an answer; `reset` drops the connection, `slow` answers only at shutdown;
    `foreign` is not from AWS, which numbers its answers.
    """

    status: int = 200
    body: bytes = b""
    reset: bool = False
    slow: bool = False
    foreign: bool = False


@dataclass
class Call:
    """path: of a hosted endpoint, or the name of an operation of AWS's API ("GetId")."""

    path: str
    form: dict[str, str]


IDENTITY_ID = "us-east-1:11111111-2222-3333-4444-555555555555"
OPERATIONS: dict[str, dict[str, Any]] = {
    "GetId": {"IdentityId": IDENTITY_ID},
    "GetCredentialsForIdentity": {
        "IdentityId": IDENTITY_ID,
        "Credentials": {
            "AccessKeyId": "ASIAFAKE",
            "SecretKey": "secret-key-of-bobs",
            "SessionToken": "session-token-of-bobs",
            "Expiration": time.time() + 3600,
        },
    },
    "GetUser": {
        "Username": "bob-sub",
        "UserAttributes": [{"Name": "sub", "Value": "bob-sub"}, {"Name": "name", "Value": "Bob"}],
    },
}


@dataclass
class FakeCognito:
    url: str
    calls: list[Call] = field(default_factory=list)
    answers: dict[str, deque[Answer]] = field(default_factory=dict)
    nonce: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    id_key: Signer = field(default_factory=lambda: ID_KEY)
    life: int | dict[str, int] = 3600  # seconds of a token, or of each: {"id": …, "access": …}
    ahead: int = 0  # seconds by which Cognito's clock is ahead of ours
    rotate: bool = False
    delay: float = 0  # seconds before each answer, as if it came from far away
    stopping: Event = field(default_factory=Event)
    serial: Iterator[int] = field(default_factory=itertools.count)  # of refresh tokens

    def will_answer(
        self, path: str, status: int = 200, body: object = None, *, times: int = 1, **how: bool
    ) -> None:
        """Answer the next `times` calls of this path so, before going back to normal."""
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        queue = self.answers.setdefault(path, deque())
        queue.extend(Answer(status, text, **how) for _ in range(times))

    def id_token(self, signer: Signer | None = None, **over: Any) -> str:
        """A genuine ID token of bob's; a claim given as None is left out."""
        claims = {
            "iss": ISSUER,
            "sub": "bob-sub",
            "aud": CLIENT,
            "token_use": "id",
            "auth_time": self._now(),
            **self._times("id"),
            "email": "bob@example.com",
            "email_verified": True,
            "name": "Bob",
            "cognito:groups": ["members"],
            **self.claims,
            **over,
        }
        signer = signer or self.id_key
        return signer.sign({name: value for name, value in claims.items() if value is not None})

    def access_token(self, signer: Signer = ACCESS_KEY, **over: Any) -> str:
        claims = {
            "iss": ISSUER,
            "sub": "bob-sub",
            "client_id": CLIENT,
            "token_use": "access",
            "scope": "openid",
            **self._times("access"),
            **over,
        }
        return signer.sign({name: value for name, value in claims.items() if value is not None})

    def _now(self) -> int:
        return int(time.time()) + self.ahead

    def _times(self, use: str) -> dict[str, int]:
        life = self.life if isinstance(self.life, int) else self.life[use]
        return {"iat": self._now(), "exp": self._now() + life}

    def count(self, path: str) -> int:
        return sum(call.path == path for call in self.calls)

    def answer(self, call: Call) -> Answer:
        self.calls.append(call)
        if queue := self.answers.get(call.path):
            return queue.popleft()
        return Answer(body=json.dumps(self._usual(call)).encode())

    def _usual(self, call: Call) -> dict[str, Any]:
        if call.path.endswith("/jwks.json"):
            return {"keys": [self.id_key.jwk(), ACCESS_KEY.jwk()]}
        if call.path == "/oauth2/token":
            code = call.form["grant_type"] == "authorization_code"
            tokens = {
                # Without a nonce that was set, the code stands for it: each sign-in brings its own.
                "id_token": self.id_token(nonce=(self.nonce or call.form["code"]) if code else None),
                "access_token": self.access_token(),
                "token_type": "Bearer",
                "expires_in": 3600,
            }
            return tokens | (
                {"refresh_token": f"refresh-{next(self.serial)}"} if code or self.rotate else {}
            )
        if call.path == "/oauth2/userInfo":
            return {"sub": "bob-sub", "email": "bob@example.com", "email_verified": "true"}
        return OPERATIONS.get(call.path, {})


@contextmanager
def fake_cognito() -> Iterator[FakeCognito]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    fake = FakeCognito(f"http://127.0.0.1:{server.server_port}")
    server.fake = fake  # type: ignore[attr-defined]
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield fake
    finally:
        fake.stopping.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._handle("")

    def do_POST(self) -> None:
        self._handle(self.rfile.read(int(self.headers["Content-Length"] or 0)).decode())

    def _handle(self, body: str) -> None:
        fake: FakeCognito = self.server.fake  # type: ignore[attr-defined]
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        answer = fake.answer(Call(operation or self.path, dict(parse_qsl(body))))
        fake.stopping.wait(30 if answer.slow else fake.delay)
        if answer.reset or answer.slow:
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer.body)))
        if not answer.foreign:
            self.send_header("x-amzn-RequestId", "fake")
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        """Quiet."""
