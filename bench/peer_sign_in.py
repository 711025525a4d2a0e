"""The peer of sign_in: a new Django project with mozilla-django-oidc, as its documentation sets it up.

Everything is the library's own default but what Cognito does not allow: tokens are RS256, so there is
a JWKS endpoint. The database is one of its own with our settings, so that disk syncs do not decide.
https://mozilla-django-oidc.readthedocs.io/en/stable/installation.html
"""

import json
import os

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import include, path

COGNITO = os.environ["COGNITO_DOMAIN"]

settings.configure(
    SECRET_KEY="a key of the peer's own, long enough for Django to be content with it",
    ALLOWED_HOSTS=["localhost"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "mozilla_django_oidc",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    DATABASES={"default": json.loads(os.environ["PEER_DATABASE"])},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    AUTHENTICATION_BACKENDS=["mozilla_django_oidc.auth.OIDCAuthenticationBackend"],
    LOGIN_REDIRECT_URL="/files/",  # unlike the address after a failure, which is the default "/"
    OIDC_OP_AUTHORIZATION_ENDPOINT=f"{COGNITO}/oauth2/authorize",
    OIDC_OP_TOKEN_ENDPOINT=f"{COGNITO}/oauth2/token",
    OIDC_OP_USER_ENDPOINT=f"{COGNITO}/oauth2/userInfo",
    OIDC_OP_JWKS_ENDPOINT=f"{COGNITO}/jwks.json",
    OIDC_RP_CLIENT_ID=os.environ["COGNITO_CLIENT_ID"],
    OIDC_RP_CLIENT_SECRET="a secret",
    OIDC_RP_SIGN_ALGO="RS256",
)
django.setup()

urlpatterns = [path("oidc/", include("mozilla_django_oidc.urls"))]

call_command("migrate", verbosity=0)
application = get_wsgi_application()
