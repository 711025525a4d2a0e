"""What AWS does when people sign up, sign in and change their own accounts; see behaviours.py."""

import time
from pathlib import Path
from typing import Any

import jwt
import requests
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.localaws import user_pool
from tests.localaws.behaviours import claims
from tests.localaws.user_pool import client, new_address, outcome, person, tokens
from tests.stack import Stack


def random_codes(stack: Stack) -> bool:
    """No sign-up is confirmed by a code that everybody knows."""
    email, public = new_address(), stack.public("cognito-idp")
    public.sign_up(ClientId=client(stack), Username=email, Password=user_pool.PASSWORD)
    confirm = {"ClientId": client(stack), "Username": email, "ConfirmationCode": "123456"}
    return outcome(public.confirm_sign_up, **confirm) == "CodeMismatchException"


def verified_addresses(stack: Stack) -> bool:
    """Nobody calls their own address verified."""
    return (
        outcome(
            stack.public("cognito-idp").sign_up,
            ClientId=client(stack),
            Username=new_address(),
            Password=user_pool.PASSWORD,
            UserAttributes=[{"Name": "email_verified", "Value": "true"}],
        )
        == "NotAuthorizedException"
    )


def administrators_alone_make_people(stack: Stack) -> bool:
    """No sign-up where AllowAdminCreateUserOnly is set."""
    cognito = stack.admin("cognito-idp")
    pool = cognito.create_user_pool(
        PoolName="closed", AdminCreateUserConfig={"AllowAdminCreateUserOnly": True}
    )["UserPool"]["Id"]
    app = cognito.create_user_pool_client(UserPoolId=pool, ClientName="a")["UserPoolClient"]["ClientId"]
    sign_up = {"ClientId": app, "Username": "somebody", "Password": "Long-password-1"}
    return outcome(stack.public("cognito-idp").sign_up, **sign_up) == "NotAuthorizedException"


def challenge_sessions(stack: Stack) -> bool:
    """No new password, and no tokens, for whoever did not show the old one."""
    return (
        outcome(
            stack.public("cognito-idp").respond_to_auth_challenge,
            ClientId=client(stack),
            ChallengeName="NEW_PASSWORD_REQUIRED",
            ChallengeResponses={"USERNAME": user_pool.invited(stack), "NEW_PASSWORD": "mine-all-mine-1"},
        )
        == "NotAuthorizedException"
    )


def choice_based(stack: Stack) -> bool:
    """A choice of ways to sign in."""
    call = stack.public("cognito-idp").initiate_auth
    sign_in = {"AuthFlow": "USER_AUTH", "AuthParameters": {"USERNAME": person(stack)}}
    return outcome(call, ClientId=client(stack), **sign_in) == ""


def email_change(stack: Stack) -> bool:
    """The old address, until the new one is verified."""
    email, public = person(stack), stack.public("cognito-idp")
    public.update_user_attributes(
        AccessToken=tokens(stack, email)["AccessToken"],
        UserAttributes=[{"Name": "email", "Value": new_address()}],
    )
    found = stack.admin("cognito-idp").list_users(
        UserPoolId=stack.env["COGNITO_USER_POOL_ID"], Filter=f'email = "{email}"'
    )
    return len(found["Users"]) == 1


def passwords(stack: Stack) -> bool:
    """An end to guessing passwords."""
    email, public = person(stack), stack.public("cognito-idp")
    for _ in range(12):
        try:
            public.initiate_auth(
                ClientId=client(stack),
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": email, "PASSWORD": "guess"},
            )
        except public.exceptions.NotAuthorizedException as error:
            if error.response["Error"]["Message"] == "Password attempts exceeded":
                return True
    return False


def case_insensitive(stack: Stack) -> bool:
    """One account, however somebody spells its address."""
    sign_up = {"Username": person(stack).upper(), "Password": user_pool.PASSWORD}
    call = stack.public("cognito-idp").sign_up
    return outcome(call, ClientId=client(stack), **sign_up) == "UsernameExistsException"


def second_factor(stack: Stack) -> bool:
    """No second factor without an authenticator app."""
    access = tokens(stack, person(stack))["AccessToken"]
    call, wanted = stack.public("cognito-idp").set_user_mfa_preference, {"Enabled": True}
    return outcome(call, AccessToken=access, SoftwareTokenMfaSettings=wanted) != ""


def authentication(stack: Stack) -> bool:
    """The time of the sign-in in tokens that were refreshed long after."""
    refresh_token = stack.tokens("bob@example.com")["refresh_token"]
    an_hour_ago = int(time.time()) - 3600
    old = signed(stack, {**claims(refresh_token), "iat": an_hour_ago, "auth_time": an_hour_ago})
    answer = stack.token_endpoint(grant_type="refresh_token", refresh_token=old).json()
    times = {claims(answer[kind])["auth_time"] for kind in ("id_token", "access_token")}
    return times == {an_hour_ago}


