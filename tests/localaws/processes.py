"""What the kernel knows about processes and their sockets (Linux)."""

import os
import select
from pathlib import Path

PROC = Path("/proc")
LISTEN = "0A"  # in /proc/net/tcp


def descendants(pid: int) -> set[int]:
    """The processes under this one, at this moment."""
    children = {int(child) for child in (PROC / f"{pid}/task/{pid}/children").read_text().split()}
    return children.union(*(descendants(child) for child in children))


def survivors(pids: set[int], seconds: float = 5) -> set[int]:
    """Those that have not ended after this time; a killed process takes a moment."""
    return {pid for pid in pids if not _ended(pid, seconds)}


def _ended(pid: int, seconds: float) -> bool:
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], seconds)[0])  # readable once it has ended
    finally:
        os.close(handle)


def listening(pid: int) -> set[str]:
    """ADDRESS:PORT, as the kernel writes them (hexadecimal), of all on which this process listens."""
    inodes = {
        link.readlink().name
        for link in (PROC / f"{pid}/fd").iterdir()
        if "socket" in str(link.readlink())
    }
    found = set()
    for table in ("tcp", "tcp6"):
        for line in (PROC / f"net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTEN and f"socket:[{fields[9]}]" in inodes:
                found.add(fields[1])
    return found


def environment(pid: int) -> dict[str, str]:
    pairs = (PROC / f"{pid}/environ").read_bytes().decode().rstrip("\0").split("\0")
    return dict(pair.split("=", 1) for pair in pairs)
