"""The session engine: Django's database sessions, and the tokens of who is signed in.

Tokens are sealed in columns beside the session's data, and refreshed before they expire by one
request at a time, in any number of processes: the one that wins the lease calls Cognito, the others
go on with the tokens they have, or wait for it when those have run out.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts import audit, claims, cognito, people, revocation, sealing, tokens
from accounts.claims import BadClaims, Identity
from accounts.cognito import InvalidGrant, Misconfigured, Tokens
from accounts.credentials import Credentials, credentials_for
from accounts.faults import SignInAgain, Unavailable
from accounts.models import Kind, Session, User
from accounts.tokens import BadToken, UnknownKey

REFRESH_AHEAD = timedelta(minutes=5)
LEASE = timedelta(seconds=45)  # longer than the slowest refresh; only a killed process keeps it
# After a refresh that failed, while the tokens hold. A lease that has so little left is none any more.
PAUSE = timedelta(seconds=20)
PATIENCE = 10  # seconds that a request waits for another one's refresh
POLL = 0.05  # seconds
AT_ONCE = 10  # refresh tokens that are revoked while the person waits


class Ended(Exception):
    """Cognito will not renew the sign-in; the text says why, in words for the audit log."""


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

    def keep_tokens(self, new: Tokens) -> bool:
        """Seal verified tokens, fresh from Cognito; False when the session has been ended meanwhile."""
        kept = self._rows().update(
            sealed_tokens=sealing.seal(new.dump()), tokens_expire_at=_held_until(new)
        )
        self._reread()
        return bool(kept)

    def keep_fresh(self) -> None:
        """Refresh the tokens when they are about to expire.

        Raises SignInAgain when Cognito has ended the sign-in, and Unavailable when it does not
        answer and the tokens have run out; until then people go on working.
        """
        self._read()
        deadline = time.monotonic() + PATIENCE
        while self._is_due():
            if self._take_lease():
                return self._refresh()
            self._reread()
            if self._left() > timedelta(0):
                return None  # somebody is on it, and these tokens still hold
            if time.monotonic() > deadline:
                raise Unavailable
            time.sleep(POLL)
        return None

    def renew_now(self) -> None:
        """Refresh the tokens, whatever is left of them: the person has changed at Cognito.

        Raises as keep_fresh does, and SignInAgain when the session has been ended meanwhile. While
        Cognito is away, what they say stays until the next refresh.
        """
        self._read()
        deadline = time.monotonic() + PATIENCE
        # Another request's refresh may be older than what has changed: it is waited for, not taken.
        while not self._take_lease():
            self._reread()
            if self.row is None:
                raise SignInAgain
            if self._is_pausing() or time.monotonic() > deadline:
                return self.keep_fresh()
            time.sleep(POLL)
        return self._refresh()

    def _refresh(self) -> None:
        """As the holder of the lease. While Cognito is away, tokens that still hold go on."""
        pause = None
        try:
            self._renew()
        except (Unavailable, Misconfigured):
            if self._left() <= timedelta(0):
                raise
            # Nobody tries again for a while, but everybody once the tokens have run out.
            pause = timezone.now() + min(PAUSE, self._left())
        except Ended as why:
            audit.record(Kind.REFRESH_FAILED, user=self.person, reason=str(why))
            self._rows().delete()  # while the lease holds: the others must not ask Cognito as well
            raise SignInAgain from None
        finally:
            self._rows().update(refreshing_until=pause)

    def _renew(self) -> None:
        """New tokens, verified and kept. Raises Ended, SignInAgain, Unavailable or Misconfigured."""
        old = self.tokens
        if not old.refresh_token:
            raise Ended("there is no refresh token")
        try:
            new = cognito.refresh(old.refresh_token)
        except InvalidGrant:
            self._reread()
            if self.tokens.refresh_token != old.refresh_token:
                return  # rotated by a request whose lease had run out: its tokens are good
            raise Ended("Cognito has ended the sign-in") from None
        # Without rotation a refresh brings no refresh token: the old one goes on.
        new = replace(new, refresh_token=new.refresh_token or old.refresh_token)
        try:
            people.recognise(self._verified(new))
        except BadClaims as error:
            raise Ended(f"Cognito’s answer was refused: {error}") from None
        except Unavailable:
            # The old refresh token may be dead already: the new one must outlive this.
            kept = replace(old, refresh_token=new.refresh_token)
            self._rows().update(sealed_tokens=sealing.seal(kept.dump()))
            raise
        if not self.keep_tokens(new):  # ended here meanwhile, with the old refresh token
            revocation.revoke(str(new.refresh_token))
            raise SignInAgain

    def _verified(self, new: Tokens) -> Identity:
        """Whom the new tokens are of: this session's person. Raises Ended or Unavailable."""
        try:
            verified = tokens.verify_id_token(new.id_token, access_token=new.access_token)
            tokens.verify_access_token(new.access_token)
            identity = claims.identity(verified)
        except UnknownKey:
            raise Unavailable from None  # the pool's keys were fetched a moment before they changed
        except (BadToken, BadClaims) as error:
            raise Ended(f"Cognito’s answer was refused: {error}") from None
        if not self._is_person(identity):
            raise Ended("Cognito’s answer was about somebody else")
        return identity

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

    def _is_pausing(self) -> bool:
        """After a refresh that failed (or whose process was killed): nobody is on it."""
        now, until = timezone.now(), self.row.refreshing_until if self.row else None
        return until is not None and now < until <= now + PAUSE

    def _is_due(self) -> bool:
        """Five minutes ahead, but tokens that live for ten or less are not refreshed all the time."""
        left = self._left()
        return left < REFRESH_AHEAD and left < _life(self.tokens) / 2

    def _left(self) -> timedelta:
        """How long the tokens still hold; SignInAgain when this session has no tokens."""
        if self.row is None or self.row.tokens_expire_at is None:
            raise SignInAgain
        return self.row.tokens_expire_at - timezone.now()

    def _read(self) -> None:
        self.get(SESSION_KEY)  # the first access of a request loads the row

    def _rows(self) -> "QuerySet[Session]":
        return Session.objects.filter(session_key=self.session_key)

    def _reread(self) -> None:
        self.row = self._rows().first()


