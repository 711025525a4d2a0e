"""The JSON API: who may call it, how it documents itself, and how it says no."""

from collections.abc import Sequence

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import RawPostDataException
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from accounts.authentication import IdToken, SessionCookie
from accounts.faults import Fault, SignInAgain
from config import errors
from files.api import router as files
from files.upload_api import router as uploads

api = NinjaAPI(
    title="Strongbox",
    version="1",
    description=(
        "Keep files under your own S3 prefix. Sign in with the site’s session cookie (then send the "
        "CSRF token as X-CSRFToken), or send a user pool ID token as a bearer token. With the cookie, "
        "X-Person may name the user whom the page was made for: nobody else is answered then. Errors "
        "are problem documents (RFC 9457)."
    ),
    urls_namespace="api",
    auth=[IdToken(), SessionCookie()],
    servers=[{"url": settings.SITE_URL}],
)
api.add_router("", uploads)
api.add_router("", files)


@api.exception_handler(Fault)
def failed(request: HttpRequest, fault: Fault) -> HttpResponse:
    return errors.answer(request, fault)


@api.exception_handler(ValidationError)
def malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """422 with each field's complaint; what was sent is not repeated."""
    fields = {_field(one["loc"]): str(one["msg"]) for one in error.errors}
    return errors.problem(
        request, 422, "Some of what you sent cannot be used.", title="Malformed", errors=fields
    )


@api.exception_handler(AuthenticationError)
def unauthenticated(request: HttpRequest, error: AuthenticationError) -> HttpResponse:  # noqa: ARG001
    return errors.answer(request, SignInAgain("Sign in, or send a valid ID token as a bearer token."))


@api.exception_handler(HttpError)
def refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    """ninja's own: a body that is not JSON, a missing CSRF token."""
    status = 422 if error.status_code == 400 else error.status_code
    return errors.problem(request, status, error.message)


@api.exception_handler(RawPostDataException)
def not_json(request: HttpRequest, error: RawPostDataException) -> HttpResponse:  # noqa: ARG001
    """A form, which the CSRF check has read before ninja could."""
    return errors.problem(request, 415, "Send JSON, as application/json.")


@api.exception_handler(Http404)
def missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return errors.not_found(request, error)


def _field(location: Sequence[object]) -> str:
    """("body", "data", "parts", 0, "etag") is "parts.0.etag" to the one who sent it."""
    source, *steps = (str(step) for step in location)
    if source in {"body", "form"} and len(steps) > 1:
        steps = steps[1:]  # the name of the operation's parameter, which is nobody's business
    return ".".join(steps) or source
