"""What stands around every request: its log line, the probes, and answers to faults."""

import logging
import secrets
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from accounts import problems
from config import errors, health

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
        response["X-Reference"] = problems.reference(request)
        logger.info(
            "request",
            extra={
                "reference": problems.reference(request),
                "method": request.method,
                "path": request.path,
                "status": response.status_code,
                "milliseconds": round(1000 * (time.perf_counter() - started), 1),
            },
        )
        return response


class Probes:
    """Answers /healthz and /readyz before the Host header is looked at.

    Load balancers ask by address, which is no name of the site's.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe = health.PROBES.get(request.path)
        return probe(request) if probe else self.get_response(request)


class Faults:
    """A Fault that a view lets through becomes its page or problem document; so does a database away.

    Under /api/ whatever fails is a problem document, and nothing is cached: answers hold presigned
    URLs.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if errors.is_api(request):
            response = errors.as_problem(request, response)
            response.setdefault("Cache-Control", "no-store")
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        fault = errors.fault_of(exception)
        return errors.answer(request, fault) if fault is not None else None
