"""An authenticator app (TOTP) for one's sign-in: add, confirm, remove.

The secret is on one page, once: it is neither kept in the session nor shown again.
"""

from typing import Any
from urllib.parse import quote, urlencode

import segno
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator

from accounts import audit, user_pool
from accounts.account_pages import FormPage, OfTheUserPool, as_the_person, person_of
from accounts.forms import AppCodeForm
from accounts.models import Kind
from accounts.step_up import FreshSignInMixin

ISSUER = "Strongbox"  # what the app calls the entry
LONGEST_NAME = 60  # characters, each up to twelve of the address: a QR code of more is hard to scan
MAX_AGE = 900  # seconds; somebody at an unlocked screen must not change how its owner signs in


class AddPage(OfTheUserPool, FreshSignInMixin, FormPage):
    """Says what it is about; then, asked by a POST, shows a new secret and asks for a code of it."""

    max_age = MAX_AGE
    template = "account/authenticator.html"
    form_class = forms.Form

    def post(self, request: HttpRequest) -> HttpResponse:
        with as_the_person(request) as access_token:
            secret = user_pool.begin_totp(access_token)
        address = _otpauth(secret, str(person_of(request)))
        context = {
            "form": AppCodeForm(),
            "groups": [secret[at : at + 4] for at in range(0, len(secret), 4)],
            "address": address,
            "qr": _qr(address),
        }
        return render(request, "account/authenticator_secret.html", context)


class ConfirmPage(OfTheUserPool, FreshSignInMixin, FormPage):
    """Takes the app's first code; a wrong one can be followed by another, without the secret."""

    max_age = MAX_AGE
    template = "account/authenticator_confirm.html"
    form_class = AppCodeForm

    def get(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002
        return redirect("account_authenticator")

    def save(self, typed: dict[str, Any], access_token: str) -> HttpResponse:
        user_pool.confirm_totp(access_token, typed["code"])
        audit.record(Kind.MFA_TURNED_ON, user=person_of(self.request), request=self.request)
        messages.success(
            self.request, "Your authenticator app is added. You are asked for its code when you sign in."
        )
        return redirect("account")


class RemovePage(OfTheUserPool, FreshSignInMixin, FormPage):
    max_age = MAX_AGE
    template = "account/authenticator_remove.html"
    form_class = forms.Form

    def save(self, typed: dict[str, Any], access_token: str) -> HttpResponse:  # noqa: ARG002
        user_pool.remove_totp(access_token)
        audit.record(Kind.MFA_TURNED_OFF, user=person_of(self.request), request=self.request)
        messages.success(self.request, "Your authenticator app is removed. Your password is enough now.")
        return redirect("account")


def _otpauth(secret: str, who: str) -> str:
    """https://github.com/google/google-authenticator/wiki/Key-Uri-Format"""
    query = urlencode({"secret": secret, "issuer": ISSUER})
    return f"otpauth://totp/{ISSUER}:{quote(Truncator(who).chars(LONGEST_NAME))}?{query}"


def _qr(text: str) -> SafeString:
    """As SVG for the page itself: an image's address would have the secret in it, and in logs."""
    code = segno.make_qr(text, error="m")
    svg: str = code.svg_inline(omitsize=True, svgclass=None, lineclass=None, light="#fff")
    return mark_safe(svg)  # noqa: S308 - only segno's paths, none of the text
