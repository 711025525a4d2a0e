"""The browser for the tests; `python -m tests.browser.chromium` installs one if there is none."""

import os
import shutil
import subprocess
import sys


def executable() -> str | None:
    """CHROMIUM, or the system's; None for the one that Playwright brings."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium")


def install() -> None:
    if executable():
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        packages = ["chromium", "fonts-liberation", "libatomic1"]  # the last for Playwright's driver
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], check=True
        )
        return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


if __name__ == "__main__":
    install()
