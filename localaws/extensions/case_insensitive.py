"""Bob@Example.com is bob@example.com, where the pool's UsernameConfiguration says so.

Else somebody could sign up beside a person, under an address that any mail server takes for theirs.
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-case-sensitivity.html
"""

from typing import Any

from localaws.seam import Function, replace


def install() -> None:
    from ministack.services import cognito

    replace(cognito, "_resolve_user", _whatever_the_case)


def _whatever_the_case(original: Function) -> Function:
    def _resolve_user(pool: dict[str, Any], username: Any) -> Any:
        user, error = original(pool, username)
        configuration = pool.get("UsernameConfiguration") or {}
        sensitive = str(configuration.get("CaseSensitive", True)).lower() != "false"
        if user or sensitive or not isinstance(username, str):
            return user, error
        wanted = username.casefold()
        for candidate in list(pool["_users"].values()):
            for entry in candidate.get("Attributes", []):
                same = entry["Name"] == "email" and entry["Value"].casefold() == wanted
                if same and original(pool, entry["Value"])[0] is candidate:
                    return candidate, None
        return user, error

    return _resolve_user
