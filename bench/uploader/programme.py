"""The uploader beside its peers: a network made on loopback, one Chromium, the same files.

See bench/README.md for how each number is made.
"""

import asyncio
import sys
import traceback
from collections.abc import Awaitable, Callable
from functools import partial

from bench.table import Row
from bench.uploader import costs, heap, many, matrix, seaweed
from bench.uploader.contenders import Arena, arena
from bench.uploader.profiles import GIB, MIB

Part = Callable[[Arena], Awaitable[list[Row]]]


def run(*, quick: bool, parts: list[str]) -> list[Row]:
    """parts: of PARTS, all of them if there are none."""
    return asyncio.run(_run(_parts(quick=quick), parts))


def _parts(*, quick: bool) -> dict[str, Part]:
    sizes = matrix.QUICK if quick else matrix.Sizes()
    small, large = (256 * MIB, 2 * GIB) if quick else (GIB, 20 * GIB)
    return {
        "matrix": partial(_matrix, sizes=sizes, quick=quick),
        "many": partial(many.run, count=1000 if quick else 10_000, far=300 if quick else 1000),
        "costs": partial(costs.run, size=256 * MIB if quick else GIB),
        "heap": partial(heap.run, small=small, large=large),
        "seaweedfs": seaweed.run,
    }


async def _run(all_parts: dict[str, Part], asked: list[str]) -> list[Row]:
    rows: list[Row] = []
    async with arena() as made:
        for name, part in all_parts.items():
            if asked and name not in asked:
                continue
            print(f"  {name} …", file=sys.stderr, flush=True)
            try:
                rows += await part(made)
            except Exception:  # noqa: BLE001 - what the other parts have measured in ten minutes is not thrown away
                traceback.print_exc()
                rows.append(Row(f"uploader: {name}", "failed: see above"))
    return rows


async def _matrix(made: Arena, *, sizes: matrix.Sizes, quick: bool) -> list[Row]:
    return matrix.rows(await matrix.run(made, sizes, matrix.plan(quick=quick)), sizes)
