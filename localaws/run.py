"""`make run`: AWS on this machine, the stack, the demo people and the site, in one terminal.

PORT (8000), AWS_PORT (4566), DEMO_PASSWORD and DATA_DIR (.local) from the environment.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import requests

from localaws import lock, people, server
from localaws.engine import ADMIN

ROOT = Path(__file__).resolve().parent.parent
# Settings of another deployment, in the developer's shell: the local stack makes its own.
FOREIGN = (
    "AWS_",
    "S3_",
    "COGNITO_",
    "FILES_BUCKET",
    "DATABASE_URL",
    "CACHE_URL",
    "STATIC_ROOT",
    "SITE_URL",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
)
START_SECONDS = 60
STOP_SECONDS = 15
POLL = 0.1


class Stop(BaseException):
    """Ctrl-C, SIGTERM, or the terminal was closed."""


class Failed(Exception):
    """What to tell, in one line."""


@dataclass(frozen=True)
class Options:
    port: int
    aws_port: int
    password: str
    data_dir: Path

    @classmethod
    def from_environment(cls) -> "Options":
        return cls(
            port=_port("PORT", 8000),
            aws_port=_port("AWS_PORT", 4566),
            password=os.environ.get("DEMO_PASSWORD") or people.DEFAULT_PASSWORD,
            data_dir=(ROOT / (os.environ.get("DATA_DIR") or ".local")).resolve(),
        )

    @property
    def site_url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def endpoint_url(self) -> str:
        return f"http://localhost:{self.aws_port}"

    @property
    def env_file(self) -> Path:
        return self.data_dir / "site.env"

    @property
    def environment(self) -> dict[str, str]:
        """The site's: it needs no AWS credentials, and gets none."""
        local = {
            "DATABASE_URL": f"sqlite:///{self.data_dir / 'db.sqlite3'}",
            "STATIC_ROOT": str(self.data_dir / "static"),
            "LOG_LEVEL": "WARNING",  # a line a request would scroll the people and their password away
        }
        return {**local, **os.environ, "ENV_FILE": str(self.env_file), "PORT": str(self.port)}


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        options = Options.from_environment()
        for name in [name for name in os.environ if name.startswith(FOREIGN)]:
            del os.environ[name]
        _check_ports(options)
        with lock.held(options.data_dir), _children() as children:
            _start(options, children)
            _watch(children)
    except (Failed, lock.InUse) as failure:
        sys.exit(f"strongbox: {failure}")
    except Stop:
        print("Stopped.", flush=True)


def _stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    raise Stop


def _port(name: str, default: int) -> int:
    value = os.environ.get(name) or str(default)
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise Failed(f"{name} must be a port, 1 to 65535, not {value!r}")
    return int(value)


def _check_ports(options: Options) -> None:
    if options.port == options.aws_port:
        raise Failed(f"PORT and AWS_PORT are both {options.port}")
    for name, port in (("PORT", options.port), ("AWS_PORT", options.aws_port)):
        try:
            server.listen(port).close()
        except server.PortTaken as error:
            raise Failed(f"{error}; set {name} to another one") from None


Children = dict[str, "subprocess.Popen[bytes]"]


@contextmanager
def _children() -> Iterator[Children]:
    """Whatever is started in here has ended when this ends: the site first, then AWS, which saves."""
    children: Children = {}
    try:
        yield children
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for child in reversed(children.values()):
            child.terminate()
            with suppress(subprocess.TimeoutExpired):
                child.wait(STOP_SECONDS)
            # What is left of its group: a child that hangs, or the workers of one that was killed.
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _start(options: Options, children: Children) -> None:
    aws = [
        "-m",
        "localaws",
        "--port",
        str(options.aws_port),
        "--data-dir",
        str(options.data_dir / "aws"),
    ]
    _spawn(children, "localaws", aws, options.environment)
    _wait(children, options.endpoint_url + "/_ministack/health")
    admin = {**options.environment, **ADMIN}
    admin |= {"AWS_ENDPOINT_URL": options.endpoint_url, "SITE_URL": options.site_url}
    _manage(admin, "provision")
    _manage(options.environment, "migrate", "--verbosity=0")
    _manage(options.environment, "collectstatic", "--noinput", "--verbosity=0")
    try:
        people.seed(
            endpoint_url=options.endpoint_url,
            user_pool_id=_setting(options, "COGNITO_USER_POOL_ID"),
            password=options.password,
        )
    except ValueError as error:
        raise Failed(f"DEMO_PASSWORD: {error}") from None
    gunicorn = ["-m", "gunicorn", "--config", "config/gunicorn.py", "--log-level=warning", "config.wsgi"]
    _spawn(children, "the site", gunicorn, options.environment)
    _wait(children, f"{options.site_url}/readyz")
    _wait(children, f"{options.site_url}/oidc/authenticate/")  # which leads to the sign-in page
    _tell(options)


def _spawn(children: Children, name: str, arguments: list[str], environment: dict[str, str]) -> None:
    # In a session of its own, so that Ctrl-C reaches this process alone, which then stops the others.
    children[name] = subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env=environment, start_new_session=True
    )


def _manage(environment: dict[str, str], *command: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=False
    )
    if done.returncode:
        raise Failed(f"manage.py {command[0]} failed")


def _wait(children: Children, url: str) -> None:
    """Until the address answers 200, redirects followed. Raises Failed."""
    deadline = time.monotonic() + START_SECONDS
    why = "no answer"
    while time.monotonic() < deadline:
        _check(children)
        try:
            answer = requests.get(url, timeout=5)
        except requests.RequestException as error:
            why = type(error).__name__
        else:
            if answer.status_code == requests.codes.ok:
                return
            why = f"{answer.status_code}: {answer.text[:200]}"
        time.sleep(POLL)
    raise Failed(f"{url} did not become ready in {START_SECONDS} seconds ({why})")


def _watch(children: Children) -> None:
    while True:
        _check(children)
        time.sleep(POLL)


def _check(children: Children) -> None:
    for name, child in children.items():
        if child.poll() is not None:
            raise Failed(f"{name} ended with exit code {child.returncode}; all else is stopped")


def _setting(options: Options, name: str) -> str:
    lines = options.env_file.read_text().splitlines()
    return next(line.partition("=")[2] for line in lines if line.startswith(f"{name}="))


def _tell(options: Options) -> None:
    print(f"\nReady: {options.site_url}\n")
    for person in people.PEOPLE:
        print(f"  {person.email:<22} {person.group or 'no group':<9} {person.may}")
    print(f"\n  Everybody's password: {options.password}")
    print(
        f"  Mails with codes arrive in {options.endpoint_url}/mailbox/    Stop with Ctrl-C.\n",
        flush=True,
    )


if __name__ == "__main__":
    main()
