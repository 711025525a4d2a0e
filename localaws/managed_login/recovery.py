"""/forgotPassword and /confirmForgotPassword: a code by e-mail, and a new password.

Nobody learns here who has an account: whatever is typed leads to the page for the code.
https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html
"""

from starlette.requests import Request
from starlette.responses import Response

from localaws.managed_login import sign_in
from localaws.managed_login.desk import Desk, Given, in_transaction
from localaws.managed_login.transactions import Transaction
from localaws.managed_login.user_pool import Refused


@in_transaction
def show(desk: Desk, request: Request, transaction: Transaction, _: Given) -> Response:
    return desk.show(request, "forgot_password", transaction)


@in_transaction
def submit(desk: Desk, request: Request, transaction: Transaction, given: Given) -> Response:
    transaction.email = given.get("username", "").strip()
    if not transaction.email:
        errors = {"username": "missing_email"}
        return desk.show(request, "forgot_password", transaction, errors=errors)
    return _send(desk, request, transaction)


@in_transaction
def show_reset(desk: Desk, request: Request, transaction: Transaction, _: Given) -> Response:
    if not transaction.email:
        return desk.go(request, "/forgotPassword", transaction)
    return desk.show(request, "reset_password", transaction, code="")


@in_transaction
def reset(desk: Desk, request: Request, transaction: Transaction, given: Given) -> Response:
    if given.get("action") == "resend":
        transaction.notice = "code_sent_again"
        return _send(desk, request, transaction)
    code, password = sign_in.digits(given.get("code", "")), given.get("password", "")
    errors = {"code": "missing_code"} if not code else {}
    errors |= {"password": "missing_password"} if not password else {}
    if not errors:
        try:
            desk.users.confirm_forgot_password(transaction.pool, transaction.email, code, password)
        except Refused as refused:
            told = sign_in.code_error(refused)
            errors = {"password" if told in {"weak_password", "old_password"} else "code": told}
    if errors:
        return desk.show(request, "reset_password", transaction, code=code, errors=errors)
    return sign_in.with_password(desk, request, transaction, password)  # and the second factor, if any


def _send(desk: Desk, request: Request, transaction: Transaction) -> Response:
    try:
        desk.users.forgot_password(transaction.pool, transaction.email)
    except Refused as refused:
        if refused.code in sign_in.TOO_OFTEN:
            errors = {"username": "too_often"}
            return desk.show(request, "forgot_password", transaction, errors=errors)
    return desk.go(request, "/confirmForgotPassword", transaction)
