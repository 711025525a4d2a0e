"""Everybody on every network: undisturbed, with faults, and with the page loaded again half-way."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from bench.table import Row
from bench.uploader.contenders import CLI, OURS, Arena, called
from bench.uploader.jobs import Job, Outcome, Tuning
from bench.uploader.profiles import GIB, MIB, A, B, C, Profile

# What is slow by its network, or disturbed for a minute, runs together up to this much, which two cores
# do easily; where a tenth of a second counts, a run has the machine to itself.
TOGETHER = 60e6  # bytes a second
BESIDE_SLOW_ONES = 50e6
ALONE = 1e12
# What the page chooses for these sizes, given to those who can be told; and what once it knows the line.
TUNED = {"A": Tuning(5 * MIB, 6), "B": Tuning(11 * MIB, 8)}
# The best that was found for one host name; ours has two, and takes what a second carries.
KNOWN = {"B": Tuning(57 * MIB, 6)}
LARGE = Tuning(171 * MIB, 6)
LEARNING = 512 * MIB  # uploaded before, to know the line
SERIAL = {"uppy", "s3ff"}  # one part at a time: they never use more than one connection's rate
TUNABLE = ("uppy5", "amplify", CLI)  # several parts at a time, in number and size as one says
PEERS = (*TUNABLE, *sorted(SERIAL, reverse=True))


@dataclass(frozen=True)
class Sizes:
    """Bytes on A, B and C; with faults so many that there are a hundred parts, for 1 % to fail.

    large: one for which the seconds before the first byte and after the last are few.
    """

    undisturbed: tuple[int, int, int] = (256 * MIB, GIB, 64 * MIB)
    disturbed: tuple[int, int, int] = (512 * MIB, 8 * GIB, 512 * MIB)
    large: int = 4 * GIB

    def of(self, one: "Planned") -> int:
        if one.large:
            return self.large
        return (self.disturbed if one.how else self.undisturbed)["ABC".index(one.profile.name)]


QUICK = Sizes((64 * MIB, 256 * MIB, 8 * MIB), (64 * MIB, 256 * MIB, 8 * MIB))


@dataclass(frozen=True)
class Planned:
    who: str
    profile: Profile
    how: str  # "", "faults" or "reload"
    tuned: bool = False
    known: bool = False  # the line: to ours, and by their settings to peers
    large: bool = False

    @property
    def ours(self) -> "Planned":
        """What it is compared with."""
        return replace(self, who=OURS, tuned=False)

    def job(self, arena: Arena, sizes: Sizes) -> Job:
        size = sizes.of(self)
        patience = 60 + 90 * bool(self.how) + 8 * self.profile.limit(size, 1)
        return Job(
            self.profile,
            [arena.file(size)],
            size,
            self.tuning,
            faults=self.how == "faults",
            reload=self.how == "reload",
            first=arena.file(LEARNING) if self.known and self.who == OURS else None,
            patience=patience,
        )

    @property
    def tuning(self) -> Tuning:
        if not self.tuned:
            return Tuning()
        if self.large:
            return LARGE
        return (KNOWN if self.known else TUNED)[self.profile.name]

    @property
    def rate(self) -> float:
        """The most that it can carry, in bytes a second; more than all others may if it runs alone."""
        link, each = self.profile.link, self.profile.per_connection
        if self.who in SERIAL:
            return min(link, each or link)
        if self.how:
            return min(link, BESIDE_SLOW_ONES)  # its bytes are what counts
        return link if self.profile.name == "C" else ALONE


class Room:
    """Lets jobs in as long as there is room for their rates; a large one has it to itself."""

    def __init__(self) -> None:
        self._used = 0.0
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def taken(self, rate: float) -> AsyncIterator[None]:
        async with self._changed:
            await self._changed.wait_for(lambda: not self._used or self._used + rate <= TOGETHER)
            self._used += rate
        try:
            yield
        finally:
            async with self._changed:
                self._used -= rate
                self._changed.notify_all()


def plan(*, quick: bool) -> list[Planned]:
    """The slowest networks first: what has the machine to itself comes at the end."""
    planned = [Planned(who, profile, "") for who in (OURS, *PEERS) for profile in (C, A, B)]
    planned += [Planned(OURS, profile, how) for profile in (C, A, B) for how in ("faults", "reload")]
    if not quick:
        planned += [Planned(who, profile, "", tuned=True) for who in TUNABLE for profile in (A, B)]
        best = [(OURS, False), *((who, who != CLI) for who in TUNABLE)]  # aws is best as it comes
        planned += [Planned(who, B, "", tuned=tuned, known=True) for who, tuned in best]
        planned += [Planned(who, B, "", tuned=tuned, large=True) for who, tuned in best]
        planned += [Planned(OURS, B, "", known=True, large=True)]
        planned += [Planned(who, A, "faults") for who in TUNABLE]
        planned += [Planned(who, A, "reload") for who in TUNABLE if who != CLI]
    return sorted(planned, key=lambda one: (one.rate > TOGETHER, one.rate))


Results = dict[Planned, Outcome]


async def run(arena: Arena, sizes: Sizes, planned: Iterable[Planned]) -> Results:
    room, results = Room(), dict[Planned, Outcome]()

    async def do(one: Planned) -> None:
        async with room.taken(one.rate):
            results[one] = await arena.do(one.who, one.job(arena, sizes))
        _say(one, results[one])

    await asyncio.gather(*(do(one) for one in planned))
    return results


def _say(one: Planned, told: Outcome) -> None:
    ended = told.failure or f"{told.seconds:.1f} s ({told.phases}), machine {told.load}"
    more = "".join(f" {word}" for word in ("tuned", "known", "large") if getattr(one, word))
    name = f"{one.profile.name} {one.how} {one.who}{more}"
    print(f"  {name}: {ended}", file=sys.stderr, flush=True)


def rows(results: Results, sizes: Sizes) -> list[Row]:
    """Ours beside each peer; the ratio is of seconds, so below 1 ours is faster."""
    made = []
    for one, theirs in results.items():
        if one.who == OURS:
            continue
        made.append(_row(one, results[one.ours], theirs, sizes.of(one)))
    compared = {one.ours for one in results if one.who != OURS}
    alone = [one for one in results if one.who == OURS and one not in compared]
    made += [_row(one, results[one], None, sizes.of(one)) for one in alone]
    return sorted(made, key=lambda row: row.what)


def _row(one: Planned, ours: Outcome, theirs: Outcome | None, size: int) -> Row:
    profile = one.profile
    disturbed = {"": "", "faults": ", with faults", "reload": ", reloaded half-way"}[one.how]
    before = ", not for the first time" if one.known else ""
    what = f"upload of {amount(size)}, {profile.name} ({profile.label}){disturbed}{before}"
    if theirs is None:
        return Row(what, _told(one, ours, size), how="")
    ended = not ours.failure and not theirs.failure
    ratio = f"{ours.seconds / theirs.seconds:.2f}×" if ended else ""
    how = f"peer: {called(one.who)}, {one.tuning.words}"
    if one.rate > TOGETHER:
        how += f"; alone, machine {ours.load}, with the peer {theirs.load}"
    return Row(what, _told(one, ours, size), _told(one, theirs, size), ratio, how)


def _told(one: Planned, outcome: Outcome, size: int) -> str:
    if outcome.failure:
        return f"no: {outcome.failure[:90]}"
    seconds = f"{outcome.seconds:.1f} s"
    if one.how:
        return f"{seconds}, {outcome.received / size:.3f} × the bytes"
    return f"{seconds}, {one.profile.limit(size) / outcome.seconds:.3f} of the limit"


def amount(size: int) -> str:
    return f"{size // GIB} GiB" if size % GIB == 0 else f"{size // MIB} MiB"
