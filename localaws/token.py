"""`python -m localaws.token bob@example.com`: a demo person's ID token, for trying the API.

It goes the way of any OpenID Connect client: the sign-in page, a code, the token endpoint.
"""

import argparse
import os
import sys
from urllib.parse import parse_qs, urlsplit

import requests

from localaws import people, site_env


def id_token(site: dict[str, str], email: str, password: str) -> str:
    """A new one. site: the variables of site.env. Raises ValueError when the person is not let in."""
    callback = f"{site['SITE_URL']}/oidc/callback/"
    form = {
        "client_id": site["COGNITO_CLIENT_ID"],
        "redirect_uri": callback,
        "response_type": "code",
        "scope": "openid email profile",
        "username": email,
        "password": password,
    }
    page = requests.post(f"{site['COGNITO_DOMAIN']}/login", data=form, allow_redirects=False, timeout=10)
    code = parse_qs(urlsplit(page.headers.get("Location", "")).query).get("code")
    if not code:
        raise ValueError(f"{email} was not let in with this password")
    answer = requests.post(
        f"{site['COGNITO_DOMAIN']}/oauth2/token",
        data={"grant_type": "authorization_code", "code": code[0], "redirect_uri": callback},
        auth=(site["COGNITO_CLIENT_ID"], site["COGNITO_CLIENT_SECRET"]),
        timeout=10,
    )
    answer.raise_for_status()
    return str(answer.json()["id_token"])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m localaws.token", description="Prints an ID token.")
    parser.add_argument("email", help="a demo person's, such as bob@example.com")
    password = os.environ.get("DEMO_PASSWORD") or people.DEFAULT_PASSWORD
    try:
        print(id_token(site_env.read(), parser.parse_args().email, password))
    except (OSError, ValueError) as error:  # requests' errors are OSErrors
        sys.exit(f"strongbox: {error} (is `make run` running?)")


if __name__ == "__main__":
    main()
