"""Signing in and out, and the page for those who are not signed in."""

import logging
import re
from dataclasses import asdict
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.generic import View
from mozilla_django_oidc.utils import (
    add_state_and_verifier_and_nonce_to_session,
    generate_code_challenge,
)
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView, OIDCAuthenticationRequestView

from accounts import audit, cognito, language, revocation
from accounts.faults import Fault, Refused, SignInAgain
from accounts.models import Kind, User
from accounts.sessions import SessionStore, session_of
from accounts.states import new_state, next_of
from accounts.step_up import PASSED, Demand, NotFresh, claims_of, is_signed_out_since, signed_in_at
from accounts.tokens import claims_of_verified

logger = logging.getLogger(__name__)

UNFINISHED = 3600  # seconds; a sign-in that was begun and not finished is not kept for longer


def home(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "home.html")


@never_cache
@require_safe
@login_required
def signed_in_again(request: HttpRequest) -> HttpResponse:
    """Where a window ends that was opened to sign in: it tells the page that waits, and closes."""
    return render(request, "signed_in_again.html")


class SignIn(OIDCAuthenticationRequestView):  # type: ignore[misc]  # the library has no types
    """To Cognito's sign-in page, with state, nonce and PKCE (S256), and from there to ?next=.

    accounts.step_up sends people here with ?max_age= (seconds) and ?mfa=1 as well, when the sign-in that
    they have is not enough.
    """

    def get(self, request: HttpRequest) -> HttpResponse:
        demand = Demand.of(request)
        state, nonce, verifier = new_state(request), get_random_string(32), get_random_string(64)
        query = {
            "response_type": "code",
            "client_id": settings.COGNITO_CLIENT_ID,
            "redirect_uri": cognito.redirect_uri(),
            "scope": settings.OIDC_RP_SCOPES,
            "state": state,
            "nonce": nonce,
            "code_challenge": generate_code_challenge(verifier, "S256"),
            "code_challenge_method": "S256",
            **demand.query(),
        }
        if lang := language.chosen(request):
            query["lang"] = lang
        if (person := session_of(request).person) and demand.max_age is not None:
            query["login_hint"] = person.email
        add_state_and_verifier_and_nonce_to_session(request, state, query, verifier)
        request.session["oidc_states"][state]["demand"] = asdict(demand)
        request.session.modified = True
        if person is None:
            request.session.set_expiry(UNFINISHED)
        return HttpResponseRedirect(f"{settings.OIDC_OP_AUTHORIZATION_ENDPOINT}?{urlencode(query)}")


class Callback(OIDCAuthenticationCallbackView):  # type: ignore[misc]
    """Back from Cognito, with a code or with an error."""

    def get(self, request: HttpRequest) -> HttpResponse:
        state = request.GET.get("state", "")
        next_url = next_of(state)
        started = take_state(request, state)
        if started is None:
            return self._not_started_here(request, next_url)
        user: User | None = None
        try:
            if not request.GET.get("code"):
                raise refusal(request)
            user = cast(
                User,
                auth.authenticate(
                    request, nonce=started["nonce"], code_verifier=started["code_verifier"]
                ),
            )
            demand = Demand(**started.get("demand", {}))
            if demand.max_age is None and is_signed_out_since(user, claims_of_issued(request)):
                return ask_again(request, next_url)
            self._sign_in(request, user, demand)
        except Fault as fault:
            audit.record(Kind.SIGN_IN_REFUSED, user=user, request=request, **reason(request, fault))
            revoke(getattr(request, "issued_tokens", None))
            return problem(request, fault, next_url)
        answer = redirect(next_url or settings.LOGIN_REDIRECT_URL)
        language.remember(answer, str(claims_of(request).get("locale", "")))
        return answer

    def _sign_in(self, request: HttpRequest, user: User, demand: Demand) -> None:
        issued: cognito.Tokens = request.issued_tokens  # type: ignore[attr-defined]  # by the backend
        if not user.is_active:
            raise SwitchedOff
        if is_signed_out_since(user, claims_of_issued(request)):
            raise NotFresh
        passed = demand.check(issued)
        session = session_of(request)
        replaced = tokens_in(session)
        with transaction.atomic():  # one commit; and nobody is in whom the audit log lacks
            auth.login(request, user)
            session.set_expiry(None)  # the site's usual time, not that of an unfinished sign-in
            if passed:
                session[PASSED] = signed_in_at(claims_of_issued(request))
            session.save()
            session.keep_tokens(issued)
            audit.record(Kind.SIGNED_IN, user=user, request=request)
        revoke(replaced)

    def _not_started_here(self, request: HttpRequest, next_url: str) -> HttpResponse:
        """A replayed, bookmarked or forged address: it changes nothing, whoever made it."""
        if "result" in request.GET:  # managed login's page for passkeys, which knows no state
            return redirect(f"{reverse('account_passkey_back')}?{request.GET.urlencode()}")
        if request.user.is_authenticated and "code" in request.GET:
            return redirect(next_url or settings.LOGIN_REDIRECT_URL)
        return problem(request, OutOfDate(), next_url)


