"""/login and /challenge: e-mail and password, or a code by e-mail; then whatever is asked for beyond."""

from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response

from localaws.managed_login import entrance, granting, pages
from localaws.managed_login.desk import Desk, Given, in_transaction
from localaws.managed_login.transactions import Asked, Transaction, by_browser
from localaws.managed_login.user_pool import (
    ANSWERS,
    EMAIL_CODE,
    NEW_PASSWORD,
    TOTP,
    Challenge,
    Refused,
    SignedIn,
)

FACTORS = {TOTP: "otp", EMAIL_CODE: "otp"}  # a new password proves nothing that the old one did not
PAGES = {TOTP: "totp", EMAIL_CODE: "email_code", NEW_PASSWORD: "new_password"}
TOO_OFTEN = {"LimitExceededException", "TooManyRequestsException", "TooManyFailedAttemptsException"}


def show(desk: Desk, request: Request, given: Given) -> Response:
    """The sign-in page of a transaction, to come back to; without one, as /oauth2/authorize."""
    if "transaction" not in given:
        return entrance.authorize(desk, request, given)
    transaction = desk.transactions.find(request, given["transaction"])
    return desk.show(request, "sign_in", transaction) if transaction else desk.gone(request, given)


def submit(desk: Desk, request: Request, given: Given) -> Response:
    """The form of the sign-in page. A program may send the parameters of /oauth2/authorize in it."""
    if "transaction" in given or by_browser(request):
        transaction = desk.transactions.find(request, given.get("transaction", ""))
    else:
        refused = granting.refusal(given)
        if refused:
            return refused
        transaction = _begun(desk, request, given)
    if transaction is None:
        return desk.gone(request, given)
    transaction.email = given.get("username", "").strip()
    if given.get("action") == "code":
        return mail_code(desk, request, transaction)
    return with_password(desk, request, transaction, given.get("password", ""))


def _begun(desk: Desk, request: Request, given: Given) -> Transaction:
    from ministack.services import cognito

    pool, _, _ = cognito._find_pool_by_client_id(given["client_id"])
    return desk.transactions.begin(request, Asked.of(given), pool)


def with_password(desk: Desk, request: Request, transaction: Transaction, password: str) -> Response:
    """The page again when they are wrong, with what was typed; who it was is not told."""
    email, pool = transaction.email, transaction.pool
    missing = {"username": "missing_email"} if not email else {}
    missing |= {"password": "missing_password"} if not password else {}
    if missing:
        return desk.show(request, "sign_in", transaction, errors=missing)
    transaction.amr, transaction.challenge = (), None
    try:
        outcome = desk.users.sign_in(pool, email, password)
    except Refused as refused:
        return _not_let_in(desk, request, transaction, refused)
    return proceed(desk, request, transaction, outcome, "pwd")


def _not_let_in(desk: Desk, request: Request, transaction: Transaction, refused: Refused) -> Response:
    if refused.code == "UserNotConfirmedException":
        with suppress(Refused):  # the page offers it again
            desk.users.resend_confirmation(transaction.pool, transaction.email)
        return desk.go(request, "/confirmUser", transaction)
    if refused.code == "PasswordResetRequiredException":
        transaction.notice = "reset_required"
        return desk.go(request, "/forgotPassword", transaction)
    return desk.show(request, "sign_in", transaction, errors={"password": wrong(refused)})


def wrong(refused: Refused) -> str:
    """What to tell of a refused e-mail and password."""
    if refused.code in TOO_OFTEN or "attempts exceeded" in refused.why:
        return "too_often"
    if refused.code == "ServiceUnavailable":
        return "unavailable"
    return "wrong_password"


def mail_code(desk: Desk, request: Request, transaction: Transaction) -> Response:
    """Everybody gets to the page for the code; a code gets only who may sign in with one."""
    if not transaction.email:
        return desk.show(request, "sign_in", transaction, errors={"username": "missing_email"})
    transaction.amr, transaction.challenge = (), None
    try:
        transaction.challenge = desk.users.mail_code(transaction.pool, transaction.email)
    except Refused as refused:
        if refused.code in TOO_OFTEN:
            return desk.show(request, "sign_in", transaction, errors={"username": "too_often"})
        transaction.challenge = Challenge(EMAIL_CODE, transaction.email)
    return desk.go(request, "/challenge", transaction)


def proceed(
    desk: Desk, request: Request, transaction: Transaction, outcome: SignedIn | Challenge, factor: str
) -> Response:
    """One factor was right: on to the next one, or back to the site."""
    if factor and factor not in transaction.amr:
        transaction.amr = (*transaction.amr, factor)
    if isinstance(outcome, SignedIn):
        return granting.finish(desk, request, transaction, outcome.username)
    if outcome.name not in ANSWERS:
        return pages.page("problem", transaction, status=400, why="unknown_challenge")
    transaction.challenge = outcome
    return desk.go(request, "/challenge", transaction)


@in_transaction
def show_challenge(desk: Desk, request: Request, transaction: Transaction, given: Given) -> Response:
    if transaction.challenge is None:
        return desk.gone(request, given)
    return desk.show(request, PAGES[transaction.challenge.name], transaction)


@in_transaction
def answer_challenge(desk: Desk, request: Request, transaction: Transaction, given: Given) -> Response:
    if transaction.challenge is None:
        return desk.gone(request, given)
    challenge = transaction.challenge
    if given.get("action") == "resend" and challenge.name == EMAIL_CODE:
        transaction.notice = "code_sent_again"
        return mail_code(desk, request, transaction)
    reply = given.get(_answer_of(challenge), "")
    if challenge.name != NEW_PASSWORD:
        reply = digits(reply)
    try:
        outcome = desk.users.answer(transaction.pool, challenge, reply)
    except Refused as refused:
        return _asked_again(desk, request, transaction, challenge, refused)
    return proceed(desk, request, transaction, outcome, FACTORS.get(challenge.name, ""))


def digits(typed: str) -> str:
    """A code as people copy it: with blanks in it or around it."""
    return "".join(typed.split())


def _asked_again(
    desk: Desk, request: Request, transaction: Transaction, challenge: Challenge, refused: Refused
) -> Response:
    if refused.code == "NotAuthorizedException" and "attempts exceeded" not in refused.why:
        # The challenge's own session: expired, or used up by wrong answers.
        transaction.challenge, transaction.amr, transaction.notice = None, (), "took_too_long"
        return desk.go(request, "/login", transaction)
    told = code_error(refused)
    if challenge.name == TOTP:
        told = {"wrong_code": "wrong_totp", "expired_code": "used_totp"}.get(told, told)
    errors = {_answer_of(challenge): told}
    return desk.show(request, PAGES[challenge.name], transaction, errors=errors)


def _answer_of(challenge: Challenge) -> str:
    """The name of the field for it."""
    return "password" if challenge.name == NEW_PASSWORD else "code"


def code_error(refused: Refused) -> str:
    """What to tell of a refused code or new password."""
    if refused.code in TOO_OFTEN or "attempts exceeded" in refused.why:
        return "too_often"
    return {
        "InvalidPasswordException": "weak_password",
        "ExpiredCodeException": "expired_code",
        "ServiceUnavailable": "unavailable",
        "PasswordHistoryPolicyViolationException": "old_password",
    }.get(refused.code, "wrong_code")
