"""Step-up: what is worth more than a sign-in of this morning asks for one of this minute, or for MFA.

Both are decorators and mixins for views of signed-in people. How long ago somebody signed in is the ID
token's `auth_time`, which a refresh does not change. Whether they used a second factor is told:

- where the pool knows authentication levels (Essentials and Plus), by `acr` and `amr`, which come when
  asked for with `acr_values`;
- elsewhere (Lite ignores the question), by the person's MFA list at the moment of a sign-in that was
  made for this: Cognito asks whoever is on it at every sign-in by password, and Lite has no other kind
  but external providers, whose only word for a second factor is `acr`.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-step-up-authentication.html
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.generic import View

from accounts import tokens, user_pool
from accounts.cognito import Tokens
from accounts.faults import Refused
from accounts.models import User
from accounts.sessions import session_of

Handler = Callable[..., HttpResponseBase]

# Passkey or password with a code; password with an authenticator app. The levels below are one factor.
MFA_LEVELS = ("urn:cognito:loa:4", "urn:cognito:loa:3")
PASSED = "mfa_passed_at"  # in the session: the auth_time of the sign-in that brought what MFA demanded


class NotFresh(Refused):
    title = "You were not asked to sign in again"
    detail = (
        "This page is for people who have just signed in, but the sign-in service went by an earlier "
        "sign-in. Sign out, then sign in and open the page again."
    )


class NoSecondFactor(Refused):
    title = "You signed in without a second factor"
    detail = (
        "This page is for people who sign in with an authenticator app as well as a password. Sign in "
        "again with both."
    )


@dataclass(frozen=True)
class Demand:
    """What a sign-in has to bring; the usual one has to bring nothing in particular.

    max_age: seconds since Cognito last asked for password or code; mfa: a second factor.
    """

    max_age: int | None = None
    mfa: bool = False

    @classmethod
    def of(cls, request: HttpRequest) -> "Demand":
        """As the sign-in view's address says it; whoever writes one only gets asked for more.

        MFA demands a sign-in of now: an older one may be from before the second factor was turned on.
        """
        if "mfa" in request.GET:
            return cls(max_age=0, mfa=True)
        age = request.GET.get("max_age", "")
        return cls(int(age) if re.fullmatch("[0-9]{1,6}", age) else None)

    def query(self) -> dict[str, str]:
        """For the authorize endpoint. Pools that know no acr_values ignore them, hence `check`."""
        asked = {} if self.max_age is None else {"prompt": "login", "max_age": str(self.max_age)}
        return {**asked, "acr_values": " ".join(MFA_LEVELS)} if self.mfa else asked

    def check(self, issued: Tokens) -> bool:
        """Whether the sign-in used a second factor, when that is demanded.

        Raises NotFresh or NoSecondFactor: sent on, the person would be sent here again, for ever; and
        Unavailable, when only the user pool could tell and does not answer. Who has no second factor yet
        may sign in, and is told where to add one.
        """
        claims = tokens.claims_of_verified(issued.id_token)
        if self.max_age is not None and not is_fresh(claims, self.max_age):
            raise NotFresh
        if not self.mfa or used_mfa(claims):
            return self.mfa
        if claims.get("identities"):
            raise NoSecondFactor
        listed = bool(user_pool.profile(issued.access_token).mfa)
        if listed and {"acr", "amr"} & set(claims):
            raise NoSecondFactor
        return listed  # a pool that does not tell levels asks whoever is on the list


def fresh_sign_in(max_age: int) -> Callable[[Handler], Handler]:
    """Only for who signed in within max_age seconds; others do so now, and come back to this page.

    A form that was opened in time may be sent for as long again: sending it off to sign in would lose
    what was typed.
    """

    def decorate(view: Handler) -> Handler:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            allowed = max_age if request.method in {"GET", "HEAD"} else 2 * max_age
            if is_fresh(claims_of(request), allowed):
                return view(request, *args, **kwargs)
            return _sign_in(request, max_age=max_age)

        return guarded

    return decorate


def require_mfa(view: Handler) -> Handler:
    """Only for who signed in with a second factor; others are asked for it, or told how to set one up.

    Raises Unavailable and SignInAgain, from a call to the user pool; who is let in costs none.
    """

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        claims = claims_of(request)
        if used_mfa(claims) or request.session.get(PASSED) == signed_in_at(claims):
            return view(request, *args, **kwargs)
        access_token = session_of(request).tokens.access_token
        if claims.get("identities") or user_pool.profile(access_token).mfa:
            return _sign_in(request, mfa=1)
        return render(request, "second_factor.html", status=403)

    return guarded


class FreshSignInMixin(View):
    """fresh_sign_in for class-based views; seconds in `max_age`."""

    max_age = 300

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return fresh_sign_in(self.max_age)(super().dispatch)(request, *args, **kwargs)


class RequireMFAMixin(View):
    """require_mfa for class-based views."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return require_mfa(super().dispatch)(request, *args, **kwargs)


def is_fresh(claims: Mapping[str, Any], max_age: int) -> bool:
    """Whether these tokens come of a sign-in within max_age seconds, the clocks' difference aside."""
    return bool(time.time() - signed_in_at(claims) <= max_age + tokens.LEEWAY)


def is_signed_out_since(user: User, claims: Mapping[str, Any]) -> bool:
    """Whether a sign-in that has just come back is older than the person's last sign-out everywhere.

    Managed login remembers a browser for an hour, whatever GlobalSignOut says. Of sign-ins that were
    ended here, Cognito's own times are compared; of others, lengths of time, each by one clock, since
    ours and Cognito's may differ.
    """
    if user.signed_out_at is None:
        return False
    if signed_in_at(claims) <= user.signed_out_auth_time:
        return True
    since = time.time() - user.signed_out_at.timestamp()
    return bool(int(claims["iat"]) - signed_in_at(claims) > since + 1)


def used_mfa(claims: Mapping[str, Any]) -> bool:
    """Whether the tokens say so themselves; False also when they say nothing."""
    methods = claims.get("amr")
    return claims.get("acr") in MFA_LEVELS or (isinstance(methods, list) and "mfa" in methods)


def claims_of(request: HttpRequest) -> tokens.Claims:
    """What the session's ID token says; SignInAgain when there is none."""
    return tokens.claims_of_verified(session_of(request).tokens.id_token)


def signed_in_at(claims: Mapping[str, Any]) -> int:
    """Unix seconds; 0 for tokens that do not say."""
    at = claims.get("auth_time")
    return at if isinstance(at, int) else 0


def _sign_in(request: HttpRequest, **demand: int) -> HttpResponse:
    here = request.get_full_path() if request.method in {"GET", "HEAD"} else request.path
    query = urlencode({"next": here, **demand})
    return redirect(f"{reverse('oidc_authentication_init')}?{query}")