def _held_until(fresh: Tokens) -> datetime:
    """When fresh tokens run out by our clock, which may be two minutes off Cognito's: a life from now.

    Never later than their `exp` would let them pass here.
    """
    latest = min(claims["exp"] for claims in _claims_of(fresh)) + tokens.LEEWAY
    return min(timezone.now() + _life(fresh), datetime.fromtimestamp(latest, UTC))


def _life(held: Tokens) -> timedelta:
    """Of the shorter-lived of the two tokens: each has a setting of its own in the app client."""
    return timedelta(seconds=min(claims["exp"] - claims["iat"] for claims in _claims_of(held)))


def _claims_of(held: Tokens) -> list[tokens.Claims]:
    return [tokens.claims_of_verified(token) for token in (held.id_token, held.access_token)]


def end_all(user: User, *, revoke: bool = True) -> None:
    """End every session of the person here, at once, and their refresh tokens at Cognito.

    revoke: False when Cognito has ended these already. Some are revoked now; the others, and all while
    Cognito is away, are remembered for the command revoke_pending: this never fails.
    """
    close_all(user, revoke=revoke)
    if revoke:
        revocation.retry(most=AT_ONCE)


def close_all(user: User, *, revoke: bool) -> None:
    """What end_all does here: the sessions go, their refresh tokens are remembered, or neither.

    From then on nobody is signed in here by what managed login remembers from before.
    Whatever happens to this process, none is lost. A session that begins meanwhile stays.
    """
    with transaction.atomic():
        rows = dict(user.sessions.select_for_update().values_list("pk", "sealed_tokens"))
        held = list(_readable(rows.values()))
        if revoke:
            revocation.remember(each.refresh_token for each in held if each.refresh_token)
        auth_times = (tokens.claims_of_verified(each.id_token).get("auth_time") for each in held)
        User.objects.filter(pk=user.pk).update(
            signed_out_at=timezone.now(),
            signed_out_auth_time=max((at for at in auth_times if isinstance(at, int)), default=0),
        )
        Session.objects.filter(pk__in=rows).delete()


def _readable(sealed_tokens: Iterable[str]) -> Iterator[Tokens]:
    """Those that there are, and that can be read."""
    for sealed in filter(None, sealed_tokens):
        try:
            yield Tokens.load(sealing.unseal(sealed))
        except sealing.Unreadable:
            continue


def session_of(request: HttpRequest) -> SessionStore:
    return cast(SessionStore, request.session)


def credentials_of(request: HttpRequest) -> Credentials:
    """The AWS credentials of whoever makes this request, by session or by bearer token."""
    id_token: str = getattr(request, "bearer_token", None) or session_of(request).tokens.id_token
    identity = claims.identity(tokens.claims_of_verified(id_token))
    user = request.user
    assert isinstance(user, User)
    return credentials_for(user, id_token, identity)
