"""Every setting, from the environment, safe by default. The variables are listed in the README."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from pythonjsonlogger.core import RESERVED_ATTRS

from config.environment import ORIGIN, URL, address, listed, optional, required, switch

BASE_DIR = Path(__file__).resolve().parent.parent


def origin(url: str) -> str:
    """Scheme and host of a URL, as Content-Security-Policy and CSRF want them."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


# --- The site -------------------------------------------------------------------------------------

DEBUG = switch("DEBUG")
SECRET_KEY = required("SECRET_KEY", ".{32,}") or "provisioning has yet to make one"
# Retired keys, newest first: sessions sealed with them still open, new ones use SECRET_KEY.
SECRET_KEY_FALLBACKS = listed("SECRET_KEY_FALLBACKS")
# An origin: cookies, the callback and the API know no path in front of theirs.
SITE_URL = optional("SITE_URL", "http://localhost:8000", f"{ORIGIN}/?").rstrip("/")
SECURE = SITE_URL.startswith("https://")
ALLOWED_HOSTS = listed("ALLOWED_HOSTS", str(urlsplit(SITE_URL).hostname))
CSRF_TRUSTED_ORIGINS = [origin(SITE_URL)]

# How many proxies stand in front, each of which appends to X-Forwarded-For: the audit log has addresses.
PROXIES = int(optional("PROXIES", "0", r"\d"))

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
    "config.middleware.Probes",
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

SQLITE = f"sqlite:///{BASE_DIR / 'db.sqlite3'}"
DATABASES = {"default": address("DATABASE_URL", SQLITE, environ.Env.db_url_config)}
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
# In this process unless told otherwise, with room for more people's credentials than Django's 300.
LOCAL_CACHE = "locmemcache://strongbox?max_entries=100000"
CACHES = {"default": address("CACHE_URL", LOCAL_CACHE, environ.Env.cache_url_config)}

# --- AWS ------------------------------------------------------------------------------------------

AWS_REGION = optional("AWS_REGION", "us-east-1", r"[a-z]{2}(-[a-z]+)+-\d")
# Set for the local emulator only.
AWS_ENDPOINT_URL = optional("AWS_ENDPOINT_URL", "", f"({ORIGIN}/?)?").rstrip("/")
COGNITO_USER_POOL_ID = required("COGNITO_USER_POOL_ID", r"[a-z0-9-]+_\w+")
COGNITO_CLIENT_ID = required("COGNITO_CLIENT_ID", r"\w+")
COGNITO_CLIENT_SECRET = required("COGNITO_CLIENT_SECRET")
COGNITO_DOMAIN = required("COGNITO_DOMAIN", URL).rstrip("/")
COGNITO_IDENTITY_POOL_ID = required("COGNITO_IDENTITY_POOL_ID", r"[a-z0-9-]+:[0-9a-f-]+")
COGNITO_ISSUER = optional(
    "COGNITO_ISSUER", f"https://cognito-idp.{AWS_REGION}.amazonaws.com/{COGNITO_USER_POOL_ID}", URL
)
# Tokens name AWS as their issuer on the emulator too; only the address of the keys differs there.
COGNITO_JWKS_URL = (
    f"{AWS_ENDPOINT_URL or f'https://cognito-idp.{AWS_REGION}.amazonaws.com'}"
    f"/{COGNITO_USER_POOL_ID}/.well-known/jwks.json"
)
# Without dots: a bucket with dots has no host name of its own that TLS certificates cover.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
FILES_BUCKET = required("FILES_BUCKET", r"[a-z0-9][a-z0-9-]+")
# Another one only where files are kept in something else that speaks S3.
S3_ENDPOINT_URL = optional("S3_ENDPOINT_URL", AWS_ENDPOINT_URL, f"({ORIGIN}/?)?").rstrip("/")
# A bucket's own host name resolves on AWS; an endpoint on one host takes the bucket in the path.
S3_ADDRESSING_STYLE = "path" if S3_ENDPOINT_URL else "virtual"
# The same S3 by another host name: browsers open six connections to each, so that uploads have twelve.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/dual-stack-endpoints.html
if urlsplit(S3_ENDPOINT_URL).hostname == "localhost":
    another_name = S3_ENDPOINT_URL.replace("localhost", "127.0.0.1")
else:
    another_name = "off" if S3_ENDPOINT_URL else f"https://s3.dualstack.{AWS_REGION}.amazonaws.com"
S3_SECOND_ENDPOINT_URL = optional("S3_SECOND_ENDPOINT_URL", another_name, f"{ORIGIN}/?|off").rstrip("/")
S3_ORIGIN = S3_ENDPOINT_URL or f"https://{FILES_BUCKET}.s3.{AWS_REGION}.amazonaws.com"
S3_ORIGINS = [S3_ORIGIN]
if S3_SECOND_ENDPOINT_URL != "off":
    at_the_bucket = f"://{FILES_BUCKET}." if S3_ADDRESSING_STYLE == "virtual" else "://"
    S3_ORIGINS.append(S3_SECOND_ENDPOINT_URL.replace("://", at_the_bucket))

# --- Signing in -----------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backend.CognitoBackend"]
LOGIN_URL = "oidc_authentication_init"
LOGIN_REDIRECT_URL = "files:list"
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
if SECURE:  # the prefix: a neighbouring host name cannot set these cookies
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
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

# On where the user pool has passkeys (Essentials or Plus): the account page then leads to managed
# login's page for them.
COGNITO_PASSKEYS = switch("COGNITO_PASSKEYS")

# Django admin asks for a second factor; off for pools whose administrators have none, as the demo's.
ADMIN_REQUIRES_MFA = switch("ADMIN_REQUIRES_MFA", default="on")

# Each Cognito group that means something here. A person's membership follows the token's claim
# exactly, both ways; `permissions` are given to the Django group, exactly, by `manage.py migrate`.
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
        "connect-src": [SELF, *S3_ORIGINS],
        # Signing out is a form whose answer redirects to Cognito: Chromium checks that hop as well.
        "form-action": [SELF, origin(COGNITO_DOMAIN)],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(optional("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # people's files: files.storage
    "staticfiles": {"BACKEND": "config.static.StaticFiles"},
}
# A form's file above this size is dropped: the CSRF check reads every form, anybody's. The one form
# that takes larger files, and spools them to disk, has handlers of its own (files.multipart).
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

# --- Logs -----------------------------------------------------------------------------------------

LOG_LEVEL = optional("LOG_LEVEL", "INFO", "DEBUG|INFO|WARNING|ERROR|CRITICAL")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            # Django adds the request to its own lines: the query in it may be a code, or a search.
            "reserved_attrs": [*RESERVED_ATTRS, "request"],
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
            "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
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
