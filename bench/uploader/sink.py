"""An S3 on loopback that reads as fast as a network would carry, counts, and throws away.

Simulated: the rate of the link (all connections together) and of each connection, by pausing reads; the
round trip, added to each answer and to the first request of each connection. Requests of a server's own
(boto3's, by their User-Agent) are neither slowed nor delayed: a site lies beside its S3.
Not simulated: loss, slow start, queues on the way, TLS. So what is measured is what an uploader makes of
a steady network, and a real one is worse for everybody.
The kernel would take megabytes before anything is read. So receive buffers are as large as what would be
under way on such a network (rate × round trip), and segments of Ethernet's size keep send buffers small:
what the sender believes to have sent is near to what was.
"""

import asyncio
import socket
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

from bench.uploader.link import EXPIRED, SLOW_DOWN, Link
from bench.uploader.shaping import MOST, Clock, now
from bench.uploader.store import Answer

HEAD = 64 * 1024  # the longest head of a request
SEGMENT = 1460  # bytes; loopback's own would be 64 KiB, and send buffers grow with it
LEAST_BUFFER, OPEN_BUFFER = 128 * 1024, 2 * 1024 * 1024
OWN_SERVER = ("Boto3/", "Botocore/", "MinIO")

_scrap = memoryview(bytearray(MOST))  # where all bodies are read to

EXPOSED = "ETag, x-amz-checksum-sha256"


