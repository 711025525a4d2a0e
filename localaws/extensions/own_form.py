"""ministack's own sign-in form takes nobody in: the pages of localaws.managed_login stand in its place.

It asks for no second factor, mails the same code to everybody, tires of no guesses, and answers at
/oauth2/login too.
https://docs.aws.amazon.com/cognito/latest/developerguide/login-endpoint.html
"""

from typing import Any

from localaws.seam import Function, replace


def install() -> None:
    from ministack.services import cognito

    replace(cognito, "handle_login_submit", _shut)


def _shut(original: Function) -> Function:  # noqa: ARG001
    def handle_login_submit(*_: Any) -> Any:
        from ministack.services import cognito

        return cognito._oauth2_error("invalid_request", "There is no such page.", 404)

    return handle_login_submit
