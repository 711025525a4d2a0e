"""The session engine: Django's database sessions, and the tokens of who is signed in.

Tokens are sealed in columns beside the session's data, and refreshed before they expire by one
request at a time, in any number of processes: the one that wins the lease calls Cognito, the others
go on with the tokens they have, or wait for it when those have run out.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts import claims, cognito, people, sealing, tokens
from accounts.claims import BadClaims, Identity
from accounts.cognito import InvalidGrant, Misconfigured, Tokens
from accounts.credentials import Credentials, credentials_for
from accounts.faults import SignInAgain, Unavailable
from accounts.models import Session, User
from accounts.tokens import BadToken

REFRESH_AHEAD = timedelta(minutes=5)
LEASE = timedelta(seconds=45)  # longer than the slowest refresh; only a killed process keeps it
PATIENCE = 10  # seconds that a request waits for another one's refresh
POLL = 0.05  # seconds


class SessionStore(db.SessionStore):
    """Django's store; `person` and `tokens` come with the row in the same query."""

    row: Session | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def load(self) -> dict[str, Any]:
        self.row = self._get_session_from_db()  # type: ignore[attr-defined]  # not in the stubs
        return self.decode(self.row.session_data) if self.row else {}

    def _validate_session_key(self, key: str | None) -> bool:
        """Ours are letters and digits; others, which a cookie may hold, never reach the database."""
        return key is not None and key.isascii() and key.isalnum()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row = cast(Session, super().create_model_instance(data))
        row.user_id = data.get(SESSION_KEY)
        return row

    @property
    def person(self) -> User | None:
        """Who is signed in, active or not; None for nobody."""
        self._read()
        if self.row is None or str(self.row.user_id) != self.get(SESSION_KEY):
            return None
        return self.row.user

    @property
    def tokens(self) -> Tokens:
        """The person's tokens; SignInAgain when there are none, or none that can be read."""
        self._read()
        if self.row is None or not self.row.sealed_tokens:
            raise SignInAgain
        try:
            return Tokens.load(sealing.unseal(self.row.sealed_tokens))
        except sealing.Unreadable:
            raise SignInAgain from None

    def keep_tokens(self, new: Tokens) -> None:
        """Seal verified tokens into this session."""
        expires_at = datetime.fromtimestamp(tokens.claims_of_verified(new.id_token)["exp"], UTC)
        self._rows().update(sealed_tokens=sealing.seal(new.dump()), tokens_expire_at=expires_at)
        self._reread()

    def keep_fresh(self) -> None:
        """Refresh the tokens when they are about to expire.

        Raises SignInAgain when Cognito has ended the sign-in, and Unavailable when it does not
        answer and the tokens have run out; until then people go on working.
        """
        self._read()
        deadline = time.monotonic() + PATIENCE
        while self._left() < REFRESH_AHEAD:
            if self._take_lease():
                return self._refresh()
            self._reread()
            if self._left() > timedelta(0):
                return None  # somebody is on it, and these tokens still hold
            if time.monotonic() > deadline:
                raise Unavailable
            time.sleep(POLL)
        return None

    def _refresh(self) -> None:
        """As the holder of the lease. While Cognito is away, tokens that still hold go on."""
        try:
            self._renew()
        except (Unavailable, Misconfigured):
            if self._left() <= timedelta(0):
                raise
        finally:
            self._rows().update(refreshing_until=None)

    def _renew(self) -> None:
        old = self.tokens
        try:
            if not old.refresh_token:
                raise SignInAgain
            new = cognito.refresh(old.refresh_token)
            verified = tokens.verify_id_token(new.id_token, access_token=new.access_token)
            tokens.verify_access_token(new.access_token)
            identity = claims.identity(verified)
        except InvalidGrant:
            self._reread()
            if self.row and self.tokens.refresh_token != old.refresh_token:
                return  # rotated by a request whose lease had run out: its tokens are good
            raise SignInAgain from None
        except (BadToken, BadClaims):
            raise SignInAgain from None
        if not self._is_person(identity):
            raise SignInAgain
        people.recognise(identity)
        # Without rotation a refresh brings no refresh token: the old one goes on.
        self.keep_tokens(Tokens(new.id_token, new.access_token, new.refresh_token or old.refresh_token))

    def _is_person(self, identity: Identity) -> bool:
        person = self.person
        return person is not None and (person.issuer, person.subject) == (
            identity.issuer,
            identity.subject,
        )

    def _take_lease(self) -> bool:
        """Whether this request is the one to refresh: decided by a single UPDATE."""
        now = timezone.now()
        seen = self.row.tokens_expire_at if self.row else None
        free = Q(refreshing_until=None) | Q(refreshing_until__lt=now)
        taken = self._rows().filter(free, tokens_expire_at=seen).update(refreshing_until=now + LEASE)
        return bool(taken)

    def _left(self) -> timedelta:
        """How long the ID token still holds; SignInAgain when this session has no tokens."""
        if self.row is None or self.row.tokens_expire_at is None:
            raise SignInAgain
        return self.row.tokens_expire_at - timezone.now()

    def _read(self) -> None:
        self.get(SESSION_KEY)  # the first access of a request loads the row

    def _rows(self) -> "QuerySet[Session]":
        return Session.objects.filter(session_key=self.session_key)

    def _reread(self) -> None:
        self.row = self._rows().first()


def session_of(request: HttpRequest) -> SessionStore:
    return cast(SessionStore, request.session)


def credentials_of(request: HttpRequest) -> Credentials:
    """The AWS credentials of whoever makes this request, by session or by bearer token."""
    id_token: str = getattr(request, "bearer_token", None) or session_of(request).tokens.id_token
    identity = claims.identity(tokens.claims_of_verified(id_token))
    user = request.user
    assert isinstance(user, User)
    return credentials_for(user, id_token, identity)
