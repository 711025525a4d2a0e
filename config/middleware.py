"""One log line a request, and faults turned into answers."""

import logging
import secrets
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from accounts.faults import Fault
from config import errors

logger = logging.getLogger("config.requests")

Handler = Callable[[HttpRequest], HttpResponse]


class RequestLog:
    """Writes one structured line a request, with the reference number that error pages show.

    The query string stays out: it carries authorization codes and search terms.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        request.reference = secrets.token_hex(5)  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Reference"] = errors.reference(request)
        logger.info(
            "request",
            extra={
                "reference": errors.reference(request),
                "method": request.method,
                "path": request.path,
                "status": response.status_code,
                "milliseconds": round(1000 * (time.perf_counter() - started), 1),
            },
        )
        return response


class Faults:
    """A Fault that a view lets through becomes its page or problem document."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return errors.answer(request, exception) if isinstance(exception, Fault) else None
