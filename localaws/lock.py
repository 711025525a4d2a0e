"""One run at a time on one data folder, and no reset beneath it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class InUse(Exception):
    """Another process works in this folder."""


@contextmanager
def held(data_dir: Path) -> Iterator[None]:
    """The folder, made if missing, is this process's own meanwhile; InUse if it is another's."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds passwords and keys
    with (data_dir / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUse(f"{data_dir} is in use: stop the other `make run` first") from None
        yield