class Connection(asyncio.BufferedProtocol):
    """One connection; HTTP/1.1 with Content-Length, one request at a time."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self._clock = Clock(link.shape.per_connection)
        self._head = bytearray()
        self._own = False  # until a head tells
        self._left = -1  # bytes of the body still to come; -1: the head is being read
        self._body: bytearray | None = None  # of anything but a PUT

    # --- asyncio ----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._ready = now() + self.link.shape.rtt  # the handshake takes a round trip
        self.link.counted.connections += 1
        self.link.open.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.link.open.discard(self._transport)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002
        return _scrap[: self.link.shape.read_size]

    def buffer_updated(self, count: int) -> None:
        read = count
        data = _scrap[:count]
        while len(data):
            data = self._read_head(data) if self._left < 0 else self._read_body(data)
        self._pace(read)

    def eof_received(self) -> bool:
        return False

    # --- Requests ---------------------------------------------------------------------------------

    def _read_head(self, data: memoryview) -> memoryview:
        """What follows the head, if its end is in the data."""
        before = len(self._head)
        self._head += data
        end = self._head.find(b"\r\n\r\n", max(0, before - 3))
        if end < 0:
            if len(self._head) > HEAD:
                self._transport.abort()
            return data[len(data) :]
        head, self._head = self._head[:end].decode("latin-1"), bytearray()
        self._open(head)
        return data[end + 4 - before :]

    def _open(self, head: str) -> None:
        request, *lines = head.split("\r\n")
        self._method, target, _ = request.split(" ")
        named = (line.partition(":") for line in lines)
        self._headers = {name.lower(): text.strip() for name, _, text in named}
        parts = urlsplit(target)
        self._path, self._query = parts.path, dict(parse_qsl(parts.query, keep_blank_values=True))
        self._own = self._headers.get("user-agent", "").startswith(OWN_SERVER)
        self._left = int(self._headers.get("content-length", 0))
        self._body = None if self._method == "PUT" else bytearray()
        if self._method == "PUT" and self.link.expired(self._signed_at()):
            self._refuse_unread()
        elif self._headers.get("expect"):
            self._later(lambda: self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n"))
        if not self._left:
            self._finish()

    def _signed_at(self) -> str:
        return self._query.get("X-Amz-Date") or self._headers.get("x-amz-date", "")

    def _read_body(self, data: memoryview) -> memoryview:
        here = data[: self._left]
        if self._body is None:
            self.link.receive(len(here))
        else:
            self._body += here
        self._left -= len(here)
        if not self._left:
            self._finish()
        return data[len(here) :]

    def _finish(self) -> None:
        self._left = -1
        if self._method == "OPTIONS":
            asked = self._headers.get("access-control-request-headers", "")
            allowed = {"Access-Control-Allow-Methods": "GET, HEAD, PUT, POST, DELETE"}
            more = {"Access-Control-Allow-Headers": asked, "Access-Control-Max-Age": "3000"}
            self._count("preflight")
            self._answer(Answer(headers=allowed | more))
        elif self._method == "PUT":
            self._count("part" if "partNumber" in self._query else "put")
            self._answer(self._put())
        else:
            self._count(f"{self._method} {' '.join(sorted(self._query.keys() & NAMED))}".strip())
            body = bytes(self._body or b"")
            self._answer(self.link.store.other(self._method, self._path, self._query, body))

    def _put(self) -> Answer:
        if self.link.refused():
            return SLOW_DOWN
        size = int(self._headers.get("content-length", 0))
        self.link.counted.stored += size
        sha256 = self._headers.get("x-amz-checksum-sha256") or self._query.get(
            "x-amz-checksum-sha256", ""
        )
        return self.link.store.put(self._path, self._query, size, sha256)

    def _count(self, operation: str) -> None:
        whose = "site: " if self._own else ""
        self.link.counted.operations[whose + operation] += 1

    # --- Answers and time -------------------------------------------------------------------------

    def _refuse_unread(self) -> None:
        """As S3 does: the answer is on its way at once, and the connection ends with it."""
        self._method, self._left = "refused", 1 << 62  # whatever still comes is counted

        def answer_and_close() -> None:
            self._transport.write(self._encoded(EXPIRED, close=True))
            self._transport.close()

        self._later(answer_and_close)

    def _answer(self, answer: Answer) -> None:
        encoded = self._encoded(answer)
        self._later(lambda: self._transport.write(encoded))

    def _encoded(self, answer: Answer, *, close: bool = False) -> bytes:
        body = b"" if self._method == "HEAD" else answer.body.encode()
        headers = {"Content-Length": str(len(body))} | self._cors() | answer.headers
        if close:
            headers["Connection"] = "close"
        lines = "".join(f"{name}: {text}\r\n" for name, text in headers.items())
        reason = REASONS.get(answer.status, "Slow Down")
        return f"HTTP/1.1 {answer.status} {reason}\r\n{lines}\r\n".encode() + body

    def _cors(self) -> dict[str, str]:
        """As S3 does where the bucket's rule names the origin."""
        if not (origin := self._headers.get("origin")):
            return {}
        allowed = {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true"}
        return allowed | {"Access-Control-Expose-Headers": EXPOSED}

    def _later(self, act: Callable[[], None]) -> None:
        """After a round trip: that of the answer, and of what the bytes did not take to come here."""
        if self._own or not self.link.shape.rtt:
            act()
        else:
            delay = max(0.0, self._ready - now()) + self.link.shape.rtt
            self._loop.call_later(delay, self._unless_closed, act)

    def _unless_closed(self, act: Callable[[], None]) -> None:
        if not self._transport.is_closing():
            act()

    def _pace(self, count: int) -> None:
        """Stop reading until the link and the connection would have carried what was read."""
        if self._own:
            return
        moment = now()
        until = max(self._ready, self.link.clock.take(count, moment), self._clock.take(count, moment))
        if self._left > 0 and self._body is None:
            until += self.link.stalls_here()
        if until > moment:
            self._transport.pause_reading()
            self._loop.call_later(until - moment, self._resume)

    def _resume(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()


NAMED = {"uploads", "uploadId", "list-type", "delete"}
REASONS = {200: "OK", 204: "No Content", 400: "Bad Request", 403: "Forbidden", 404: "Not Found"}


async def listen(link: Link, port: int) -> asyncio.Server:
    """Its sockets have the buffers that suit the link's shape at this moment."""
    listener = socket.create_server(("127.0.0.1", port), backlog=512)
    shape = link.shape
    under_way = int((shape.per_connection or shape.link) * shape.rtt)
    size = max(LEAST_BUFFER, under_way) if shape.link else OPEN_BUFFER
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
    if shape.link:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: Connection(link), sock=listener)
