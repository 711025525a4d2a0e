"""`make reset`: forget this machine's people, files and sessions. Needs nothing installed."""

import os
import shutil
import sys
from pathlib import Path

from localaws import lock

ROOT = Path(__file__).resolve().parent.parent
OURS = {"aws", "db.sqlite3", "db.sqlite3-shm", "db.sqlite3-wal", "lock", "site.env", "static"}


def main() -> None:
    data_dir = (ROOT / (os.environ.get("DATA_DIR") or ".local")).resolve()
    if not data_dir.exists():
        return print("Nothing to forget.")
    foreign = {path.name for path in data_dir.iterdir()} - OURS
    if foreign:
        sys.exit(
            f"strongbox: {data_dir} holds more than ours ({', '.join(sorted(foreign))}): not removed"
        )
    try:
        with lock.held(data_dir):
            shutil.rmtree(data_dir)
    except lock.InUse as error:
        sys.exit(f"strongbox: {error}")
    return print(f"{data_dir} is gone.")


if __name__ == "__main__":
    main()
