"""Reading the environment: each value is there and well-formed, or the start ends with a line that
names it. A secret may come from a file instead: NAME_FILE holds its path.
"""

import os
import re
import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parent.parent
environ.Env.read_env(os.environ.get("ENV_FILE", ROOT / ".env"))

# `manage.py provision` makes the Cognito values, so it alone starts without them.
PROVISIONING = sys.argv[1:2] == ["provision"]

URL = r"https?://[^/\s]+(/\S*)?"
ORIGIN = r"https?://[^/\s]+"


def required(name: str, pattern: str = ".+") -> str:
    """The variable's value, or what the file that NAME_FILE names holds; it must match the pattern."""
    return optional(name, "", "" if PROVISIONING else pattern)


def optional(name: str, default: str, pattern: str = ".*") -> str:
    """As required, with a value for when there is none."""
    path = os.environ.get(f"{name}_FILE")
    try:
        value = Path(path).read_text() if path else os.environ.get(name, "")
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error.strerror}") from None
    value = value.strip() or default
    if pattern and not re.fullmatch(pattern, value):
        raise malformed(name) if value else ImproperlyConfigured(f"{name} is missing: {HELP}")
    return value


HELP = "set it in the environment or in .env (see the README, or run `manage.py provision`)"


def malformed(name: str) -> ImproperlyConfigured:
    """Says which, not what: it may be a secret in the wrong place."""
    return ImproperlyConfigured(f"{name} is malformed: {HELP}")


def switch(name: str, default: str = "off") -> bool:
    """On or off, in any of the usual words: a typing error must not decide."""
    value = optional(name, default, "(?i)on|true|yes|1|off|false|no|0").lower()
    return value in {"on", "true", "yes", "1"}


def listed(name: str, default: str = "") -> list[str]:
    """Values between commas."""
    return [value.strip() for value in optional(name, default).split(",") if value.strip()]


def address(name: str, default: str, parse: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """A database's or a cache's URL as Django wants it; django-environ knows the schemes."""
    try:
        with warnings.catch_warnings(action="error"):
            found = parse(optional(name, default))
        import_module(found.get("ENGINE") or found["BACKEND"].rpartition(".")[0])
    except (ImproperlyConfigured, ImportError, KeyError, TypeError, UserWarning, ValueError):
        raise malformed(name) from None
    return found
