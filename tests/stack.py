"""AWS on this machine for the whole test run: a pytest plugin (`-p tests.stack`).

It starts before Django reads its settings from the environment, so on import: localaws on a free port
in a temporary folder, the stack of infra/stack.yaml, the demo people. `STACK` is what came of it.
"""

import atexit
import base64
import hashlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import requests
from botocore import UNSIGNED
from botocore.config import Config

from localaws import people
from localaws.engine import ADMIN, REGION, settings_for

ROOT = Path(__file__).resolve().parent.parent
MANAGE = [sys.executable, str(ROOT / "manage.py")]
START_SECONDS = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without anything that configures AWS or the site, and more."""
    foreign = (
        "AWS_",
        "COGNITO_",
        "SITE_URL",
        "ENV_FILE",
        "SECRET_KEY",
        "DATABASE_URL",
        "FILES_BUCKET",
        "S3_",
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {**kept, **more}


@dataclass(frozen=True)
class Stack:
    """The emulator's address, the registered address of the site, its settings, everybody's password."""

    endpoint: str
    site_url: str
    password: str = field(repr=False)
    folder: Path
    env: dict[str, str] = field(repr=False)
    pid: int = 0  # of the emulator

    @property
    def both_names(self) -> str:
        """The emulator's address by either of this machine's names, as Playwright matches it."""
        return self.endpoint.replace("localhost", "{localhost,127.0.0.1}")

    def admin(self, service: Any) -> Any:
        """A boto3 client that may do everything."""
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id=ADMIN["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ADMIN["AWS_SECRET_ACCESS_KEY"],
        )

    def public(self, service: Any) -> Any:
        """A boto3 client that signs nothing, as for the identity pool's public calls."""
        config = Config(signature_version=UNSIGNED)
        return boto3.client(service, region_name=REGION, endpoint_url=self.endpoint, config=config)

    def as_person(self, service: Any, credentials: dict[str, Any]) -> Any:
        """A boto3 client with the temporary keys that `credentials` gives."""
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretKey"],
            aws_session_token=credentials["SessionToken"],
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        )

    def code(self, email: str, *, nonce: str = "", state: str = "") -> tuple[str, str]:
        """Sign in on the sign-in page as a browser does: the code, and its PKCE verifier."""
        verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(verifier.encode()).digest()
        form = {
            "client_id": self.env["COGNITO_CLIENT_ID"],
            "redirect_uri": f"{self.site_url}/oidc/callback/",
            "response_type": "code",
            "scope": "openid email profile aws.cognito.signin.user.admin",
            "state": state,
            "nonce": nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "username": email,
            "password": self.password,
        }
        answer = requests.post(f"{self.endpoint}/login", data=form, allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text
        return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0], verifier

    def tokens(self, email: str, *, nonce: str = "") -> dict[str, Any]:
        """id_token, access_token and refresh_token of a new sign-in."""
        code, verifier = self.code(email, nonce=nonce)
        answer = self.token_endpoint(
            grant_type="authorization_code",
            code=code,
            code_verifier=verifier,
            redirect_uri=f"{self.site_url}/oidc/callback/",
        )
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    def token_endpoint(self, path: str = "token", **form: str) -> requests.Response:
        """POST to /oauth2/token, or another path there, as the site's app client."""
        client = (self.env["COGNITO_CLIENT_ID"], self.env["COGNITO_CLIENT_SECRET"])
        return requests.post(f"{self.endpoint}/oauth2/{path}", data=form, auth=client, timeout=10)

    def logins(self, id_token: str) -> dict[str, str]:
        """What the identity pool wants to see."""
        return {f"cognito-idp.{REGION}.amazonaws.com/{self.env['COGNITO_USER_POOL_ID']}": id_token}

    def identity(self, id_token: str) -> dict[str, Any]:
        """IdentityId and Credentials (AccessKeyId, SecretKey, SessionToken), from the identity pool."""
        pool = self.public("cognito-identity")
        logins = self.logins(id_token)
        found = pool.get_id(IdentityPoolId=self.env["COGNITO_IDENTITY_POOL_ID"], Logins=logins)
        answer: dict[str, Any] = pool.get_credentials_for_identity(
            IdentityId=found["IdentityId"], Logins=logins
        )
        return answer


def start(*, extended: bool = True) -> Stack:
    """A stack of its own, on free ports; extended=False for ministack without what localaws adds."""
    folder = Path(tempfile.mkdtemp(prefix="strongbox-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    port = free_port()
    endpoint, site_url = f"http://localhost:{port}", f"http://localhost:{free_port()}"
    command = ["localaws", "--port", str(port), "--data-dir", str(folder / "aws")]
    process = subprocess.Popen(
        [sys.executable, "-m", *(command if extended else ["ministack"])],
        cwd=ROOT,
        env=clean_environment(**({} if extended else settings_for(port, folder))),
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C ends the tests first, then this
    )
    atexit.register(_stop, process)
    _wait(process, f"{endpoint}/_ministack/health")
    env_file = folder / "env"
    subprocess.run(
        [*MANAGE, "provision", "--env-file", str(env_file)],
        cwd=ROOT,
        env=clean_environment(
            **ADMIN, AWS_ENDPOINT_URL=endpoint, SITE_URL=site_url, ENV_FILE=str(env_file)
        ),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    env = dict(line.split("=", 1) for line in env_file.read_text().splitlines())
    password = secrets.token_urlsafe(12)
    people.seed(endpoint_url=endpoint, user_pool_id=env["COGNITO_USER_POOL_ID"], password=password)
    return Stack(endpoint, site_url, password, folder, env, process.pid)


def _wait(process: "subprocess.Popen[bytes]", url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(url, timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.05)
    raise AssertionError(f"{url} did not answer within {START_SECONDS} seconds")


def _configure_site(stack: Stack) -> None:
    """What the tests' own process has for settings: the stack's, and no AWS credentials."""
    folder = {"ENV_FILE": str(stack.folder / "env"), "STATIC_ROOT": str(stack.folder / "static")}
    environment = clean_environment(**stack.env, **folder)
    os.environ.clear()
    os.environ.update(environment)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@cache
def credentials(name: str) -> dict[str, Any]:
    """`Stack.identity` of a demo person ("bob"), once per test run."""
    return STACK.identity(STACK.tokens(f"{name}@example.com")["id_token"])


STACK = start()
_configure_site(STACK)
