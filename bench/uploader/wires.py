"""The bench's end of the network process: links to an S3 of their own, and servers that are far away."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bench.uploader.profiles import OPEN, Profile
from tests.stack import ROOT, free_port


@dataclass
class Wires:
    """Orders to the network process, one after the other."""

    process: asyncio.subprocess.Process
    # One upload begins at a time: nobody's first byte waits for another one's server to come up.
    beginning: asyncio.Lock = field(default_factory=asyncio.Lock)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def tell(self, **order: Any) -> dict[str, Any]:
        async with self._turn:
            assert self.process.stdin
            assert self.process.stdout
            self.process.stdin.write(json.dumps(order).encode() + b"\n")
            line = await self.process.stdout.readline()
        if not line:
            raise RuntimeError("the network has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def link(self, profile: Profile = OPEN) -> "Wire":
        wire = Wire(self, free_port())
        await wire.set_up(profile)
        return wire

    async def relay(self, target: int, rtt: float, port: int = 0) -> int:
        """The port at which the server at `target` answers from a distance."""
        port = port or free_port()
        await self.tell(do="relay", port=port, target=target, rtt=rtt)
        return port


@dataclass
class Wire:
    """One link, and the S3 at its end."""

    wires: Wires
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def second_url(self) -> str:
        return f"http://localhost:{self.port}"

    async def set_up(self, profile: Profile, **faults: Any) -> None:
        """Anew: an empty S3, with these faults (bench.uploader.link.Faults)."""
        await self.wires.tell(do="link", port=self.port, shape=profile.shape, faults=faults)

    async def count(self) -> dict[str, Any]:
        return await self.wires.tell(do="count", port=self.port)


@asynccontextmanager
async def network() -> AsyncIterator[Wires]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.uploader.network",
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**24,  # the longest answer: what was counted, with its curve
    )
    try:
        yield Wires(process)
    finally:
        if process.stdin:
            process.stdin.close()
        await process.wait()
