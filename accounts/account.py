"""The account page: people see and change what Cognito and this site hold about them.

No address names anybody: each of these views is about who makes the request, by their own access token.
"""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import View

from accounts import activity, audit, cognito, language, leaving, rights, sessions, user_pool
from accounts.account_pages import (
    FormPage,
    OfTheUserPool,
    as_the_person,
    identity_of,
    person_of,
    provider_of,
)
from accounts.faults import Fault, SignInAgain
from accounts.forms import PASSWORD_POLICY, CodeForm, EmailForm, LeavingForm, PasswordForm, ProfileForm
from accounts.models import Kind
from accounts.sessions import SessionStore, session_of
from accounts.step_up import FreshSignInMixin
from accounts.user_pool import NotAccepted, Profile

NEW_EMAIL = "new_email"  # in the session: the address that a code was sent to
NO_EMAIL = "delete my account"  # what somebody without an address types instead of it


@never_cache
@require_safe
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """All of it at a glance; what only Cognito knows is left out while it does not answer."""
    user, identity = person_of(request), identity_of(request)
    profile = _profile(request)
    last_said = {"name": user.name, "email": user.email, "locale": identity.locale}
    known = profile.attributes if profile else last_said
    context = {
        "profile": profile,
        "name": known.get("name", ""),
        "email": known.get("email", ""),
        "unverified": known.get("email_verified") == "false",
        "language": language.LANGUAGES.get(language.nearest(known.get("locale", "")), ""),
        "provider": provider_of(request),
        "passkeys": settings.COGNITO_PASSKEYS,
        "memberships": rights.of(user),
        "happenings": activity.recent(user),
    }
    return render(request, "account/overview.html", context)


class ProfilePage(FormPage):
    template = "account/profile.html"
    form_class = ProfileForm

    def initial(self) -> dict[str, str]:
        identity = identity_of(self.request)
        return {"name": identity.name, "locale": language.nearest(identity.locale)}

    def context(self) -> dict[str, Any]:
        return {"provider": provider_of(self.request)}

    def save(self, typed: dict[str, Any], access_token: str) -> HttpResponse:
        before = self.initial()
        changed = {name: value for name, value in typed.items() if value != before[name]}
        if changed:
            user_pool.update_attributes(access_token, changed)
            names = ["language" if name == "locale" else name for name in changed]
            audit.record(
                Kind.PROFILE_CHANGED,
                user=person_of(self.request),
                request=self.request,
                attributes=names,
            )
            _renew(self.request)
        messages.success(self.request, "Your profile is saved.")
        response = redirect("account")
        language.remember(response, typed["locale"])
        return response


class EmailPage(OfTheUserPool, FreshSignInMixin, FormPage):
    """Where the new address is typed; a code goes there."""

    max_age = 900
    template = "account/email.html"
    form_class = EmailForm

    def save(self, typed: dict[str, Any], access_token: str) -> HttpResponse:
        if typed["email"].casefold() == person_of(self.request).email.casefold():
            raise NotAccepted.of("email", "This is your address already.")
        user_pool.request_email_change(access_token, typed["email"])
        self.request.session[NEW_EMAIL] = typed["email"]
        return redirect("account_email_code")


class EmailCodePage(OfTheUserPool, FormPage):
    """Where the code is typed that proves the new address to be theirs."""

    template = "account/email_code.html"
    form_class = CodeForm

    def get(self, request: HttpRequest) -> HttpResponse:
        return super().get(request) if NEW_EMAIL in request.session else redirect("account_email")

    def post(self, request: HttpRequest) -> HttpResponse:
        return super().post(request) if NEW_EMAIL in request.session else redirect("account_email")

    def context(self) -> dict[str, Any]:
        return {"new_email": self.request.session.get(NEW_EMAIL, "")}

    def save(self, typed: dict[str, Any], access_token: str) -> HttpResponse:
        user_pool.verify_email(access_token, typed["code"])
        self.request.session.pop(NEW_EMAIL, None)
        audit.record(Kind.EMAIL_CHANGED, user=person_of(self.request), request=self.request)
        _renew(self.request)
        messages.success(self.request, "Your e-mail address is changed. Sign in with it from now on.")
        return redirect("account")


