"""Back to the site: with a code for somebody who has signed in, or with an error.

https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-step-up-authentication.html
"""

import json
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from localaws.extensions import authentication
from localaws.managed_login import pages
from localaws.managed_login.desk import Desk
from localaws.managed_login.sessions import Session
from localaws.managed_login.transactions import Asked, Transaction

LEVEL = "urn:cognito:loa:"
LEVELS = {("pwd",): 1, ("otp",): 2, ("pwd", "otp"): 4}


def refusal(given: dict[str, str]) -> Response | None:
    """What is wrong with the parameters of an authorize request, as ministack finds; None if nothing."""
    from ministack.services import cognito

    found = cognito.handle_oauth2_authorize("GET", "/oauth2/authorize", {}, given)
    return None if found[0] == 200 else _answer(*found, lang=given.get("lang", ""))


def finish(desk: Desk, request: Request, transaction: Transaction, username: str) -> Response:
    """Signed in: the code, and the cookie. Once for each transaction."""
    if not desk.transactions.end(transaction):
        return desk.gone(request, {"transaction": transaction.id})
    session = desk.sessions.new(transaction.pool, username, transaction.amr)
    answer = grant(transaction.asked, session)
    desk.sessions.keep(session, answer, request)
    desk.transactions.answer(transaction, answer)
    return answer


def grant(asked: Asked, session: Session) -> Response:
    """The redirect with a code, once ministack has checked the address and PKCE again."""
    from ministack.services import cognito

    issued = cognito._issue_auth_code_redirect(
        asked.client_id,
        session.pool,
        asked.redirect_uri,
        asked.scope,
        session.username,
        asked.nonce,
        asked.code_challenge,
        asked.code_challenge_method,
        asked.state,
    )
    if issued[0] == 302 and "code" in (sent := parse_qs(urlsplit(issued[1]["Location"]).query)):
        factors = [*session.amr, *(["mfa"] if len(session.amr) > 1 else [])]
        acr = f"{LEVEL}{level(session)}" if asked.acr_values else None
        auth_time = int(session.auth_time)
        authentication.remember(sent["code"][-1], auth_time=auth_time, amr=factors, acr=acr)
    return _answer(*issued, lang=asked.lang)


def error(asked: Asked, name: str) -> Response:
    """Back to the registered address, which hears why."""
    separator = "&" if "?" in asked.redirect_uri else "?"
    state = f"&state={quote(asked.state, safe='')}" if asked.state else ""
    return RedirectResponse(f"{asked.redirect_uri}{separator}error={name}{state}", 302)


def level(session: Session) -> int:
    return LEVELS.get(session.amr, 1)


def level_enough(session: Session, acr_values: str) -> bool:
    """Whether the least of the levels asked for is reached."""
    levels = [
        int(value[-1]) for value in acr_values.split() if value[:-1] == LEVEL and value[-1] in "1234"
    ]
    return not levels or level(session) >= min(levels)


def _answer(status: int, headers: dict[str, str], body: bytes, *, lang: str) -> Response:
    if status < 400:
        return Response(body, status, headers)
    return pages.page("problem", lang=lang, status=status, why="refused", detail=_description(body))


def _description(body: bytes) -> str:
    try:
        told: Any = json.loads(body)["error_description"]
    except (ValueError, KeyError, TypeError):
        return ""
    return str(told)
