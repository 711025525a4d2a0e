"""An e-mail address of which nobody said that it is verified is unverified, in the ID token too.

ministack calls it verified there, and an app that goes by verified addresses would let anybody in.
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
"""

from typing import Any

from localaws.seam import Function, replace


def install() -> None:
    from ministack.services import cognito

    replace(cognito, "_fake_token", _unless_said)


def _unless_said(original: Function) -> Function:
    def _fake_token(*args: Any, user_attrs: dict[str, str] | None = None, **rest: Any) -> Any:
        if user_attrs and "email" in user_attrs:
            user_attrs = {"email_verified": "false", **user_attrs}
        return original(*args, user_attrs=user_attrs, **rest)

    return _fake_token
