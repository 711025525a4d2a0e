"""A link to S3: its shape, the faults that are made on it, and what passed over it."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bench.uploader.shaping import Clock, read_size
from bench.uploader.store import XML, Answer, Store

SLOW_DOWN = Answer(503, f"{XML}<Error><Code>SlowDown</Code></Error>")
EXPIRED = Answer(403, f"{XML}<Error><Code>ExpiredToken</Code></Error>")
SAMPLE = 0.25  # seconds between two points of the curve


@dataclass(frozen=True)
class Shape:
    """link, per_connection: bytes a second, 0 for no limit; rtt: seconds."""

    link: float = 0
    rtt: float = 0
    per_connection: float = 0

    @property
    def read_size(self) -> int:
        return read_size(self.link, self.per_connection)


@dataclass(frozen=True)
class Faults:
    """What goes wrong. Places are numbers of PUTs, or of bytes received; 0 for never.

    refuse: every so many PUTs one is answered 503 after its body was read, as late as can be.
    stall_at: then one connection stops reading, for stall_seconds.
    expire_at: then all that was signed before is refused at once (ExpiredToken), its body unread.
    """

    refuse: int = 0
    refuse_first: int = 25
    stall_at: int = 0
    stall_seconds: float = 60
    expire_at: int = 0

    def refuses(self, put: int) -> bool:
        """put: counted from 1."""
        return bool(self.refuse) and put % self.refuse == self.refuse_first % self.refuse


@dataclass
class Counted:
    received: int = 0  # bytes of bodies of PUTs
    puts: int = 0
    stored: int = 0  # bodies of PUTs that were stored
    connections: int = 0
    operations: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    last: float = 0.0  # when the last of them came, in seconds since 1970
    curve: list[tuple[float, int]] = field(default_factory=list)  # seconds since 1970, received by then


class Link:
    def __init__(self, port: int) -> None:
        self.port = port
        self.open: set[asyncio.BaseTransport] = set()
        self.set_up(Shape(), Faults())

    def set_up(self, shape: Shape, faults: Faults) -> None:
        """Like new: nothing stored, nothing counted."""
        self.shape, self.faults = shape, faults
        self.clock = Clock(shape.link)
        self.store = Store()
        self.counted = Counted()
        self._expired_before = 0.0
        self._stalled = False

    def drop(self) -> None:
        """End all connections: those kept open for another request are of the link that was."""
        for transport in list(self.open):
            assert isinstance(transport, asyncio.Transport)
            transport.abort()

    def receive(self, count: int) -> None:
        """Bytes of a PUT's body have been read."""
        counted = self.counted
        counted.received += count
        now = counted.last = time.time()
        if not counted.curve or now - counted.curve[-1][0] > SAMPLE:
            counted.curve.append((now, counted.received))
        due = self.faults.expire_at and counted.received >= self.faults.expire_at
        if due and not self._expired_before:
            self._expired_before = float(int(now))  # X-Amz-Date tells whole seconds

    def stalls_here(self) -> float:
        """Seconds for which the connection that asks is to stop reading: once, then 0."""
        due = self.faults.stall_at and self.counted.received >= self.faults.stall_at
        if self._stalled or not due:
            return 0.0
        self._stalled = True
        self.counted.faults["stalled"] += 1
        return self.faults.stall_seconds

    def expired(self, signed_at: str) -> bool:
        """signed_at: X-Amz-Date."""
        if not self._expired_before or not signed_at:
            return False
        signed = datetime.strptime(signed_at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if signed.timestamp() >= self._expired_before:
            return False
        self.counted.faults["expired"] += 1
        return True

    def refused(self) -> bool:
        """Whether this PUT, just read, is answered 503."""
        self.counted.puts += 1
        if not self.faults.refuses(self.counted.puts):
            return False
        self.counted.faults["refused"] += 1
        return True

    def told(self) -> dict[str, Any]:
        return vars(self.counted) | {"objects": len(self.store.objects)}
