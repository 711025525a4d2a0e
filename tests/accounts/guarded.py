"""A site with two pages behind step-up, for its tests: one as functions, one as classes."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.generic import View

from accounts.step_up import FreshSignInMixin, RequireMFAMixin, fresh_sign_in, require_mfa


@fresh_sign_in(max_age=300)
def fresh(request: HttpRequest) -> HttpResponse:
    return HttpResponse("fresh enough")


@require_mfa
def strong(request: HttpRequest) -> HttpResponse:
    return HttpResponse("strong enough")


class Both(FreshSignInMixin, RequireMFAMixin, View):
    max_age = 300

    def get(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002
        return HttpResponse("fresh and strong enough")


urlpatterns = [
    path("fresh/", fresh),
    path("strong/", strong),
    path("both/", Both.as_view()),
    path("", include("config.urls")),
]
