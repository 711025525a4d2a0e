"""Django admin, entered through Cognito: nobody has a password here."""

from functools import wraps
from typing import Any, Never, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import DataError, NotSupportedError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts.step_up import fresh_sign_in, require_mfa
from accounts.views import SignOut

SIGN_IN_MAX_AGE = 3600  # seconds after which an administrator is asked for the password again


class Site(AdminSite):
    site_header = "Strongbox administration"
    site_title = "Strongbox administration"
    index_title = "People and files"

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # noqa: ARG002
        """To Cognito, and back to the page asked for; a plain no for people who are not staff."""
        if request.user.is_authenticated:
            raise PermissionDenied
        query = {"next": request.GET.get("next", reverse("admin:index"))}
        if settings.ADMIN_REQUIRES_MFA:  # asked for at once, not after a sign-in without it
            query["mfa"] = "1"
        return redirect(f"{reverse('oidc_authentication_init')}?{urlencode(query)}")

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """As Django's, for a recent sign-in (with MFA, where settings say so).

        What the database cannot look for (?created_at__year=0) is told to whoever asked for it.
        """

        @fresh_sign_in(max_age=SIGN_IN_MAX_AGE)
        @wraps(view)
        def careful(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if any(name.endswith("regex") for name in request.GET):
                raise SuspiciousOperation("patterns are nobody's to choose")
            try:
                answer: HttpResponse = view(request, *args, **kwargs)
            except (OverflowError, ValueError, DataError, NotSupportedError) as error:
                if not (request.GET or ACTION_CHECKBOX_NAME in request.POST):
                    raise
                raise SuspiciousOperation("a value out of range") from error
            return answer

        with_mfa = require_mfa(careful)

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            # Asked at each request: some addresses are made once, others for each of them.
            chosen = with_mfa if settings.ADMIN_REQUIRES_MFA else careful
            return chosen(request, *args, **kwargs)

        return super().admin_view(guarded, cacheable)

    def logout(  # type: ignore[override]  # Django's renders a page, ours goes on to Cognito
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        return cast("HttpResponse", SignOut.as_view()(request))  # which takes a POST only

    def password_change(
        self,
        request: HttpRequest,  # noqa: ARG002
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> Never:
        raise Http404

    password_change_done = password_change
