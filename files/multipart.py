"""Reading a form's files under the names that they have.

Django drops all that `str.isprintable` calls unprintable, which breaks Persian words and emoji apart,
and makes a name that files.paths would refuse into one that it accepts. And it ends a temporary
file's name with the uploaded one's suffix, which may be longer than a file system allows.
"""

import html
import unicodedata
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.files.uploadhandler import (
    FileUploadHandler,
    MemoryFileUploadHandler,
    TemporaryFileUploadHandler,
)
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParser

View = Callable[..., HttpResponse]


def keeps_names(view: View) -> View:
    """For a view whose form has files; what is around it must not have read the form yet."""

    @wraps(view)
    def reading(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.upload_handlers = [_Whole(request)]
        return view(request, *args, **kwargs)

    return reading


class _Parser(MultiPartParser):
    def sanitize_file_name(self, file_name: str) -> str | None:
        """The last component; control characters become one that is refused with a message."""
        name = html.unescape(file_name).rpartition("/")[2].rpartition("\\")[2]
        kept = ("\x7f" if unicodedata.category(one) in {"Cc", "Cs"} else one for one in name)
        return "".join(kept) if name not in {"", ".", ".."} else None


class _Whole(FileUploadHandler):
    """Takes the parsing over, for lack of a setting that names the parser."""

    def handle_raw_input(self, input_data: Any, META: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG002, N803
        handlers = [MemoryFileUploadHandler(self.request), _Spool(self.request)]
        return _Parser(
            META, input_data, handlers, self.request.encoding if self.request else None
        ).parse()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        raise NotImplementedError

    def file_complete(self, file_size: int) -> None:
        raise NotImplementedError


class _Spool(TemporaryFileUploadHandler):
    def new_file(self, *args: Any, **kwargs: Any) -> None:
        FileUploadHandler.new_file(self, *args, **kwargs)
        about = (self.content_type, 0, self.charset, self.content_type_extra)
        self.file = TemporaryUploadedFile("upload", *about)
        self.file.name = self.file_name
