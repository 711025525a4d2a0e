"""The one listener of the emulator, on the loopback address."""

import asyncio
import signal
import socket
from pathlib import Path

from hypercorn.asyncio import serve
from hypercorn.config import Config

from localaws.engine import HOST, load, save
from localaws.front import Front
from localaws.managed_login.app import ManagedLogin

SAVE_SECONDS = 10  # what a hard kill loses at most; files, and parts of uploads, not at all


class PortTaken(Exception):
    """Something else listens there already."""


def listen(port: int) -> socket.socket:
    """A bound socket on the loopback address (port 0: a free one). Raises PortTaken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # Restarting at once must not wait for the last run's connections to time out.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise PortTaken(f"port {port} is taken on {HOST} ({error.strerror})") from None
    return listener


def run(listener: socket.socket, data_dir: Path) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP, then save all state."""
    port = listener.getsockname()[1]
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds passwords and signing keys
    emulator = load(port=port, data_dir=data_dir.resolve())
    app = Front(emulator, ManagedLogin(f"http://{HOST}:{port}"))
    asyncio.run(_serve(app, listener, port))


async def _serve(app: Front, listener: socket.socket, port: int) -> None:
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.loglevel = "ERROR"
    config.keep_alive_timeout = 75
    config.graceful_timeout = 2  # what is under way is a developer's own request
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    print(
        f"localaws: simulated AWS on http://localhost:{port}, for development and tests only",
        flush=True,
    )
    saving = asyncio.create_task(_save_often())
    await serve(app, config, shutdown_trigger=stop.wait)  # type: ignore[arg-type]
    saving.cancel()


async def _save_often() -> None:
    while True:
        await asyncio.sleep(SAVE_SECONDS)
        save()  # on this thread: requests change the state on it too
