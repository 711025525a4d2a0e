"""What ministack 1.5.33 lacks of AWS's behaviour, one module per gap.

Each module names the behaviour that it restores and where AWS documents it, and has two tests in
tests/localaws: one that fails without the module, and one that fails once ministack closes the gap
itself, so that the module can go. `transport` alone departs from AWS instead, and says why.
"""

from localaws.extensions import (
    guests,
    identity_keys,
    leading_keys,
    policy_variables,
    refreshed_groups,
    role_claims,
    role_mapping,
    token_check,
    transport,
    web_identity,
)


def install() -> None:
    """Patch ministack's modules, once per process, after its settings are in the environment."""
    for extension in (
        policy_variables,
        identity_keys,
        role_claims,
        refreshed_groups,
        guests,
        token_check,
        role_mapping,
        web_identity,
        leading_keys,
        transport,
    ):
        extension.install()
