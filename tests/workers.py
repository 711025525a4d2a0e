"""The site as gunicorn runs it, in four processes, with a Cognito that counts: what only happens between
processes that know nothing of each other."""

import os
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier
from urllib.parse import parse_qs, urlsplit

import requests

from tests import fakes
from tests.fakes import FakeCognito
from tests.stack import MANAGE, ROOT, free_port

AT_ONCE = 64
WORKERS = 4
START_SECONDS = 30


@dataclass(frozen=True)
class Site:
    url: str
    database: Path
    cognito: FakeCognito

    def sign_in(self) -> dict[str, str]:
        """The cookies of a browser in which bob has signed in."""
        with requests.Session() as browser:
            away = browser.get(f"{self.url}/oidc/authenticate/", allow_redirects=False, timeout=10)
            asked = parse_qs(urlsplit(away.headers["Location"]).query)
            # The fake's tokens carry the code for a nonce.
            back = {"code": asked["nonce"][0], "state": asked["state"][0]}
            browser.get(f"{self.url}/oidc/callback/", params=back, allow_redirects=False, timeout=10)
            return browser.cookies.get_dict()

    def let_tokens_run_out(self) -> None:
        """As if the hour had passed, for everybody."""
        with closing(sqlite3.connect(self.database, timeout=20)) as connection, connection:
            connection.execute("UPDATE accounts_session SET tokens_expire_at = '2020-01-01 00:00:00'")

    def many_requests(self, cookies: dict[str, str]) -> Counter[str]:
        """Where so many requests at once are sent: to /files/ with a sign-in; else their statuses."""
        together = Barrier(AT_ONCE)

        def one(_: int) -> str:
            together.wait(30)
            answer = requests.get(self.url, cookies=cookies, allow_redirects=False, timeout=30)
            return answer.headers.get("Location", str(answer.status_code))

        with ThreadPoolExecutor(AT_ONCE) as browsers:
            return Counter(browsers.map(one, range(AT_ONCE)))

    def refresh_tokens_used(self) -> list[str]:
        """In the calls that have been counted."""
        forms = (call.form for call in self.cognito.calls)
        return [form["refresh_token"] for form in forms if "refresh_token" in form]


@contextmanager
def serve(folder: Path) -> Iterator[Site]:
    """The site's database and log are in `folder`."""
    with fakes.fake_cognito() as cognito:
        environment = os.environ | {
            "DATABASE_URL": f"sqlite:///{folder / 'workers.sqlite3'}",
            "WEB_CONCURRENCY": str(WORKERS),
            "PORT": str(port := free_port()),
            "AWS_ENDPOINT_URL": cognito.url,  # where the keys are
            "COGNITO_DOMAIN": cognito.url,
            "COGNITO_USER_POOL_ID": fakes.ISSUER.rpartition("/")[2],
            "COGNITO_CLIENT_ID": fakes.CLIENT,
        }
        subprocess.run([*MANAGE, "migrate", "--verbosity=0"], cwd=ROOT, env=environment, check=True)
        command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--config", "config/gunicorn.py"]
        with (folder / "workers.log").open("wb") as log:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
            site = Site(f"http://localhost:{port}", folder / "workers.sqlite3", cognito)
            try:
                _wait_until_it_answers(site, process)
                yield site
            finally:
                process.terminate()
                process.wait(20)


def _wait_until_it_answers(site: Site, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            requests.get(f"{site.url}/healthz", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the site did not start")
