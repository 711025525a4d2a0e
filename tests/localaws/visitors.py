"""People before managed login, with a browser that knows forms and cookies and no more."""

import re
import secrets
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pyotp
import requests

from tests.localaws.behaviours import claims
from tests.people import Form
from tests.stack import STACK

CALLBACK, HOME = f"{STACK.site_url}/oidc/callback/", f"{STACK.site_url}/"
CLIENT, POOL = STACK.env["COGNITO_CLIENT_ID"], STACK.env["COGNITO_USER_POOL_ID"]
PASSWORD = "long-enough-by-far"
VERIFIER = "v" * 43
CHALLENGE = "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM"  # its S256


class Browser(requests.Session):
    """Keeps cookies, and says of each form where it comes from, as browsers do."""

    def open(self, path: str = "/oauth2/authorize", **query: str) -> requests.Response:
        if path == "/oauth2/authorize":
            query = asked(**query)
        url = f"{STACK.endpoint}{path}"
        return self.get(url, params=query, allow_redirects=False, timeout=10)

    def submit(self, page: requests.Response, **typed: str) -> requests.Response:
        """The form of this page; redirects within managed login are followed."""
        form = Form(page.text)
        return self.send_form(urljoin(page.url, form.action), {**form.fields, **typed})

    def send_form(self, url: str, data: dict[str, str]) -> requests.Response:
        headers = {"Origin": STACK.endpoint, "Sec-Fetch-Site": "same-origin"}
        answer = self.post(url, data=data, headers=headers, allow_redirects=False, timeout=10)
        if answer.status_code == 303:
            answer = self.get(urljoin(url, answer.headers["Location"]), timeout=10)
        return answer

    def sign_in(self, email: str, password: str = PASSWORD, **changes: str) -> requests.Response:
        return self.submit(self.open(**changes), username=email, password=password)


def asked(**changes: str) -> dict[str, str]:
    query = {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": CALLBACK,
        "scope": "openid email",
        "state": "the state",
        "nonce": "the-nonce",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return {**query, **changes}


def answered(answer: requests.Response) -> dict[str, str]:
    """What the site hears."""
    assert answer.status_code == 302, answer.text
    assert answer.headers["Location"].startswith(f"{CALLBACK}?")
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    return {name: value for name, (value,) in query.items()}


def let_in(answer: requests.Response) -> bool:
    return "code" in answered(answer)


def asks(answer: requests.Response) -> bool:
    """Whether this is the sign-in page."""
    return answer.status_code == 200 and "<h1>Sign in</h1>" in answer.text


def id_claims(answer: requests.Response) -> dict[str, Any]:
    return claims(tokens_of(answer)["id_token"])


def tokens_of(answer: requests.Response) -> dict[str, Any]:
    tokens = STACK.token_endpoint(
        grant_type="authorization_code",
        code=answered(answer)["code"],
        code_verifier=VERIFIER,
        redirect_uri=CALLBACK,
    )
    assert tokens.status_code == 200, tokens.text
    found: dict[str, Any] = tokens.json()
    return found


def address() -> str:
    return f"person-{secrets.token_hex(5)}@example.com"


def person(*, temporary: bool = False) -> str:
    """The e-mail of somebody new, with PASSWORD."""
    cognito, email = STACK.admin("cognito-idp"), address()
    verified = {"email": email, "email_verified": "true"}
    cognito.admin_create_user(
        UserPoolId=POOL,
        Username=email,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": name, "Value": value} for name, value in verified.items()],
    )
    cognito.admin_set_user_password(
        UserPoolId=POOL, Username=email, Password=PASSWORD, Permanent=not temporary
    )
    return email


def mailed_codes(email: str) -> list[str]:
    """From the mailbox page, newest first."""
    page = Browser().open("/mailbox/", to=email).text
    return re.findall('<code class="big">([0-9]+)</code>', page)


def other(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def with_authenticator(email: str, password: str = PASSWORD) -> pyotp.TOTP:
    """Enrols an authenticator app by the API, as the account page does."""
    public = STACK.public("cognito-idp")
    own = Browser().sign_in(email, password, scope="openid aws.cognito.signin.user.admin")
    token = tokens_of(own)["access_token"]
    totp = pyotp.TOTP(public.associate_software_token(AccessToken=token)["SecretCode"])
    public.verify_software_token(AccessToken=token, UserCode=totp.now())
    public.set_user_mfa_preference(
        AccessToken=token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True}
    )
    return totp


def app_client(pool: str, name: str) -> str:
    """One more, for the code flow back to the site; its id."""
    made = STACK.admin("cognito-idp").create_user_pool_client(
        UserPoolId=pool,
        ClientName=name,
        CallbackURLs=[CALLBACK],
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid", "email"],
        AllowedOAuthFlowsUserPoolClient=True,
    )
    client_id: str = made["UserPoolClient"]["ClientId"]
    return client_id


def later(totp: pyotp.TOTP) -> str:
    """The next code: the one that enrolled the app is used up."""
    return totp.at(datetime.now(tz=UTC), counter_offset=1)


def sign_up_page(browser: Browser) -> requests.Response:
    page = browser.open()
    link = re.search('href="(/signup[^"]+)"', page.text)
    assert link
    return browser.open(link[1])
