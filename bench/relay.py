"""A relay in front of the emulator that counts which AWS operations pass: the count is the provider's.

For calls without a signature (the identity pool's public ones) and for one run; it adds a hop, to both
sides alike.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

import requests

PASSED_ON = {"content-type", "x-amz-target", "authorization"}


@dataclass
class Relay:
    url: str
    target: str
    counted: Counter[str] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)

    def count(self, operation: str) -> None:
        with self.lock:
            self.counted[operation] += 1

    def take(self) -> Counter[str]:
        """The operations since the last time, by name."""
        with self.lock:
            taken, self.counted = self.counted, Counter()
        return taken


@contextmanager
def relay_to(target: str) -> Iterator[Relay]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.relay = Relay(f"http://127.0.0.1:{server.server_port}", target)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield server.relay
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # many arrive at once: that is what is measured
    relay: Relay


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, _Server)
        relay = self.server.relay
        relay.count(self.headers.get("X-Amz-Target", "").rpartition(".")[2])
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        headers = {name: text for name, text in self.headers.items() if name.lower() in PASSED_ON}
        answer = requests.post(f"{relay.target}{self.path}", data=body, headers=headers, timeout=60)
        self.send_response(answer.status_code)
        self.send_header("Content-Type", answer.headers["Content-Type"])
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, *_: object) -> None:
        """Quiet."""
