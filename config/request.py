"""The request as this site reads it."""

from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.utils.http import parse_header_parameters


class Request(WSGIRequest):
    """Takes every request for UTF-8, whatever codec its Content-Type names.

    Django would look that name up before any of our code runs, and a few of Python's codecs ("hex",
    "undefined") break it then: a bare 500, out of reach of config.errors.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
