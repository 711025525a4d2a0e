"""What stands before ministack on the port: what it lacks, and doors that stay shut."""

from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from localaws import revocation
from localaws.engine import ASGI
from localaws.managed_login.app import ManagedLogin

# Reset and reconfiguration take no credentials there, so any web page could call them.
ADMIN_PREFIXES = ("/_ministack/", "/_localstack/")
HARMLESS = {
    "/_ministack/health",
    "/_ministack/ready",
    "/_localstack/health",
    "/_ministack/ses/messages",  # the simulated mails: read only, and what the mailbox shows anyway
}
# ministack's own sign-in form, at an address that AWS does not have: it knows none of our pages' rules.
SHUT = {"/oauth2/login"}


class Front:
    """Serves its own endpoints, and hands the rest on to the emulator."""

    def __init__(self, emulator: ASGI, managed_login: ManagedLogin) -> None:
        self.emulator, self.managed_login = emulator, managed_login

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app: ASGIApp = self.emulator
        if scope["type"] == "http":
            path = scope["path"]
            if _from_elsewhere(scope):
                app = PlainTextResponse("Simulated AWS answers this machine only.", 403)
            elif path == "/oauth2/revoke" and scope["method"] == "POST":
                app = _revoke
            elif path in SHUT or (path.startswith(ADMIN_PREFIXES) and path not in HARMLESS):
                app = PlainTextResponse("Not found", 404)
            elif self.managed_login.serves(scope):
                app = self.managed_login
        await app(scope, receive, send)


def _from_elsewhere(scope: Scope) -> bool:
    """Whether a browser sends this for a web page that is not on this machine.

    The administrator's key is known and Lambda runs code, so a page out there must not be able to
    call: neither across origins, nor through a name of its own that it points at this address. To a
    browser localhost and 127.0.0.1 are different sites; what comes from either names its origin.
    """
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    if not _is_loopback(f"//{headers.get(b'host', '')}"):
        return True
    if (asked_by := headers.get(b"origin")) is not None:
        return not _is_loopback(asked_by)
    return headers.get(b"sec-fetch-site") == "cross-site"


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
