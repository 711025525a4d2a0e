"""How fast bytes may be read: one clock per link and one per connection, each ahead of the real one by
what was read too early."""

import time

# Seconds that a clock may lag behind: timers fire late, and what was lost to that is made up for. It is
# also the burst that is let through after a pause.
SLACK = 0.030
READ_SECONDS = 0.004  # one read is this much of the rate: connections take turns
LEAST, MOST = 8 * 1024, 256 * 1024  # bytes of a read


class Clock:
    """A token bucket, kept as the time at which it would be even."""

    def __init__(self, rate: float) -> None:
        """rate: bytes a second, 0 for no limit."""
        self.rate = rate
        self._even = 0.0

    def take(self, count: int, now: float) -> float:
        """The time at which the next bytes may be read."""
        if not self.rate:
            return now
        self._even = max(self._even, now - SLACK) + count / self.rate
        return self._even


def read_size(*rates: float) -> int:
    """Bytes to read at once, so that the slowest of these rates has its turns."""
    slowest = min((rate for rate in rates if rate), default=0)
    return min(MOST, max(LEAST, int(slowest * READ_SECONDS))) if slowest else MOST


now = time.monotonic
