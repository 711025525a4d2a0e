"""One upload to be measured, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.processes import Load
from bench.uploader.profiles import MIB, Profile

# Every hundredth PUT is answered 503, from the fiftieth on; at three tenths of the file one connection
# stops for a minute; at six tenths all that was signed until then expires.
REFUSED = {"refuse": 100, "refuse_first": 50}
STALL, EXPIRE, RELOAD = 0.3, 0.6, 0.5


@dataclass(frozen=True)
class Tuning:
    """part: bytes, connections: at once. None: as the peer comes."""

    part: int | None = None
    connections: int | None = None

    @property
    def words(self) -> str:
        return f"{self.part // MIB} MiB × {self.connections}" if self.part else "its defaults"


@dataclass(frozen=True)
class Job:
    profile: Profile
    files: Sequence[Path]
    size: int  # bytes of all the files
    tuning: Tuning = Tuning()
    faults: bool = False
    reload: bool = False
    first: Path | None = None  # what the page is to upload before: then it knows the line
    patience: float = 300  # seconds, then it is given up

    @property
    def goes_wrong(self) -> dict[str, Any]:
        if not self.faults:
            return {}
        where = {"stall_at": int(STALL * self.size), "expire_at": int(EXPIRE * self.size)}
        return REFUSED | where


@dataclass
class Outcome:
    """failure: why it did not end, in the uploader's words; seconds then mean nothing."""

    seconds: float = 0.0
    failure: str = ""
    counted: dict[str, Any] = field(default_factory=dict)
    calls: int = 0  # to the site, or the peer's server
    cpu: float = 0.0  # its seconds
    grown: int = 0  # bytes of its memory

    load: Load = field(default_factory=Load)
    began: float = 0.0  # seconds since 1970

    @property
    def phases(self) -> str:
        """Seconds before the first byte came, while they came, and after the last."""
        curve = self.counted.get("curve")
        if not curve or not self.began:
            return ""
        first, last = curve[0][0], self.counted["last"]
        end = self.began + self.seconds
        return f"{first - self.began:.2f} + {last - first:.2f} + {end - last:.2f}"

    @property
    def received(self) -> int:
        return int(self.counted.get("received", 0))
