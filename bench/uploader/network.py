"""The process that is the network: `python -m bench.uploader.network`, told by lines of JSON.

On stdin, each answered by a line on stdout:
{"do": "link", "port": n, "shape": {…}, "faults": {…}} opens a link to a new S3, or makes it anew;
{"do": "count", "port": n} tells what passed over it;
{"do": "relay", "port": n, "target": n, "rtt": s} opens one, or moves it.
"""

import asyncio
import json
import os
import sys
from contextlib import suppress
from typing import Any

from bench.uploader.link import Faults, Link, Shape
from bench.uploader.relay import Relay
from bench.uploader.sink import listen


class Network:
    def __init__(self) -> None:
        self._links: dict[int, tuple[Link, asyncio.Server]] = {}
        self._relays: dict[int, tuple[Relay, asyncio.Server]] = {}

    async def do(self, order: dict[str, Any]) -> dict[str, Any]:
        match order.pop("do"):
            case "link":
                return await self._link(**order)
            case "count":
                return self._links[order["port"]][0].told()
            case "relay":
                return await self._relay(**order)
            case unknown:
                raise ValueError(unknown)

    async def _link(self, port: int, shape: dict[str, Any], faults: dict[str, Any]) -> dict[str, Any]:
        if port in self._links:
            old, server = self._links.pop(port)
            server.close()
            old.drop()
        link = Link(port)
        link.set_up(Shape(**shape), Faults(**faults))
        self._links[port] = link, await listen(link, port)
        return {}

    async def _relay(self, port: int, target: int, rtt: float) -> dict[str, Any]:
        if port in self._relays:
            relay = self._relays[port][0]
            relay.target, relay.rtt = target, rtt
            return {}
        relay = Relay(port, target, rtt)
        self._relays[port] = relay, await relay.open()
        return {}


async def main() -> None:
    with suppress(PermissionError):
        os.nice(-10)  # a network does not wait for the processes at its ends
    reader, loop = asyncio.StreamReader(), asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    network = Network()
    while line := await reader.readline():  # empty: the bench is gone, and so is this
        answer = await network.do(json.loads(line))
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
