"""What `make run` wrote down for the site: names and addresses of its stack."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def read() -> dict[str, str]:
    """The variables of the running site, by DATA_DIR. Raises OSError when there is none."""
    env_file = ROOT / (os.environ.get("DATA_DIR") or ".local") / "site.env"
    lines = env_file.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
