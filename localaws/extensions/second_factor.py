"""An authenticator app counts once it is verified and turned on, and belongs to somebody signed in.

ministack turns MFA on at VerifySoftwareToken, where AWS waits for SetUserMFAPreference, and lets the
preference be set without any app: then every code would do. It gives secrets to callers without a token.
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserMFAPreference.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_VerifySoftwareToken.html
"""

from typing import Any

from localaws.extensions.random_codes import error
from localaws.seam import Function, replace

Data = dict[str, Any]


def install() -> None:
    from ministack.services import cognito

    replace(cognito, "_associate_software_token", _if_signed_in)
    replace(cognito, "_verify_software_token", _without_turning_on)
    replace(cognito, "_set_user_mfa_preference", _if_verified)


def _if_signed_in(original: Function) -> Function:
    def _associate_software_token(data: Data) -> Any:
        from ministack.services import cognito

        if cognito._user_for_access_token(data.get("AccessToken")) is None:
            # The other way, a Session of MFA_SETUP, is one that ministack never hands out.
            return error("NotAuthorizedException", "Invalid session for the user.")
        return original(data)

    return _associate_software_token


def _without_turning_on(original: Function) -> Function:
    def _verify_software_token(data: Data) -> Any:
        from ministack.services import cognito

        user = cognito._user_for_access_token(data.get("AccessToken"))
        if user is None:
            return error("NotAuthorizedException", "Invalid session for the user.")
        before = list(user.get("_mfa_enabled", [])), user.get("_preferred_mfa", "")
        answer = original(data)
        user["_mfa_enabled"], user["_preferred_mfa"] = before
        return answer

    return _verify_software_token


def _if_verified(original: Function) -> Function:
    def _set_user_mfa_preference(data: Data) -> Any:
        from ministack.services import cognito

        user = cognito._user_for_access_token(data.get("AccessToken"))
        wanted = (data.get("SoftwareTokenMfaSettings") or {}).get("Enabled")
        if user is not None and wanted and not user.get("_totp_secret"):
            return error("InvalidParameterException", "User has not verified software token mfa")
        return original(data)

    return _set_user_mfa_preference
