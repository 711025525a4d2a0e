"""Every setting, from the environment, safe by default.

The variables are listed in the README. A secret may come from a file instead: NAME_FILE holds its
path. What is missing or malformed raises ImproperlyConfigured with a line that names it.
"""

import os
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()
environ.Env.read_env(os.environ.get("ENV_FILE", BASE_DIR / ".env"))

# `manage.py provision` makes the Cognito values, so it alone starts without them.
PROVISIONING = sys.argv[1:2] == ["provision"]


def text(name: str, default: str = "") -> str:
    """The variable's value, or what the file that NAME_FILE names holds."""
    try:
        return str(env.str(name, default)).strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error.strerror}") from None


def required(name: str, pattern: str = ".+") -> str:
    """The variable's value, which must match the whole pattern."""
    value = text(name)
    if PROVISIONING or re.fullmatch(pattern, value):
        return value
    raise ImproperlyConfigured(
        f"{name} is {'malformed' if value else 'missing'}: set it in the environment or in .env "
        f"(see the README, or run `manage.py provision`)"
    )


def switch(name: str) -> bool:
    """Off unless the variable says on: a typing error must not decide."""
    value = text(name, "off").lower()
    if value not in {"on", "true", "yes", "1", "off", "false", "no", "0"}:
        raise ImproperlyConfigured(f"{name} is malformed: it is on or off")
    return value in {"on", "true", "yes", "1"}


def origin(url: str) -> str:
    """Scheme and host of a URL, as Content-Security-Policy and CSRF want them."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


URL = r"https?://[^/\s]+(/\S*)?"

# --- The site -------------------------------------------------------------------------------------

DEBUG = switch("DEBUG")
SECRET_KEY = required("SECRET_KEY", ".{32,}") or "provisioning has yet to make one"
# Retired keys, newest first: sessions sealed with them still open, new ones use SECRET_KEY.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
SITE_URL = text("SITE_URL", "http://localhost:8000").rstrip("/")
if not re.fullmatch(URL, SITE_URL):
    raise ImproperlyConfigured("SITE_URL is malformed: it is the address people type, with https://")
SECURE = SITE_URL.startswith("https://")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[urlsplit(SITE_URL).hostname])
CSRF_TRUSTED_ORIGINS = [origin(SITE_URL)]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
INSTALLED_APPS = [
    "config.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "ninja",  # serves the API's documentation page from this origin, not from a CDN
    "accounts",
    "files",
]
MIDDLEWARE = [
    "config.middleware.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.Faults",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- Data -----------------------------------------------------------------------------------------

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # Readers do not wait for the writer, and a writer queues at BEGIN instead of failing at COMMIT.
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        "timeout": 20,
    }
# Kept open between requests: opening SQLite anew costs a sign-in more than verifying its tokens does.
DATABASES["default"].setdefault("CONN_MAX_AGE", 60)
DATABASES["default"].setdefault("CONN_HEALTH_CHECKS", True)
CACHES = {"default": env.cache("CACHE_URL", default="locmemcache://strongbox")}

# --- AWS ------------------------------------------------------------------------------------------

AWS_REGION = text("AWS_REGION", "us-east-1")
AWS_ENDPOINT_URL = text("AWS_ENDPOINT_URL", "").rstrip("/")  # set for the local emulator only
COGNITO_USER_POOL_ID = required("COGNITO_USER_POOL_ID", r"[a-z0-9-]+_\w+")
COGNITO_CLIENT_ID = required("COGNITO_CLIENT_ID", r"\w+")
COGNITO_CLIENT_SECRET = required("COGNITO_CLIENT_SECRET")
COGNITO_DOMAIN = required("COGNITO_DOMAIN", URL).rstrip("/")
COGNITO_IDENTITY_POOL_ID = required("COGNITO_IDENTITY_POOL_ID", r"[a-z0-9-]+:[0-9a-f-]+")
COGNITO_ISSUER = text(
    "COGNITO_ISSUER", f"https://cognito-idp.{AWS_REGION}.amazonaws.com/{COGNITO_USER_POOL_ID}"
)
# Tokens name AWS as their issuer on the emulator too; only the address of the keys differs there.
COGNITO_JWKS_URL = (
    f"{AWS_ENDPOINT_URL or f'https://cognito-idp.{AWS_REGION}.amazonaws.com'}"
    f"/{COGNITO_USER_POOL_ID}/.well-known/jwks.json"
)
FILES_BUCKET = required("FILES_BUCKET", r"[a-z0-9][a-z0-9.-]+")
# A bucket's own host name resolves on AWS; an endpoint on one host takes the bucket in the path.
S3_ADDRESSING_STYLE = "path" if AWS_ENDPOINT_URL else "virtual"
S3_ORIGIN = AWS_ENDPOINT_URL or f"https://{FILES_BUCKET}.s3.{AWS_REGION}.amazonaws.com"

# --- Signing in -----------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backend.CognitoBackend"]
LOGIN_URL = "oidc_authentication_init"
LOGIN_REDIRECT_URL = "files:list"
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
# Lax, not Strict: the callback is a navigation that comes from Cognito's site.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"

OIDC_OP_AUTHORIZATION_ENDPOINT = f"{COGNITO_DOMAIN}/oauth2/authorize"
OIDC_OP_TOKEN_ENDPOINT = f"{COGNITO_DOMAIN}/oauth2/token"
OIDC_OP_USER_ENDPOINT = f"{COGNITO_DOMAIN}/oauth2/userInfo"  # demanded by the library, never called
OIDC_OP_JWKS_ENDPOINT = COGNITO_JWKS_URL
OIDC_RP_CLIENT_ID = COGNITO_CLIENT_ID
OIDC_RP_CLIENT_SECRET = COGNITO_CLIENT_SECRET
OIDC_RP_SIGN_ALGO = "RS256"
OIDC_RP_SCOPES = "openid email profile aws.cognito.signin.user.admin"
OIDC_USE_PKCE = True

# Each Cognito group that means something here. A person's membership follows the token's claim
# exactly, both ways; `permissions` are given when the Django group is first made.
COGNITO_GROUPS: dict[str, dict[str, Any]] = {
    "admins": {
        "staff": True,
        "superuser": True,
        "permissions": ["view_file", "add_file", "change_file", "delete_file"],
    },
    "members": {"permissions": ["view_file", "add_file", "change_file", "delete_file"]},
    "viewers": {"permissions": ["view_file"]},
}

# --- Browsers -------------------------------------------------------------------------------------

SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$"]  # asked by the load balancer, from within
CSRF_FAILURE_VIEW = "config.errors.form_out_of_date"
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
# The proxy in front (an AWS load balancer, say) must set this header itself and drop the client's.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:", S3_ORIGIN],
        "media-src": [S3_ORIGIN],
        "connect-src": [SELF, S3_ORIGIN],
        # Signing out is a form whose answer redirects to Cognito: Chromium checks that hop as well.
        "form-action": [SELF, origin(COGNITO_DOMAIN)],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.path("STATIC_ROOT", default=BASE_DIR / "staticfiles")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # people's files: files.storage
    "staticfiles": {"BACKEND": "config.static.StaticFiles"},
}
# Above this a form's file is spooled to disk: memory stays flat.
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

# --- Logs -----------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
            "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    # Django's own handlers would print the same lines again, or mail them.
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.request": {"level": "ERROR"},
        # At DEBUG, botocore writes signed requests and urllib3 whole URLs, presigned ones included.
        "botocore": {"level": "WARNING"},
        "boto3": {"level": "WARNING"},
        "s3transfer": {"level": "WARNING"},
        "urllib3": {"level": "WARNING"},
    },
}
