"""What ministack 1.5.33 lacks of AWS's behaviour, one module per gap.

Each module names the behaviour that it restores and where AWS documents it, and has two tests in
tests/localaws: one that fails without the module, and one that fails once ministack closes the gap
itself, so that the module can go. `transport` alone departs from AWS instead, and says why.
"""

from localaws.extensions import (
    authentication,
    blank_attributes,
    case_insensitive,
    challenge_sessions,
    choice_based,
    email_change,
    guests,
    identity_keys,
    leading_keys,
    listed_checksums,
    own_form,
    parts_on_disk,
    passwords,
    policy_variables,
    random_codes,
    refreshed_groups,
    role_claims,
    role_mapping,
    rotation,
    second_factor,
    sign_up,
    streamed_objects,
    token_check,
    token_revocation,
    transport,
    unverified,
    web_identity,
)


def install() -> None:
    """Patch ministack's modules, once per process, after its settings are in the environment."""
    for extension in (
        policy_variables,
        identity_keys,
        role_claims,
        refreshed_groups,
        authentication,
        rotation,
        guests,
        token_check,
        role_mapping,
        web_identity,
        leading_keys,
        transport,
        case_insensitive,
        random_codes,
        challenge_sessions,
        choice_based,
        passwords,
        second_factor,
        token_revocation,
        unverified,
        own_form,
        blank_attributes,
        # What may be written at all is asked before what becomes of a new address.
        email_change,
        sign_up,
        parts_on_disk,
        streamed_objects,
        listed_checksums,
    ):
        extension.install()
