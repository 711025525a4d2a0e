"""What the account's pages have in common: who may see them, a form, and Cognito's answer to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import View

from accounts import claims
from accounts.claims import Identity
from accounts.faults import Fault, Refused, SignInAgain
from accounts.models import User
from accounts.sessions import session_of
from accounts.step_up import claims_of

# Cognito's names for providers, where they are not what people call them.
PROVIDERS = {"LoginWithAmazon": "Amazon", "SignInWithApple": "Apple"}


class ManagedElsewhere(Refused):
    title = "This is managed elsewhere"

    def __init__(self, provider: str) -> None:
        super().__init__(f"You sign in with {provider}, so this is changed there, not here.")


def person_of(request: HttpRequest) -> User:
    return cast(User, request.user)  # login_required has made sure


def identity_of(request: HttpRequest) -> Identity:
    """What the session's ID token says of the person."""
    return claims.identity(claims_of(request))


def provider_of(request: HttpRequest) -> str:
    """Whom the person signs in with, in everyday words; "" for the user pool itself."""
    provider = identity_of(request).provider
    return PROVIDERS.get(provider, provider)


@contextmanager
def as_the_person(request: HttpRequest) -> Iterator[str]:
    """Their access token. Whom Cognito does not know any more is not signed in here either."""
    try:
        yield session_of(request).tokens.access_token
    except SignInAgain:
        session_of(request).flush()
        request.user = AnonymousUser()
        raise


@method_decorator([never_cache, login_required], name="dispatch")
class FormPage(View):
    """A page with one form. `save` makes the change, and answers with where to go next."""

    http_method_names = ("get", "head", "post")
    template: str
    form_class: type[forms.Form]

    def get(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002 - others look at it
        return self.show(self.form_class(initial=self.initial(), **self.more()))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.form_class(request.POST, **self.more())
        if not form.is_valid():
            return self.show(form, 422)
        try:
            with as_the_person(request) as access_token:
                return self.save(form.cleaned_data, access_token)
        except SignInAgain:
            raise
        except Fault as fault:  # on the page itself, so that what was typed stays
            return self.complain(form, fault)

    def save(self, typed: dict[str, Any], access_token: str) -> HttpResponse:
        raise NotImplementedError

    def initial(self) -> dict[str, str]:
        return {}

    def more(self) -> dict[str, Any]:
        """What else the form's constructor wants."""
        return {}

    def context(self) -> dict[str, Any]:
        """What else the template shows."""
        return {}

    def show(self, form: forms.Form, status: int = 200) -> HttpResponse:
        return render(self.request, self.template, {"form": form, **self.context()}, status=status)

    def complain(self, form: forms.Form, fault: Fault) -> HttpResponse:
        """Each error at its field, and what is no field's above them all."""
        for field, words in fault.errors.items():
            form.add_error(field if field in form.fields else None, words)
        if not fault.errors:
            form.add_error(None, fault.detail)
        response = self.show(form, fault.status)
        if fault.retry_after is not None:
            response["Retry-After"] = str(fault.retry_after)
        return response


class OfTheUserPool(View):
    """Only for people whom the user pool itself signs in; raises ManagedElsewhere for others."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and (provider := provider_of(request)):
            raise ManagedElsewhere(provider)
        return super().dispatch(request, *args, **kwargs)
