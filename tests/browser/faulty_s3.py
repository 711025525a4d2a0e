"""A reverse proxy before the local stack's S3 that fails as told, and passes everything else on.

The browser and the site both talk to it (S3_ENDPOINT_URL). The Host header stays as it was sent, so S3
checks the signatures of requests that were signed for the proxy's address, and IAM decides as ever.
"""

import http.client
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.browser.faults import PATIENCE, Call, FaultyS3, Op, Refusal, Rule, Trouble

BLOCK = 256 * 1024
HOP_BY_HOP = {"connection", "expect", "keep-alive", "transfer-encoding"}


@contextmanager
def faulty_s3(target: str, origin: str) -> Iterator[FaultyS3]:
    """target: the URL of the S3 behind; origin: of the site."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.s3 = FaultyS3(f"http://localhost:{server.server_port}", urlsplit(target).netloc, origin)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield server.s3
    finally:
        server.s3.behave()
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    s3: FaultyS3

    def shutdown_request(self, request: Any) -> None:
        """Without the farewell that would come before a reset."""
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Quiet: that clients hang up is what the tests are about."""


class _Gone(Exception):
    """This connection is at its end; reset: rudely."""

    def __init__(self, *, reset: bool = True) -> None:
        self.reset = reset


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _handle(self) -> None:
        assert isinstance(self.server, _Server)
        s3, query = self.server.s3, parse_qs(urlsplit(self.path).query)
        part, host = int(query.get("partNumber", ["0"])[0]), self.headers.get("Host", "")
        call = Call(Op.of(self.command, self.path), part, host=host)
        s3.calls.append(call)
        rule = s3.fault_for(call)
        try:
            self._meet(s3, call, rule)
        except _Gone as end:
            self.close_connection = True
            if end.reset:
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def _meet(self, s3: FaultyS3, call: Call, rule: Rule | None) -> None:
        fault = rule.fault if rule else None
        if rule and fault is Trouble.HELD:
            rule.gate.wait(PATIENCE)
        if fault is Trouble.RESET or (rule and rule.dropped):
            raise _Gone
        if isinstance(fault, Refusal):
            for block in self._body():
                call.size += len(block)
            return self._refuse(s3, call, fault)
        connection = http.client.HTTPConnection(s3.target, timeout=60)
        try:
            answer = self._ask(connection, call, torn=fault is Trouble.TORN)
            s3.done(call, answer.status)
            if fault is Trouble.LOST:
                answer.read()
                raise _Gone
            if rule and fault is Trouble.LATE:
                rule.gate.wait(PATIENCE)
            self._answer(answer, cut=fault is Trouble.CUT)
        finally:
            connection.close()
        return None

    def _body(self) -> Iterator[bytes]:
        """What the client sends, block by block; it may hang up."""
        left = int(self.headers.get("Content-Length") or 0)
        while left:
            block = self.rfile.read(min(BLOCK, left))
            if not block:
                raise _Gone
            left -= len(block)
            yield block

    def _ask(
        self, connection: http.client.HTTPConnection, call: Call, *, torn: bool
    ) -> http.client.HTTPResponse:
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in HOP_BY_HOP:
                connection.putheader(name, value)
        connection.endheaders()
        half = int(self.headers.get("Content-Length") or 0) // 2
        for block in self._body():
            call.size += len(block)
            if torn and call.size > half:
                raise _Gone
            connection.send(block)
        return connection.getresponse()

    def _answer(self, answer: http.client.HTTPResponse, *, cut: bool) -> None:
        length = answer.getheader("Content-Length")
        whole = b"" if length is not None else answer.read()  # chunked: errors and listings
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        if length is None:
            self.send_header("Content-Length", str(len(whole)))
        self.end_headers()
        if cut:
            self.wfile.write((whole or answer.read())[:-20])
            raise _Gone(reset=False)
        if whole:
            self.wfile.write(whole)
        while block := answer.read(BLOCK):
            self.wfile.write(block)

    def _refuse(self, s3: FaultyS3, call: Call, fault: Refusal) -> None:
        s3.done(call, fault.status)
        message = "<Message>as the test wants it</Message><RequestId>FAKE</RequestId>"
        body = f"<?xml version='1.0'?><Error><Code>{fault.code}</Code>{message}</Error>".encode()
        self.send_response(fault.status)
        if self.headers.get("Origin") == s3.origin:
            self.send_header("Access-Control-Allow-Origin", s3.origin)
            self.send_header("Access-Control-Allow-Credentials", "true")
            self.send_header("Access-Control-Expose-Headers", "ETag, x-amz-checksum-sha256")
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_OPTIONS = _handle  # noqa: N815 - http.server's

    def log_message(self, *_: object) -> None:
        """Quiet."""
