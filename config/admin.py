"""Django admin, entered through Cognito: nobody has a password here."""

from typing import Any, Never
from urllib.parse import urlencode

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.views import SignOut


class Site(AdminSite):
    site_header = "Strongbox administration"
    site_title = "Strongbox administration"
    index_title = "People and files"

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # noqa: ARG002
        """To Cognito, and back to the page asked for; a plain no for people who are not staff."""
        if request.user.is_authenticated:
            raise PermissionDenied
        query = urlencode({"next": request.GET.get("next", reverse("admin:index"))})
        return redirect(f"{reverse('oidc_authentication_init')}?{query}")

    def logout(  # type: ignore[override]  # Django's renders a page, ours goes on to Cognito
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        return SignOut().post(request)

    def password_change(
        self,
        request: HttpRequest,  # noqa: ARG002
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> Never:
        raise Http404

    password_change_done = password_change
