"""What stands before ministack on the port: endpoints that it lacks, and doors that stay shut."""

import json
from html import escape
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from localaws import revocation
from localaws.engine import ASGI

# Reset and reconfiguration take no credentials there, so any web page could call them.
ADMIN_PREFIXES = ("/_ministack/", "/_localstack/")
HARMLESS = {"/_ministack/health", "/_ministack/ready", "/_localstack/health"}
# Where people are, and programs are not.
PAGES = {"/oauth2/authorize", "/login", "/logout"}
PROBLEM = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sign-in problem</title>
<h1>This sign-in cannot go on</h1>
<p>{why}</p>
<p>Go back to the site and start again. (Simulated Cognito, for development and tests.)</p>
</html>
"""


class Front:
    """Serves its own endpoints, and hands the rest on to the emulator."""

    def __init__(self, emulator: ASGI) -> None:
        self.emulator = emulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app: ASGIApp = self.emulator
        if scope["type"] == "http":
            path = scope["path"]
            if _from_elsewhere(scope):
                app = PlainTextResponse("Simulated AWS answers this machine only.", 403)
            elif path == "/oauth2/revoke" and scope["method"] == "POST":
                app = _revoke
            elif path.startswith(ADMIN_PREFIXES) and path not in HARMLESS:
                app = PlainTextResponse("Not found", 404)
            elif path in PAGES:
                send = _Readable(scope, receive, send)
        await app(scope, receive, send)


def _from_elsewhere(scope: Scope) -> bool:
    """Whether a browser sends this for a web page that is not on this machine.

    The administrator's key is known and Lambda runs code, so a page out there must not be able to
    call: neither across origins, nor through a name of its own that it points at this address.
    """
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    asked_at, asked_by = f"//{headers.get(b'host', '')}", headers.get(b"origin", "//localhost")
    return headers.get(b"sec-fetch-site") == "cross-site" or not (
        _is_loopback(asked_at) and _is_loopback(asked_by)
    )


def _is_loopback(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return host in {"localhost", "127.0.0.1"} or host.endswith(".localhost")


async def _revoke(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
    answer = revocation.answer(form, request.headers.get("authorization", ""))
    await answer(scope, receive, send)


class _Readable:
    """Turns a JSON error of the sign-in pages into a page; AWS shows people pages too."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope, self.receive, self.send = scope, receive, send
        self.error: int | None = None
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = {name.lower(): value for name, value in message["headers"]}
            kind = headers.get(b"content-type", b"")
            if message["status"] >= 400 and b"json" in kind:
                self.error = message["status"]
        if self.error is None:
            return await self.send(message)
        self.body += message.get("body", b"")
        if message["type"] == "http.response.body" and not message.get("more_body"):
            await self._page(self.error)(self.scope, self.receive, self.send)
        return None

    def _page(self, status: int) -> Response:
        return HTMLResponse(PROBLEM.format(why=escape(_description(self.body))), status)


def _description(body: bytes) -> str:
    try:
        return str(json.loads(body)["error_description"])
    except (ValueError, KeyError, TypeError):
        return "The request is not valid."
