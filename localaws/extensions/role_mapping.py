"""Which IAM role an identity pool gives: by token, by rules, or the pool's own for all people.

https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html
https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_RoleMapping.html

- Token: cognito:preferred_role, or a CustomRoleArn that is among cognito:roles
- Rules: the first rule whose claim matches
- neither: AmbiguousRoleResolution decides, AuthenticatedRole or Deny
- the role's trust policy must admit the identity, as sts:AssumeRoleWithWebIdentity would ask of it
"""

import json
from typing import Any

from localaws.extensions.identity_keys import PREFIX
from localaws.seam import Function, replace


class NoRole(Exception):
    """This caller gets none; `code` is AWS's name for the refusal."""

    def __init__(self, why: str, code: str = "NotAuthorizedException") -> None:
        self.code = code
        super().__init__(why)


def install() -> None:
    from ministack.services import cognito

    replace(cognito, "_get_credentials_for_identity", _with_role)


def _with_role(original: Function) -> Function:
    """ministack verifies the logins and mints the session; then the session gets its true role."""

    def _get_credentials_for_identity(data: dict[str, Any]) -> Any:
        from ministack.core.responses import error_response_json
        from ministack.services import sts

        if _pool_of(data.get("IdentityId")) is None:
            return error_response_json("ResourceNotFoundException", "Identity not found.", 400)
        status, headers, body = original(data)
        if status == 200:
            key = json.loads(body)["Credentials"]["AccessKeyId"]
            session = sts._sessions[key]
            try:
                role = _trusted_role(session, data.get("CustomRoleArn"))
            except NoRole as refusal:
                del sts._sessions[key]
                return error_response_json(refusal.code, str(refusal), 400)
            account, name = session["AccountId"], role.rpartition("/")[2]
            session["Arn"] = f"arn:aws:sts::{account}:assumed-role/{name}/CognitoIdentityCredentials"
        return status, headers, body

    return _get_credentials_for_identity


def _trusted_role(session: dict[str, Any], custom: str | None) -> str:
    pool = _pool_of(session["_identity_id"])
    role = role_for(pool or {}, session["_logins"], custom)
    if not _admits(role, session):
        raise NoRole(
            "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
            "InvalidIdentityPoolConfigurationException",
        )
    return role


def _pool_of(identity_id: Any) -> dict[str, Any] | None:
    from ministack.services import cognito

    pools = cognito._identity_pools.values()
    return next((pool for pool in pools if identity_id in pool["_identities"]), None)


def role_for(pool: dict[str, Any], logins: dict[str, str], custom: str | None) -> str:
    """The role's ARN. Raises NoRole."""
    from ministack.services import cognito

    default = (pool.get("_roles") or {}).get("authenticated" if logins else "unauthenticated", "")
    for provider, token in logins.items():
        claims = cognito._token_claims(token)
        mapping = _mapping(pool, provider, str(claims.get("aud", "")))
        if mapping is None:
            continue
        if custom and mapping.get("Type") == "Token":
            if custom not in claims.get("cognito:roles", []):
                raise NoRole("The requested role is not among the token's.")
            return custom
        role = _by_rules(mapping, claims) if mapping.get("Type") == "Rules" else _preferred(claims)
        if role:
            return role
        if mapping.get("AmbiguousRoleResolution") != "AuthenticatedRole":
            raise NoRole("Token does not determine a role, and ambiguous role resolution is Deny.")
    if not default:
        raise NoRole("The identity pool has no role for this identity.")
    return str(default)


def _preferred(claims: dict[str, Any]) -> str:
    return str(claims.get("cognito:preferred_role", ""))


def _mapping(pool: dict[str, Any], provider: str, client_id: str) -> dict[str, Any] | None:
    """By the API the key names provider and client; by CloudFormation it may be any name, and then
    the mapping's own IdentityProvider does."""
    wanted = f"{provider}:{client_id}"
    for key, mapping in (pool.get("_role_mappings") or {}).items():
        if wanted in (key, mapping.get("IdentityProvider")):
            found: dict[str, Any] = mapping
            return found
    return None


def _by_rules(mapping: dict[str, Any], claims: dict[str, Any]) -> str:
    rules = (mapping.get("RulesConfiguration") or {}).get("Rules") or []
    return next((str(rule["RoleARN"]) for rule in rules if _matches(rule, claims)), "")


def _matches(rule: dict[str, Any], claims: dict[str, Any]) -> bool:
    found = claims.get(rule["Claim"])
    if found is None:
        return False
    values = [str(value) for value in (found if isinstance(found, list) else [found])]
    wanted = str(rule["Value"])
    return {
        "Equals": wanted in values,
        "NotEqual": wanted not in values,
        "Contains": any(wanted in value for value in values),
        "StartsWith": any(value.startswith(wanted) for value in values),
    }.get(rule["MatchType"], False)


def _admits(role_arn: str, session: dict[str, Any]) -> bool:
    """Whether the role exists, and its trust policy lets this identity assume it."""
    from ministack.core.iam_evaluator import EvalContext, evaluate_trust_policy
    from ministack.core.responses import get_region
    from ministack.services import iam

    role = iam._roles.get_scoped(session["AccountId"], None, role_arn.rpartition("/")[2])
    if role is None or role.get("Arn") != role_arn:
        return False
    context = EvalContext(
        principal_arn=PREFIX,
        principal_type="WebIdentityUser",
        principal_account=session["AccountId"],
        action="sts:AssumeRoleWithWebIdentity",
        resource_arn=role_arn,
        region=get_region(),
        service_context={
            f"{PREFIX}:aud": session["_identity_pool_id"],
            f"{PREFIX}:sub": session["_identity_id"],
            f"{PREFIX}:amr": session["_cognito_amr"],
        },
    )
    return bool(evaluate_trust_policy(role.get("AssumeRolePolicyDocument", {}), PREFIX, context))
