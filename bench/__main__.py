"""`python -m bench [name …]`: every benchmark, or the named ones, and one table at the end."""

import argparse
import sys
import time
from collections.abc import Callable

from bench.table import Row, machine, render

NAMES = ("sign_in", "refresh", "tokens", "pages", "uploads", "credentials", "uploader")
UNITS = {"MiB": 1024**2, "GiB": 1024**3}


def main() -> None:
    asked = _arguments()
    started = time.monotonic()
    benchmarks = _open(asked)
    rows: list[Row] = []
    for name in asked.names or NAMES:
        print(f"{name} …", file=sys.stderr, flush=True)
        rows += benchmarks[name]()
    print(f"\n{render(rows)}\n\n{machine()} · {time.monotonic() - started:.0f} s in all")


def _open(asked: argparse.Namespace) -> dict[str, Callable[[], list[Row]]]:
    """Start the local stack and set Django up; only then can the benchmarks be imported."""
    from bench import site

    site.open_here()
    from bench import credentials, pages, refresh, sign_in, tokens, uploads
    from bench.uploader import programme

    return {
        "sign_in": sign_in.run,
        "refresh": refresh.run,
        "tokens": tokens.run,
        "pages": pages.run,
        "uploads": lambda: uploads.run(asked.size),
        "credentials": credentials.run,
        "uploader": lambda: programme.run(quick=asked.quick, parts=asked.part),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(NAMES))
    parser.add_argument(
        "--size", type=_size, default="256MiB", help="of each upload, such as 1GiB (default: 256MiB)"
    )
    parser.add_argument("--quick", action="store_true", help="the uploader with small files: 2 minutes")
    parser.add_argument(
        "--part",
        action="append",
        default=[],
        help="of the uploader: matrix, many, costs, heap, seaweedfs",
    )
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(NAMES):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    return asked


def _size(text: str) -> int:
    number, unit = text[:-3], text[-3:]
    if not number.isdecimal() or unit not in UNITS:
        raise argparse.ArgumentTypeError("a number and a unit, such as 256MiB or 1GiB")
    return int(number) * UNITS[unit]


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)  # what was started has been stopped on the way here
