"""The demo people of the local stack, and their way through its sign-in page without a browser."""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests
from django.http import HttpResponseBase
from django.test import Client

from tests.stack import STACK


class Form(HTMLParser):
    """The hidden fields and the target of a page's first form."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = self.action or given.get("action", "")
        elif tag == "input" and given.get("type") == "hidden":
            self.fields[given["name"]] = given.get("value", "")


def through_sign_in_page(authorize_url: str, email: str, password: str | None = None) -> str:
    """Type e-mail and password on the sign-in page; the address that the browser is sent to next."""
    page = requests.get(authorize_url, timeout=10)
    page.raise_for_status()
    form = Form(page.text)
    typed = {**form.fields, "username": email, "password": password or STACK.password}
    answer = requests.post(
        urljoin(authorize_url, form.action), data=typed, allow_redirects=False, timeout=10
    )
    assert answer.status_code in {302, 303}, answer.text
    return answer.headers["Location"]


def sign_in(client: Client, email: str, next_url: str = "/files/") -> HttpResponseBase:
    """The whole way, as a browser goes it; the answer of the site's callback."""
    start = client.get("/oidc/authenticate/", {"next": next_url})
    callback = urlsplit(through_sign_in_page(start["Location"], email))
    answer: HttpResponseBase = client.get(f"{callback.path}?{callback.query}")
    assert answer.status_code == 302, answer.content  # type: ignore[attr-defined]
    return answer
