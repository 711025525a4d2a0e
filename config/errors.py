"""Failures become answers, here only: a page for people, an RFC 9457 problem document under /api/."""

import logging
import sys
from http import HTTPStatus
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from accounts import problems
from accounts.faults import Fault, NothingHere, SignInAgain, Unavailable
from accounts.problems import reference

logger = logging.getLogger(__name__)

PROBLEM = "application/problem+json"


def answer(request: HttpRequest, fault: Fault) -> HttpResponse:
    """What the person, or their program, gets to see of a fault, and a line in the log."""
    seen = {
        "reference": reference(request),
        "fault": type(fault).__name__,
        "status": fault.status,
    }
    logger.warning("fault", extra=seen)
    if is_api(request):
        response: HttpResponse = problem(
            request, fault.status, fault.detail, title=fault.title, errors=fault.errors
        )
        if fault.status == HTTPStatus.UNAUTHORIZED:
            response["WWW-Authenticate"] = "Bearer"
    else:
        context = {
            "title": fault.title,
            "detail": fault.detail,
            "retry_after": fault.retry_after,
            "sign_in": isinstance(fault, SignInAgain),
        }
        response = page(request, "error.html", fault.status, context)
    if fault.retry_after is not None:
        response["Retry-After"] = str(fault.retry_after)
    return response


def problem(
    request: HttpRequest,
    status: int,
    detail: str,
    *,
    title: str = "",
    errors: dict[str, str] | None = None,
) -> JsonResponse:
    """A problem document: type, title, status, detail, reference, and errors by field."""
    body = problems.document(request, status, detail, title=title, errors=errors)
    return JsonResponse(body, status=status, content_type=PROBLEM)


def as_problem(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The response, or if it is an error in another form (a wrong method, say) a problem document."""
    fine = response.status_code < HTTPStatus.BAD_REQUEST
    if fine or response.get("Content-Type") == PROBLEM:
        return response
    told = problem(request, response.status_code, HTTPStatus(response.status_code).description)
    for name in {"Allow", "Retry-After", "WWW-Authenticate"} & set(response.headers):
        told[name] = response[name]
    return told


def page(
    request: HttpRequest, template: str, status: int, context: dict[str, Any] | None = None
) -> HttpResponse:
    """The error page, which must not fail where the request did: in telling who is asking."""
    context = {"reference": reference(request), **(context or {})}
    try:
        try:
            bool(request.user.is_authenticated)
        except (AttributeError, Fault):
            request.user = AnonymousUser()
        return render(request, template, context, status=status)
    except (DatabaseError, InterfaceError):  # which knows who asks, and what else to tell them
        return render(None, template, context, status=status)


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


class DatabaseAway(Unavailable):
    """It is locked for longer than we wait, or does not answer."""

    title = "The site is too busy at the moment"
    detail = "Something could not be looked up, or written down. Please try again in a moment."


def fault_of(error: BaseException | None) -> Fault | None:
    """The fault that an exception means, if it means one; None is our own failure.

    https://peps.python.org/pep-0249/#operationalerror: not necessarily under the programmer's control.
    """
    if isinstance(error, OperationalError | InterfaceError):
        said = str(error).partition("\n")[0]
        logger.error("database away", extra={"error": type(error).__name__, "said": said})
        return DatabaseAway()
    return error if isinstance(error, Fault) else None


# --- What Django itself refuses --------------------------------------------------------------------


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    if is_api(request):
        return problem(request, 400, "This request could not be read.")
    return page(request, "400.html", 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    if is_api(request):
        return problem(request, 403, "Your account is not permitted to do this.")
    return page(request, "403.html", 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    if is_api(request):
        return problem(request, NothingHere.status, NothingHere.detail)
    return page(request, "404.html", 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """For what was raised outside of a view, where config.middleware.Faults does not see it."""
    fault = fault_of(sys.exception())
    if fault is not None:
        return answer(request, fault)
    if is_api(request):
        return problem(request, 500, "This is our fault. Nothing you kept here was changed by it.")
    # Without the context processors: one of them may be what broke.
    return render(None, "500.html", {"reference": reference(request)}, status=500)


def form_out_of_date(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """A form without a valid CSRF token: most often a page from before the last sign-in."""
    return answer(request, FormOutOfDate())


class FormOutOfDate(Fault):
    status = 403
    title = "This page was out of date"
    detail = (
        "It was opened before you last signed in, or your browser does not keep this site’s cookies. "
        "Nothing was changed. Go back, reload the page, and try again."
    )
    retry_after = None
