"""A stand-in for S3 that only fails: with a given answer, with silence, or by hanging up."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any


@dataclass
class Failure:
    """status and code of an XML answer; or `slow`: none until the server stops; or `reset`.

    text, headers: of an answer that is no error, but nonsense.
    """

    status: int = 0
    code: str = ""
    slow: bool = False
    reset: bool = False
    text: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def body(self) -> bytes:
        if self.text:
            return self.text.encode()
        secret = "<AWSAccessKeyId>AKIASECRET</AWSAccessKeyId>"
        return f"<Error><Code>{self.code}</Code><Message>internal {secret}</Message></Error>".encode()


@dataclass
class FakeS3:
    url: str
    failure: Failure = field(default_factory=Failure)
    calls: list[tuple[str, str]] = field(default_factory=list)
    stopping: Event = field(default_factory=Event)


@contextmanager
def fake_s3() -> Iterator[FakeS3]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    fake = FakeS3(f"http://127.0.0.1:{server.server_port}")
    server.fake = fake  # type: ignore[attr-defined]
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield fake
    finally:
        fake.stopping.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def _handle(self) -> None:
        fake: FakeS3 = self.server.fake  # type: ignore[attr-defined]
        fake.calls.append((self.command, self.path))
        if fake.failure.slow:
            fake.stopping.wait(30)
        self.close_connection = True
        if fake.failure.slow or fake.failure.reset:
            return
        self.send_response(fake.failure.status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(fake.failure.body)))
        self.send_header("Connection", "close")
        for header in fake.failure.headers:
            self.send_header(*header)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(fake.failure.body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _handle  # noqa: N815 - http.server calls them so

    def log_message(self, *_: Any) -> None:
        """Quiet."""
