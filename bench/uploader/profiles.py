"""The networks that uploads are measured on, and the least time that physics leaves on each."""

from dataclasses import asdict, dataclass
from typing import Any

MIB, GIB = 1024**2, 1024**3
BROWSER_CONNECTIONS = 12  # Chromium's limit for HTTP/1.1 is six per host, and S3 has two host names
# Counted as inevitable: asking the site to start, the preflight (a PUT to another origin has one), the
# answer to the last PUT, and completing. To connect to S3 is not: a page may while somebody chooses.
ROUND_TRIPS = 4


@dataclass(frozen=True)
class Profile:
    """link, per_connection: bytes a second, 0 for as fast as it goes; rtt: seconds."""

    name: str
    label: str
    link: float = 0
    rtt: float = 0
    per_connection: float = 0

    @property
    def shape(self) -> dict[str, Any]:
        """As bench.uploader.network takes it."""
        whole = asdict(self)
        return {name: whole[name] for name in ("link", "rtt", "per_connection")}

    def limit(self, size: int, connections: int = BROWSER_CONNECTIONS) -> float:
        """Seconds that no upload of this size can go below."""
        rate = min(self.link, connections * self.per_connection or self.link)
        return size / rate + ROUND_TRIPS * self.rtt if rate else 0.0


def bits(per_second: float) -> float:
    return per_second / 8


A = Profile("A", "100 Mb/s, 20 ms", bits(100e6), 0.020)
B = Profile("B", "1 Gb/s, 80 ms, 160 Mb/s per connection", bits(1e9), 0.080, bits(160e6))
C = Profile("C", "8 Mb/s, 150 ms", bits(8e6), 0.150)
OPEN = Profile("open", "loopback, unshaped")
