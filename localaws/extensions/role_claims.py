"""The ID token's cognito:roles and cognito:preferred_role, from the roles of the person's groups.

The group with the lowest precedence number gives the preferred role; none, when groups of that
precedence disagree. A group without a precedence comes last.
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateGroup.html
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-user-groups.html
"""

from typing import Any

from localaws.seam import Function, replace

LAST = 2**31  # one more than the highest precedence number


def install() -> None:
    from ministack.services import cognito

    replace(cognito, "_apply_pretoken_trigger", _with_roles)


def _with_roles(original: Function) -> Function:
    """Before the trigger, which may replace these claims as any other."""

    def _apply_pretoken_trigger(*, pool_id: str, claims: dict[str, Any], **rest: Any) -> dict[str, Any]:
        from ministack.services import cognito

        pool = cognito._get_pool_unscoped(pool_id)
        if pool and claims.get("token_use") == "id":
            groups = [pool["_groups"].get(name) or {} for name in claims.get("cognito:groups", [])]
            claims.update(role_claims(groups))
        answer: dict[str, Any] = original(pool_id=pool_id, claims=claims, **rest)
        return answer

    return _apply_pretoken_trigger


def role_claims(groups: list[dict[str, Any]]) -> dict[str, Any]:
    """The claims for a member of these groups ({"RoleArn": …, "Precedence": …})."""
    ranked = sorted(
        (LAST if group.get("Precedence") is None else group["Precedence"], group["RoleArn"])
        for group in groups
        if group.get("RoleArn")
    )
    if not ranked:
        return {}
    roles = list(dict.fromkeys(role for _, role in ranked))
    best = {role for precedence, role in ranked if precedence == ranked[0][0]}
    claims: dict[str, Any] = {"cognito:roles": roles}
    if len(best) == 1:
        claims["cognito:preferred_role"] = best.pop()
    return claims
