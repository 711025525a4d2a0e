"""The real site for a real browser: gunicorn on the registered address, with a database of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import requests
from playwright.sync_api import Browser, Page, Playwright, expect
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from tests.browser.chromium import executable
from tests.stack import MANAGE, ROOT, STACK

# Nothing but what the pages ask for: no updates, no sync, no suggestions.
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
WHO = re.compile("Username|E-?mail", re.IGNORECASE)  # the sign-in page's first field
START = Retry(total=10, backoff_factor=0.1)


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """The site's address, while it runs; its database and log are in `folder`."""
    port = str(urlsplit(STACK.site_url).port)
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{folder / 'site.sqlite3'}", "PORT": port}
    subprocess.run([*MANAGE, "migrate", "--verbosity=0"], cwd=ROOT, env=environment, check=True)
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--config", "config/gunicorn.py"]
    with (folder / "site.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            _wait_until_it_answers(STACK.site_url)
            yield STACK.site_url
        finally:
            process.terminate()
            process.wait(20)


def _wait_until_it_answers(url: str) -> None:
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=START))
        session.get(f"{url}/healthz", timeout=10).raise_for_status()


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(
        executable_path=executable(), args=["--no-sandbox", "--disable-gpu", *QUIET]
    )


def sign_in(page: Page, email: str) -> None:
    """From the site's front page through the sign-in page, as a person does it."""
    page.goto(STACK.site_url)
    page.get_by_role("link", name="Sign in").click()
    fill_sign_in_form(page, email)
    expect(page).to_have_url(re.compile(f"^{re.escape(STACK.site_url)}/files/"))


def fill_sign_in_form(page: Page, email: str) -> None:
    page.get_by_label(WHO).fill(email)
    page.get_by_label("Password").fill(STACK.password)
    page.get_by_role("button", name="Sign in").click()
