"""/signup and /confirmUser: an account of one's own, where the pool lets people make one.

https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html
"""

from starlette.requests import Request
from starlette.responses import Response

from localaws.managed_login import granting, sign_in
from localaws.managed_login.desk import Desk, Given, Offers, in_transaction
from localaws.managed_login.transactions import Transaction
from localaws.managed_login.user_pool import Refused


@in_transaction
def show(desk: Desk, request: Request, transaction: Transaction, given: Given) -> Response:
    if not Offers.of(transaction.asked).sign_up:
        return desk.gone(request, given)
    return desk.show(request, "sign_up", transaction, name="")


@in_transaction
def submit(desk: Desk, request: Request, transaction: Transaction, given: Given) -> Response:
    name, email = given.get("name", "").strip(), given.get("email", "").strip()
    password = given.get("password", "")
    typed = {"name": name, "email": email, "password": password}
    errors = {field: f"missing_{field}" for field, value in typed.items() if not value}
    transaction.email = email
    if not errors:
        try:
            to_confirm = desk.users.sign_up(transaction.pool, name=name, email=email, password=password)
        except Refused as refused:
            errors = _error(refused)
    if errors:
        return desk.show(request, "sign_up", transaction, name=name, errors=errors)
    transaction.signed_up = email
    return (
        desk.go(request, "/confirmUser", transaction) if to_confirm else _in(desk, request, transaction)
    )


@in_transaction
def show_confirmation(desk: Desk, request: Request, transaction: Transaction, _: Given) -> Response:
    if not transaction.email:
        return desk.go(request, "/login", transaction)
    return desk.show(request, "confirm_sign_up", transaction)


@in_transaction
def confirm(desk: Desk, request: Request, transaction: Transaction, given: Given) -> Response:
    pool, email = transaction.pool, transaction.email
    try:
        if given.get("action") == "resend":
            desk.users.resend_confirmation(pool, email)
            transaction.notice = "code_sent_again"
            return desk.go(request, "/confirmUser", transaction)
        desk.users.confirm_sign_up(pool, email, sign_in.digits(given.get("code", "")))
    except Refused as refused:
        errors = {"code": sign_in.code_error(refused)}
        return desk.show(request, "confirm_sign_up", transaction, errors=errors)
    if transaction.signed_up == email:
        return _in(desk, request, transaction)
    transaction.notice = "confirmed"  # somebody else may have typed the address: now the password
    return desk.go(request, "/login", transaction)


def _in(desk: Desk, request: Request, transaction: Transaction) -> Response:
    """This browser has just chosen the password, and the address is confirmed."""
    username = desk.users.name_of(transaction.pool, transaction.signed_up)
    if not username:
        return desk.gone(request, {"transaction": transaction.id})
    transaction.amr = ("pwd",)
    return granting.finish(desk, request, transaction, username)


def _error(refused: Refused) -> dict[str, str]:
    if refused.code == "UsernameExistsException":
        return {"email": "email_taken"}
    if refused.code == "InvalidPasswordException":
        return {"password": "weak_password"}
    if refused.code == "InvalidParameterException":
        return {"email": "no_email"}
    return {"": "too_often" if refused.code in sign_in.TOO_OFTEN else "sign_up_refused"}
