"""Thousands of small files at once: files per second, and what they cost the server that signs."""

from pathlib import Path

from bench.table import Row
from bench.uploader.contenders import CLI, OURS, Arena, called
from bench.uploader.jobs import Job, Outcome
from bench.uploader.profiles import OPEN, A, Profile

SIZE = 1024


async def run(arena: Arena, count: int, far: int) -> list[Row]:
    """count: files on loopback; far: on profile A, where a round trip each would take long."""
    made = []
    for profile, number in ((OPEN, count), (A, far)):
        files = _files(arena.folder / f"small-{number}", number)
        patience = 30 + number / 20
        jobs = {who: Job(profile, files, SIZE * number, patience=patience) for who in WHO}
        outcomes = {who: await arena.do(who, job) for who, job in jobs.items()}
        made += [_row(who, outcomes, profile, number) for who in WHO if who != OURS]
    return made


WHO = (OURS, "uppy5", "uppy", CLI)


def _files(folder: Path, number: int) -> list[Path]:
    """Each differs from the others, so that none is the same file again."""
    folder.mkdir(exist_ok=True)
    files = [folder / f"{n:05}.txt" for n in range(number)]
    for n, file in enumerate(files):
        if not file.exists():
            file.write_bytes(n.to_bytes(8, "big") * (SIZE // 8))
    return files


def _row(who: str, outcomes: dict[str, Outcome], profile: Profile, number: int) -> Row:
    ours, theirs = outcomes[OURS], outcomes[who]
    ended = not ours.failure and not theirs.failure
    return Row(
        f"{number:,} files of 1 KiB, {profile.label}",
        _told(ours, number),
        _told(theirs, number),
        f"{ours.seconds / theirs.seconds:.2f}×" if ended else "",
        f"peer: {called(who)}{', --recursive' if who == CLI else ''}, its defaults",
    )


def _told(outcome: Outcome, number: int) -> str:
    if outcome.failure:
        return f"no: {outcome.failure[:90]}"
    server = f", {outcome.calls} calls, {outcome.cpu:.1f} s of CPU" if outcome.calls else ""
    return f"{number / outcome.seconds:.0f} files/s{server}"