class SignOut(View):
    """Ends the session here, the refresh token, and then the session of managed login."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        session = session_of(request)
        held = tokens_in(session)
        if session.person:
            audit.record(Kind.SIGNED_OUT, user=session.person, request=request)
        # Not auth.logout(): it asks who is signed in, which may ask Cognito.
        session.flush()
        request.user = AnonymousUser()
        revoke(held)
        return HttpResponseRedirect(cognito.logout_url())


class OutOfDate(Fault):
    status = 400
    title = "That sign-in page was out of date"
    detail = (
        "It was opened too long ago, from a bookmark, or in another browser, or this browser does not "
        "keep this site’s cookies. Nothing was changed; please sign in again."
    )
    retry_after = None


class Cancelled(Refused):
    title = "You were not signed in"
    detail = "The sign-in was cancelled, or refused. You can start again whenever you like."


class SwitchedOff(Refused):
    title = "Your account is switched off here"
    detail = (
        "You signed in, but an administrator of this site has switched your account off. Ask them, or "
        "sign in as somebody else."
    )


def take_state(request: HttpRequest, state: str) -> dict[str, Any] | None:
    """What this session noted when it started the sign-in with this state, once; None if it did not."""
    started: dict[str, Any] | None = request.session.get("oidc_states", {}).pop(state, None)
    if started is not None:
        request.session.save()  # before the slow call to Cognito: a replay finds it gone
        # Read anew when next used: other tabs may note their states during that call.
        request.session = SessionStore(request.session.session_key)
    return started


def refusal(request: HttpRequest) -> Fault:
    """Cognito's answer to a sign-in that we started, when it is not a code.

    Its description is shown, since a Lambda trigger's explanation comes that way.
    https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
    """
    error = request.GET.get("error", "")[:64]
    description = request.GET.get("error_description", "")[:300]
    logger.warning("sign-in refused by cognito", extra={"error": error})
    if error == "access_denied" or not description:
        return Cancelled()
    return Cancelled(f"The sign-in service says: “{description}”")


def claims_of_issued(request: HttpRequest) -> dict[str, Any]:
    """What the ID token says that the backend has just got and verified."""
    return claims_of_verified(request.issued_tokens.id_token)  # type: ignore[attr-defined]


def ask_again(request: HttpRequest, next_url: str) -> HttpResponse:
    """Back to Cognito, for a sign-in of now."""
    revoke(request.issued_tokens)  # type: ignore[attr-defined]
    query = urlencode({"next": next_url, "max_age": 0})
    return redirect(f"{reverse('oidc_authentication_init')}?{query}")


def tokens_in(session: SessionStore) -> cognito.Tokens | None:
    try:
        return session.tokens
    except SignInAgain:
        return None


def revoke(tokens: cognito.Tokens | None) -> None:
    """Nobody will use them any more: their refresh token must not live on for a month."""
    if tokens and tokens.refresh_token:
        revocation.revoke(tokens.refresh_token)


def reason(request: HttpRequest, fault: Fault) -> dict[str, str]:
    """Why somebody was not signed in, for the audit log: our words, and Cognito's code if it is one."""
    code = request.GET.get("error", "")
    told = {"cognito": code} if re.fullmatch("[a-z_]{1,64}", code) else {}
    return {"reason": fault.title, **told}


def problem(request: HttpRequest, fault: Fault, next_url: str) -> HttpResponse:
    """The page for a sign-in that failed: what happened, and one button that starts again."""
    # Who was refused as who they are gets to be somebody else: managed login would not ask.
    again = {"next": next_url, **({"max_age": 0} if isinstance(fault, SwitchedOff) else {})}
    context = {"title": fault.title, "detail": fault.detail, "again": urlencode(again)}
    return render(request, "sign_in_problem.html", context, status=fault.status)
