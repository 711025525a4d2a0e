"""The pages by their addresses, as one ASGI application."""

from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from localaws.managed_login import entrance, mailbox, pages, recovery, sign_in, sign_up
from localaws.managed_login.desk import Desk, Handler
from localaws.managed_login.sessions import Sessions
from localaws.managed_login.transactions import Transactions
from localaws.managed_login.user_pool import UserPool

LONGEST = 100_000  # bytes of a form
# AWS's own names for the pages, where it has one.
ROUTES: dict[tuple[str, str], Handler] = {
    ("GET", "/oauth2/authorize"): entrance.authorize,
    ("GET", "/logout"): entrance.logout,
    ("GET", "/login"): sign_in.show,
    ("POST", "/login"): sign_in.submit,
    ("GET", "/challenge"): sign_in.show_challenge,
    ("POST", "/challenge"): sign_in.answer_challenge,
    ("GET", "/signup"): sign_up.show,
    ("POST", "/signup"): sign_up.submit,
    ("GET", "/confirmUser"): sign_up.show_confirmation,
    ("POST", "/confirmUser"): sign_up.confirm,
    ("GET", "/forgotPassword"): recovery.show,
    ("POST", "/forgotPassword"): recovery.submit,
    ("GET", "/confirmForgotPassword"): recovery.show_reset,
    ("POST", "/confirmForgotPassword"): recovery.reset,
    ("GET", "/mailbox/"): lambda desk, request, given: mailbox.show(given),  # noqa: ARG005
    ("GET", "/managed-login/style.css"): lambda *_: pages.stylesheet(),
    ("GET", "/managed-login/mark.svg"): lambda *_: pages.mark(),
    ("GET", "/favicon.ico"): lambda *_: pages.mark(),
}


class ManagedLogin:
    """Handlers run on threads: they call the emulator, which answers on the event loop."""

    def __init__(self, endpoint: str) -> None:
        self.desk = Desk(UserPool(endpoint), Transactions(), Sessions())

    def serves(self, scope: Scope) -> bool:
        return (scope["method"], scope["path"]) in ROUTES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        handler = ROUTES[request.method, scope["path"]]
        sent = request.url.query if request.method == "GET" else await _form(request)
        if sent is None:
            answer: Response = PlainTextResponse("Too long", 413)
        else:
            given = dict(reversed(parse_qsl(sent, keep_blank_values=True)))  # the first of its name
            answer = await run_in_threadpool(handler, self.desk, request, given)
        await answer(scope, receive, send)


async def _form(request: Request) -> str | None:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST:
            return None
    return body.decode("utf-8", "replace")
