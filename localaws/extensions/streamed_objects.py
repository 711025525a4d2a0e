"""A large object is sent from its file, piece by piece, and of a Range only what was asked for.

ministack reads the whole file into memory for every GET, a Range of a few bytes too.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/range-get-olap.html
"""

import asyncio
from contextlib import closing
from contextvars import ContextVar
from pathlib import Path
from typing import Any, BinaryIO

from localaws.seam import Function, replace

SMALL = 8 * 1024 * 1024  # bytes; an object of up to this size is read as ministack does
PIECE = 512 * 1024

_getting: ContextVar[bool] = ContextVar("getting", default=False)


def install() -> None:
    from ministack.services import s3

    replace(s3, "_read_body", _leave_on_disk)
    replace(s3, "_dispatch", _stream)


class Slice:
    """Bytes of an open file, which stays the same file though the object is replaced or deleted."""

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        self.file, self.start, self.end = file, start, end

    def __len__(self) -> int:
        return self.end - self.start

    def __getitem__(self, cut: slice) -> "Slice":
        start, end, _ = cut.indices(len(self))
        return Slice(self.file, self.start + start, self.start + max(start, end))

    async def send(self, send: Any, receive: Any) -> None:
        gone = asyncio.ensure_future(_disconnect(receive))
        try:
            with closing(self.file) as file:
                file.seek(self.start)
                left = len(self)
                while left and not gone.done():
                    piece = file.read(min(left, PIECE))
                    if not piece:  # cut short meanwhile: the client sees that some is missing
                        return
                    left -= len(piece)
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                    await asyncio.sleep(0)  # other requests have their turn
            if not left:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()


async def _disconnect(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _leave_on_disk(original: Function) -> Function:
    def _read_body(bucket_name: str, key: str, record: dict[str, Any]) -> Any:
        from ministack.services import s3

        if not _getting.get() or record.get("body") is not None or record["size"] <= SMALL:
            return original(bucket_name, key, record)
        return Slice(Path(s3._object_disk_path(bucket_name, key)).open("rb"), 0, record["size"])

    return _read_body


def _stream(original: Function) -> Function:
    def _dispatch(method: str, *arguments: Any) -> Any:
        from ministack.core.responses import StreamingResponse

        token = _getting.set(method == "GET")
        try:
            status, headers, body = original(method, *arguments)
        finally:
            _getting.reset(token)
        return status, headers, StreamingResponse(body.send) if isinstance(body, Slice) else body

    return _dispatch
