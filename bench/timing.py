"""Wall times of two things done in turns, so that whatever else the machine does hits both."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True)
class Paired:
    """Seconds of each round: ours and the peer's, measured back to back."""

    ours: list[float]
    peer: list[float]

    @property
    def ratio(self) -> str:
        """The median of the rounds' own quotients, with its quartiles."""
        return times([mine / theirs for mine, theirs in zip(self.ours, self.peer, strict=True)])


def in_turns(
    ours: Callable[[], object], peer: Callable[[], object], rounds: int, repeat: int = 1
) -> Paired:
    """One unmeasured round, then `rounds` measured ones; who goes first alternates.

    repeat: how often each is done in a round, where once is too short to be timed.
    """
    taken = Paired([], [])
    ours(), peer()
    for number in range(rounds):
        turns = [(ours, taken.ours), (peer, taken.peer)]
        for do, seconds in turns if number % 2 else reversed(turns):
            started = time.perf_counter()
            for _ in range(repeat):
                do()
            seconds.append((time.perf_counter() - started) / repeat)
    return taken


def milliseconds(seconds: list[float]) -> str:
    """Median and quartiles: "12.1 ms (11.8–12.9)"."""
    return _spread([1000 * one for one in seconds], " ms", 1)


def microseconds(seconds: list[float]) -> str:
    """As milliseconds, for what takes less than one."""
    return _spread([1_000_000 * one for one in seconds], " µs", 1)


def times(quotients: list[float]) -> str:
    """Median and quartiles of quotients: "0.41× (0.40–0.43)"."""
    return _spread(quotients, "×", 2)


def _spread(values: list[float], unit: str, digits: int) -> str:
    low, _, high = quantiles(values, n=4)
    return f"{median(values):.{digits}f}{unit} ({low:.{digits}f}–{high:.{digits}f})"
