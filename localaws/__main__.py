"""`python -m localaws`: the emulator in the foreground, until SIGINT or SIGTERM."""

import argparse
import sys
from pathlib import Path

from localaws import server


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m localaws",
        description="Simulated AWS for development and tests. All state is saved on a clean stop "
        "(SIGINT, SIGTERM). A hard kill keeps files and the parts of uploads, and loses what happened "
        "to people, groups and roles in the last ten seconds.",
    )
    parser.add_argument("--port", type=int, default=4566, help="on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--data-dir", type=Path, default=Path(".local/aws"), help="where state is kept")
    options = parser.parse_args()
    try:
        listener = server.listen(options.port)
    except server.PortTaken as error:
        sys.exit(f"localaws: {error}; choose another with --port")
    server.run(listener, options.data_dir)


if __name__ == "__main__":
    main()