def signed(stack: Stack, payload: dict[str, Any]) -> str:
    """A token as the user pool itself would have signed it."""
    pool = stack.env["COGNITO_USER_POOL_ID"]
    keys = [path for path in stack.folder.rglob("*access*") if pool in str(path)]
    (path,) = (path for path in keys if path.is_file() and path.suffix == ".pem")
    head = jwt.get_unverified_header(stack.tokens("bob@example.com")["access_token"])
    key: Any = load_pem_private_key(Path(path).read_bytes(), password=None)
    return jwt.encode(payload, key, "RS256", headers={"kid": head["kid"]})


def rotation(stack: Stack) -> bool:
    """A new refresh token with each refresh."""
    app = rotating(stack, 60)
    answer = refresh(stack, app, tokens(stack, person(stack), app=app)["RefreshToken"])
    return "refresh_token" in answer.json()


def rotating(stack: Stack, seconds: int) -> str:
    made = stack.admin("cognito-idp").create_user_pool_client(
        UserPoolId=stack.env["COGNITO_USER_POOL_ID"],
        ClientName="rotating",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
        RefreshTokenRotation={"Feature": "ENABLED", "RetryGracePeriodSeconds": seconds},
    )
    app: str = made["UserPoolClient"]["ClientId"]
    return app


def refresh(stack: Stack, app: str, refresh_token: str) -> requests.Response:
    form = {"grant_type": "refresh_token", "client_id": app, "refresh_token": refresh_token}
    return requests.post(f"{stack.endpoint}/oauth2/token", data=form, timeout=10)


def token_revocation(stack: Stack) -> bool:
    """An app client ends its own refresh tokens, and nobody else's."""
    email, public = person(stack), stack.public("cognito-idp")
    refresh_token = tokens(stack, email)["RefreshToken"]
    outcome(public.revoke_token, ClientId=rotating(stack, 0), Token=refresh_token)
    return refresh(stack, client(stack), refresh_token).status_code == 200


def unverified(stack: Stack) -> bool:
    """An address of which nobody said that it is verified is not."""
    cognito, pool, email = stack.admin("cognito-idp"), stack.env["COGNITO_USER_POOL_ID"], new_address()
    given = [{"Name": "email", "Value": email}]
    about = {"UserPoolId": pool, "Username": email}
    cognito.admin_create_user(**about, MessageAction="SUPPRESS", UserAttributes=given)
    cognito.admin_set_user_password(**about, Password=user_pool.PASSWORD, Permanent=True)
    return claims(tokens(stack, email)["IdToken"])["email_verified"] is False


def refreshing_by_api_asks_for_the_secret(stack: Stack) -> bool:
    """No new tokens for whoever stole the refresh token only."""
    stolen = stack.tokens("bob@example.com")["refresh_token"]
    call = stack.public("cognito-idp").get_tokens_from_refresh_token
    about = {"ClientId": stack.env["COGNITO_CLIENT_ID"], "RefreshToken": stolen}
    right = outcome(call, **about, ClientSecret=stack.env["COGNITO_CLIENT_SECRET"])
    return (outcome(call, **about), right) == ("NotAuthorizedException", "")


def own_form(stack: Stack) -> bool:
    """No way in past the pages that ask for a second factor."""
    form = {
        "client_id": stack.env["COGNITO_CLIENT_ID"],
        "redirect_uri": f"{stack.site_url}/oidc/callback/",
        "username": "bob@example.com",
        "password": stack.password,
    }
    url = f"{stack.endpoint}/oauth2/login"
    return requests.post(url, data=form, allow_redirects=False, timeout=10).status_code == 404


def blank_attributes(stack: Stack) -> bool:
    """A name is taken back by leaving it blank."""
    email, blank = person(stack, name="Ned"), [{"Name": "name", "Value": ""}]
    access = tokens(stack, email)["AccessToken"]
    stack.public("cognito-idp").update_user_attributes(AccessToken=access, UserAttributes=blank)
    return "name" not in user_pool.attributes(stack, email)


SIGN_IN_BEHAVIOURS = (
    random_codes,
    verified_addresses,
    administrators_alone_make_people,
    challenge_sessions,
    choice_based,
    email_change,
    passwords,
    case_insensitive,
    second_factor,
    authentication,
    rotation,
    token_revocation,
    unverified,
    refreshing_by_api_asks_for_the_secret,
    own_form,
    blank_attributes,
)