@never_cache
@require_POST
@login_required
def resend_email_code(request: HttpRequest) -> HttpResponse:
    """Another code to the address that the session already asked for, and to no other."""
    new_email = request.session.get(NEW_EMAIL)
    if new_email is None:
        return redirect("account_email")
    with as_the_person(request) as access_token:
        user_pool.request_email_change(access_token, new_email)
    messages.success(request, "Another code is on its way. Only the newest one works.")
    return redirect("account_email_code")


class PasswordPage(OfTheUserPool, FormPage):
    template = "account/password.html"
    form_class = PasswordForm

    def context(self) -> dict[str, Any]:
        return {"policy": PASSWORD_POLICY}

    def save(self, typed: dict[str, Any], access_token: str) -> HttpResponse:
        user_pool.change_password(access_token, old=typed["old"], new=typed["new"])
        audit.record(Kind.PASSWORD_CHANGED, user=person_of(self.request), request=self.request)
        messages.success(
            self.request,
            "Your password is changed. Other browsers stay signed in: if somebody else may have known "
            "the old one, sign out everywhere as well.",
        )
        return redirect("account")


class SignOutEverywhere(View):
    """Ends the sessions here whatever Cognito says, and those at Cognito if it answers."""

    http_method_names = ("get", "head", "post")

    @method_decorator([never_cache, login_required])
    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "account/sign_out.html")

    def post(self, request: HttpRequest) -> HttpResponse:
        # Not request.user: it asks who is signed in, which may ask Cognito.
        session = session_of(request)
        person = session.person
        if person is None:
            return redirect(settings.LOGIN_URL)
        ended = _end_at_cognito(session)
        if not ended:
            messages.warning(
                request,
                "You are signed out of this site in every browser. The sign-in service did not confirm "
                "it, so other apps may still know you: sign in and do this again.",
            )
        audit.record(Kind.SIGNED_OUT_EVERYWHERE, user=person, request=request)
        sessions.end_all(person, revoke=not ended)
        return _leave(request)


class DeletePage(FreshSignInMixin, FormPage):
    max_age = 300
    template = "account/delete.html"
    form_class = LeavingForm

    def more(self) -> dict[str, Any]:
        return {"phrase": self._phrase}

    def context(self) -> dict[str, Any]:
        return {"phrase": self._phrase, "by_email": self._phrase != NO_EMAIL}

    def save(self, typed: dict[str, Any], access_token: str) -> HttpResponse:  # noqa: ARG002
        if leaving.delete_account(self.request, person_of(self.request)):
            messages.success(self.request, "Your account is deleted, and everything that you kept here.")
        else:
            messages.warning(
                self.request,
                "Everything that you kept here is deleted. The sign-in service did not confirm that "
                "your sign-in is deleted as well: if it still works, sign in and delete it again.",
            )
        return _leave(self.request)

    @property
    def _phrase(self) -> str:
        return person_of(self.request).email or NO_EMAIL


def _profile(request: HttpRequest) -> Profile | None:
    try:
        with as_the_person(request) as access_token:
            return user_pool.profile(access_token)
    except SignInAgain:
        raise
    except Fault:
        return None


def _renew(request: HttpRequest) -> None:
    """New tokens, which say what has changed. If there are none now, the next refresh brings them."""
    try:
        session_of(request).renew_now()
    except SignInAgain:
        raise
    except Fault:
        return


def _end_at_cognito(session: SessionStore) -> bool:
    """Whether no refresh token of the person's works any more, at any app."""
    try:
        session.keep_fresh()
        user_pool.global_sign_out(session.tokens.access_token)
    except Fault:  # SignInAgain too: what has ended may be this sign-in alone
        return False
    return True


def _leave(request: HttpRequest) -> HttpResponse:
    """To Cognito's /logout, and from there to the front page, as nobody."""
    request.session.flush()
    request.user = AnonymousUser()
    return HttpResponseRedirect(cognito.logout_url())
