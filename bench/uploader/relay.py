"""A server as if it were further away: a relay that holds its answers back for a round trip.

Bytes of requests pass at once, those of answers a round trip later; a new connection's first request
waits for one more, the handshake's. Rates are not limited: what the site and the peers' servers say is
small.
"""

import asyncio
from typing import cast


class Relay:
    """rtt: seconds; it and the target may be set at any time, for connections that come after."""

    def __init__(self, port: int, target: int, rtt: float) -> None:
        self.port, self.target, self.rtt = port, target, rtt

    async def open(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: _Near(self), "127.0.0.1", self.port, backlog=512)


class _Near(asyncio.Protocol):
    """The browser's side."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self._early = bytearray()
        self._far: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._opening = asyncio.get_running_loop().create_task(self._open())

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self.relay.rtt)
        try:
            self._far, _ = await loop.create_connection(
                lambda: _Far(self), "127.0.0.1", self.relay.target
            )
        except OSError:
            self.transport.abort()
            return
        self._far.write(bytes(self._early))

    def data_received(self, data: bytes) -> None:
        if self._far:
            self._far.write(data)
        else:
            self._early += data

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._opening.cancel()
        if self._far:
            self._far.close()


class _Far(asyncio.Protocol):
    """The server's side."""

    def __init__(self, near: _Near) -> None:
        self._near = near

    def data_received(self, data: bytes) -> None:
        self._later(self._near.transport.write, data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._later(self._near.transport.close)

    def _later(self, act: object, *what: object) -> None:
        asyncio.get_running_loop().call_later(self._near.relay.rtt, act, *what)  # type: ignore[arg-type]
