"""The table that a run ends with, and the line that says on what it ran."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PACKAGES = (
    "django",
    "mozilla-django-oidc",
    "pyjwt",
    "cryptography",
    "cognitojwt",
    "flask-cognito-lib",
    "boto3",
    "django-storages",
    "gunicorn",
    "ministack",
)
HEADINGS = ("what", "ours", "peer", "ours ÷ peer", "how")


@dataclass(frozen=True)
class Row:
    """One measurement. ratio: "" where a quotient would say nothing; below 1 ours costs less."""

    what: str
    ours: str
    peer: str = "—"
    ratio: str = ""
    how: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        return (self.what, self.ours, self.peer, self.ratio, self.how)


def render(rows: list[Row]) -> str:
    """A Markdown table whose columns also line up in a terminal; the last one is as long as it needs."""
    lines = [HEADINGS, *(row.cells for row in rows)]
    widths = [max(len(cells[n]) for cells in lines) for n in range(len(HEADINGS) - 1)]
    rule = "|".join(["", *("-" * (width + 2) for width in widths), "-----", ""])
    drawn = [_line(cells, widths) for cells in lines]
    return "\n".join([drawn[0], rule, *drawn[1:]])


def machine() -> str:
    """Date, processor, cores, Python, and the versions of what was measured."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{datetime.now(UTC):%Y-%m-%d} · {_processor()} · {os.cpu_count()} cores · "
        f"Python {platform.python_version()} · {packages}"
    )


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=False)]
    return f"| {' | '.join([*padded, cells[-1]])} |"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    for line in info.read_text().splitlines() if info.exists() else []:
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
