"""Problem documents (RFC 9457): their one shape, for a whole answer and for one result of many."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest

from accounts.faults import Fault

BLANK = "about:blank"  # RFC 9457: the type of a problem that its status already explains


def document(
    request: HttpRequest,
    status: int,
    detail: str,
    *,
    title: str = "",
    errors: dict[str, str] | None = None,
) -> dict[str, Any]:
    """type, title, status, detail, reference, and errors by field if there are any."""
    body: dict[str, Any] = {
        "type": BLANK,
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "reference": reference(request),
    }
    if errors:
        body["errors"] = errors
    return body


def of(request: HttpRequest, fault: Fault) -> dict[str, Any]:
    return document(request, fault.status, fault.detail, title=fault.title, errors=fault.errors)


def reference(request: HttpRequest) -> str:
    """The number that config.middleware.RequestLog writes into this request's log line."""
    return getattr(request, "reference", "")
