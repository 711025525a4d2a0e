"""`make run` as a newcomer runs it, and as it ends."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from localaws import people
from tests.localaws.processes import descendants, environment, survivors
from tests.stack import ROOT, Stack, clean_environment, free_port

PASSWORD = "a-password-of-its-own"


class Run:
    """One `python -m localaws.run`, read up to its Ready line."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.port, self.aws_port = variables["PORT"], variables["AWS_PORT"]
        # Keys of the developer's own shell: the site must not see them.
        foreign = {
            "DATABASE_URL": "sqlite:////elsewhere",
            "AWS_ACCESS_KEY_ID": "mine",
            "AWS_SECRET_ACCESS_KEY": "mine",
            "AWS_PROFILE": "mine",
            "S3_ENDPOINT_URL": "http://elsewhere",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "localaws.run"],
            cwd=ROOT,
            env=clean_environment(**foreign, **variables, DATA_DIR=str(folder)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.output = ""

    def until(self, text: str) -> None:
        """Read on until a line has the text."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.output += line
            if text in line:
                return
        raise AssertionError(f"no {text!r} in:\n{self.output}")

    def end(self) -> int:
        """The exit code, once all that it started is gone."""
        assert self.process.stdout
        with self.process.stdout:
            self.output += self.process.stdout.read()
        return self.process.wait(30)

    @property
    def stack(self) -> Stack:
        lines = (self.folder / "site.env").read_text().splitlines()
        env = dict(line.split("=", 1) for line in lines)
        endpoint, site = f"http://localhost:{self.aws_port}", f"http://localhost:{self.port}"
        return Stack(endpoint, site, PASSWORD, self.folder, env)


Start = Callable[[], Run]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts on the same ports and the same folder each time, and waits for Ready."""
    variables = {
        "PORT": str(free_port()),
        "AWS_PORT": str(free_port()),
        "DEMO_PASSWORD": PASSWORD,
    }
    runs: list[Run] = []

    def start() -> Run:
        run = Run(tmp_path, **variables)
        runs.append(run)
        run.until("Stop with Ctrl-C")
        return run

    yield start
    for run in runs:
        run.process.send_signal(signal.SIGTERM)
        run.process.wait(30)
        assert run.process.stdout
        run.process.stdout.close()


def test_it_starts_stops_and_starts_again_with_the_same_people_and_files(start: Start) -> None:
    first = start()
    ready = [line for line in first.output.splitlines() if line.startswith("Ready: ")]
    assert ready == [f"Ready: http://localhost:{first.port}"]
    for person in people.PEOPLE:
        assert person.email in first.output
    assert PASSWORD in first.output
    assert "<form" in requests.get(f"{first.stack.site_url}/oidc/authenticate/", timeout=10).text

    bob = first.stack.identity(first.stack.tokens("bob@example.com")["id_token"])
    where = {"Bucket": first.stack.env["FILES_BUCKET"], "Key": f"users/{bob['IdentityId']}/x"}
    first.stack.as_person("s3", bob["Credentials"]).put_object(**where, Body=b"bob's")

    assert "is in use" in command("localaws.reset", DATA_DIR=str(first.folder)).stderr
    elsewhere = {"PORT": str(free_port()), "AWS_PORT": str(free_port()), "DATA_DIR": str(first.folder)}
    assert "is in use" in command("localaws.run", **elsewhere).stderr

    started = descendants(first.process.pid)
    for pid in started:
        assert not {"AWS_ACCESS_KEY_ID", "AWS_PROFILE"} & environment(pid).keys()
        assert "elsewhere" not in environment(pid).get("DATABASE_URL", "")
    os.killpg(first.process.pid, signal.SIGINT)  # what Ctrl-C in a terminal does
    assert first.end() == 0
    assert len(started) >= 3
    assert not survivors(started)
    assert "Traceback" not in first.output

    second = start()
    again = second.stack.identity(second.stack.tokens("bob@example.com")["id_token"])
    assert again["IdentityId"] == bob["IdentityId"]
    kept = second.stack.as_person("s3", again["Credentials"]).get_object(**where)
    assert kept["Body"].read() == b"bob's"
    assert second.stack.env == first.stack.env


def test_a_demo_person_gets_a_token_for_the_api(start: Start) -> None:
    run = start()
    who = {"DATA_DIR": str(run.folder), "DEMO_PASSWORD": PASSWORD}
    token = command("localaws.token", "bob@example.com", **who).stdout.strip()
    headers = {"Authorization": f"Bearer {token}"}
    assert requests.get(f"{run.stack.site_url}/api/v1/files", headers=headers, timeout=10).ok
    wrong = command("localaws.token", "bob@example.com", **who | {"DEMO_PASSWORD": "wrong"})
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "was not let in" in wrong.stderr


def test_a_person_is_put_into_a_group_and_out_of_it(start: Start) -> None:
    run = start()
    who = {"DATA_DIR": str(run.folder)}
    for more, groups in (((), ["members"]), (("--remove",), [])):
        told = command("localaws.group", "nora@example.com", "members", *more, **who)
        assert told.returncode == 0, told.stderr
        answer = run.stack.admin("cognito-idp").admin_list_groups_for_user(
            UserPoolId=run.stack.env["COGNITO_USER_POOL_ID"], Username="nora@example.com"
        )
        assert [group["GroupName"] for group in answer["Groups"]] == groups
    for email, group in (("nobody@example.com", "members"), ("nora@example.com", "choir")):
        wrong = command("localaws.group", email, group, **who)
        assert (wrong.returncode, wrong.stdout) == (1, "")


def test_a_reset_forgets_what_is_ours_and_nothing_else(tmp_path: Path) -> None:
    ours, others = tmp_path / "ours", tmp_path / "others"
    for folder, name in ((ours, "db.sqlite3"), (others, "thesis.txt")):
        folder.mkdir()
        (folder / name).touch()
        command("localaws.reset", DATA_DIR=str(folder))
    assert not ours.exists()
    assert (others / "thesis.txt").exists()


@pytest.mark.parametrize("name", ["localaws", "gunicorn"])
def test_when_a_part_dies_all_ends_and_says_which(start: Start, name: str) -> None:
    run = start()
    started = descendants(run.process.pid)
    children = (Path("/proc") / f"{run.process.pid}/task/{run.process.pid}/children").read_text()
    (victim,) = (
        int(pid) for pid in children.split() if name in (Path("/proc") / pid / "cmdline").read_text()
    )
    os.kill(victim, signal.SIGKILL)
    assert run.end() == 1
    called = {"localaws": "localaws", "gunicorn": "the site"}[name]
    assert f"strongbox: {called} ended with exit code -9; all else is stopped" in run.output
    assert not survivors(started)


def command(*words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        env=clean_environment(**variables),
        capture_output=True,
        text=True,
        check=False,
    )


def refused(**variables: str) -> str:
    """The one line with which it refuses to start."""
    run = command("localaws.run", **variables)
    assert (run.returncode, run.stdout) == (1, "")
    return run.stderr


@pytest.mark.parametrize("name", ["PORT", "AWS_PORT"])
def test_a_taken_port_is_one_clear_line(name: str) -> None:
    ports = {"PORT": str(free_port()), "AWS_PORT": str(free_port())}
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        ports[name] = str(other.getsockname()[1])
        told = refused(**ports)
    assert told == (
        f"strongbox: port {ports[name]} is taken on 127.0.0.1 (Address already in use); "
        f"set {name} to another one\n"
    )


@pytest.mark.parametrize("value", ["http", "0", "65536", "-1"])
def test_a_port_that_is_none_is_told(value: str) -> None:
    assert refused(PORT=value) == f"strongbox: PORT must be a port, 1 to 65535, not {value!r}\n"


def test_a_password_that_does_not_fit_is_told(tmp_path: Path) -> None:
    run = Run(tmp_path, PORT=str(free_port()), AWS_PORT=str(free_port()), DEMO_PASSWORD="short")
    assert run.end() == 1
    assert "strongbox: DEMO_PASSWORD: Password" in run.output
