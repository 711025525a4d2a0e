"""sts:AssumeRoleWithWebIdentity believes only signed tokens, and an identity pool hands out none when
its classic flow is off.

ministack reads the token without verifying it: anybody could write one and take the admins' role.
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html
"""

import time
from typing import Any

from localaws.seam import Function, replace


def install() -> None:
    from ministack.services import cognito, sts

    replace(sts, "_web_identity_principal", _verify_first)
    replace(cognito, "_get_open_id_token", _if_classic)


def _verify_first(original: Function) -> Function:
    def _web_identity_principal(token: str, provider_id: str, role_arn: str) -> Any:
        from ministack.services import cognito

        claims = cognito._token_claims(token)
        expiry = claims.get("exp")
        genuine = cognito._signature_valid(token) and isinstance(expiry, int) and expiry > time.time()
        # A principal of no provider's name fits no trust policy.
        return original(token, provider_id, role_arn) if genuine else ("unverified", {})

    return _web_identity_principal


def _if_classic(original: Function) -> Function:
    def _get_open_id_token(data: dict[str, Any]) -> Any:
        from ministack.core.responses import error_response_json
        from ministack.services import cognito

        for pool in cognito._identity_pools.values():
            if data.get("IdentityId") in pool["_identities"] and not pool.get("AllowClassicFlow"):
                return error_response_json(
                    "InvalidParameterException",
                    "Basic (classic) flow is not enabled, please use enhanced flow.",
                    400,
                )
        return original(data)

    return _get_open_id_token
