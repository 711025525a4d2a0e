"""What a process and its children have used, from Linux's /proc.

https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

TICK = os.sysconf("SC_CLK_TCK")  # ticks a second: CPU seconds come in steps of 10 ms
PAGE = os.sysconf("SC_PAGE_SIZE")  # bytes
EVERY = 0.02  # seconds between two looks at the memory


def cpu_seconds(pid: int) -> float:
    """User and system time of the process and all below it, those included that have ended."""
    return sum(sum(map(int, _stat(one)[11:15])) for one in _tree(pid)) / TICK


def resident_bytes(pid: int) -> int:
    """Resident memory of the process and all below it; what they share counts for each."""
    return sum(int(_stat(one)[21]) for one in _tree(pid)) * PAGE


@dataclass(frozen=True)
class Load:
    """Shares of the machine's processors, 0 to 1. stolen: what the host gave to other machines."""

    busy: float = 0.0
    stolen: float = 0.0

    def __str__(self) -> str:
        stolen = f" and {self.stolen:.0%} stolen" if self.stolen >= 0.01 else ""
        return f"{self.busy:.0%} busy{stolen}"


def load(before: list[int]) -> Load:
    """Since `ticks` was called."""
    spent = [now - then for now, then in zip(ticks(), before, strict=True)]
    idle, stolen = spent[3] + spent[4], spent[7]  # idle: waiting for a disk, too
    whole = max(1, sum(spent))
    return Load((whole - idle - stolen) / whole, stolen / whole)


def ticks() -> list[int]:
    """Of all processors together: user, nice, system, idle, iowait, irq, softirq, steal."""
    return [int(one) for one in Path("/proc/stat").read_text().split()[1:9]]


@dataclass
class Peak:
    resident: int = 0


@contextmanager
def peak_memory(pid: int) -> Iterator[Peak]:
    """The most resident memory seen while this is open, looking every 20 ms."""
    peak, done = Peak(resident_bytes(pid)), Event()

    def look() -> None:
        while not done.wait(EVERY):
            peak.resident = max(peak.resident, resident_bytes(pid))

    watcher = Thread(target=look)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            yield from _tree(int(child))


def _stat(pid: int) -> list[str]:
    """The fields from the third on: the second, a name in brackets, may itself hold blanks."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
