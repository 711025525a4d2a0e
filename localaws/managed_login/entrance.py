"""/oauth2/authorize and /logout: who must be asked to sign in, and who need not.

https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html
"""

import re
from dataclasses import replace
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from localaws.managed_login import granting, pages
from localaws.managed_login.desk import Desk, Given
from localaws.managed_login.sessions import Session
from localaws.managed_login.transactions import Asked


def authorize(desk: Desk, request: Request, given: Given) -> Response:
    """A code at once for somebody who has signed in here; the sign-in page for everybody else."""
    from ministack.services import cognito

    if given.get("identity_provider") == "COGNITO":  # the pool's own people: these pages
        given = {name: value for name, value in given.items() if name != "identity_provider"}
    refused = granting.refusal(given)
    if refused:
        return refused
    pool, _, client = cognito._find_pool_by_client_id(given["client_id"])
    asked = Asked.of(given)
    asked = replace(asked, redirect_uri=asked.redirect_uri or client["DefaultRedirectURI"])
    session = desk.sessions.find(request, pool)
    asks = session is None or _must_ask(desk, asked, session)
    if session and not asks and desk.users.name_of(pool, session.username):  # not disabled, not deleted
        return granting.grant(asked, session)
    if "none" in asked.prompt.split():
        return granting.error(asked, "login_required")
    return desk.show(request, "sign_in", desk.transactions.begin(request, asked, pool))


def _must_ask(desk: Desk, asked: Asked, session: Session) -> bool:
    limit = re.fullmatch("[0-9]{1,12}", asked.max_age)
    stale = limit is not None and desk.sessions.age(session) > int(limit[0])
    weak = not granting.level_enough(session, asked.acr_values)
    return stale or weak or "login" in asked.prompt.split()


def logout(desk: Desk, request: Request, given: Given) -> Response:
    """Ends the cookie; then to a registered address, or to the sign-in page again."""
    from ministack.services import cognito

    lang = given.get("lang", "")
    _, _, client = cognito._find_pool_by_client_id(given.get("client_id", ""))
    if client is None:
        return pages.page("problem", lang=lang, status=400, why="unknown_client")
    if "logout_uri" in given:
        # ministack lets a client without any sign-out address go anywhere.
        if given["logout_uri"] not in (client.get("LogoutURLs") or []):
            return pages.page("problem", lang=lang, status=400, why="logout_uri")
        return _signed_out(desk, request, given["logout_uri"])
    refused = granting.refusal(given)
    return refused or _signed_out(desk, request, f"/oauth2/authorize?{urlencode(given)}")


def _signed_out(desk: Desk, request: Request, to: str) -> Response:
    answer = RedirectResponse(to, 302, headers={"Cache-Control": "no-store"})
    desk.sessions.end(answer, request)
    return answer
