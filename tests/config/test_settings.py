"""The site starts with what it needs, or stops with one line that names what is missing."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GOOD = dict(
    line.split("=", 1)
    for line in (ROOT / "tests/check.env").read_text().splitlines()
    if line and not line.startswith("#")
)
REQUIRED = [
    "SECRET_KEY",
    "COGNITO_USER_POOL_ID",
    "COGNITO_CLIENT_ID",
    "COGNITO_CLIENT_SECRET",
    "COGNITO_DOMAIN",
    "COGNITO_IDENTITY_POOL_ID",
    "FILES_BUCKET",
]


def start(python: str, **environment: str | None) -> "subprocess.CompletedProcess[str]":
    """Run a line of Python after Django's set-up, with GOOD and these changes for an environment."""
    wanted = {**GOOD, "ENV_FILE": os.devnull, "DJANGO_SETTINGS_MODULE": "config.settings", **environment}
    return subprocess.run(
        [sys.executable, "-c", python],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **{k: v for k, v in wanted.items() if v is not None}},
        capture_output=True,
        text=True,
        check=False,
    )


def setting(name: str, **environment: str | None) -> str:
    answer = start(f"from django.conf import settings; print(settings.{name})", **environment)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_variable_stops_the_start_with_one_line_that_names_it(name: str) -> None:
    answer = start("import config.wsgi", **{name: None})
    assert answer.returncode == 1
    assert len(answer.stderr.strip().splitlines()) == 1
    assert name in answer.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("COGNITO_USER_POOL_ID", "not a pool"),
        ("COGNITO_DOMAIN", "strongbox.auth.us-east-1.amazoncognito.com"),
        ("COGNITO_IDENTITY_POOL_ID", "us-east-1_abc"),
        ("FILES_BUCKET", "UPPER"),
        ("FILES_BUCKET", "with.dots"),
        ("SITE_URL", "strongbox.example.com"),
        ("SITE_URL", "https://strongbox.example.com/files"),
        ("DATABASE_URL", "garbage"),
        ("DATABASE_URL", "foo://bar"),
        ("CACHE_URL", "foo://bar"),
        ("COGNITO_ISSUER", "nonsense"),
        ("AWS_REGION", "Frankfurt"),
        ("AWS_ENDPOINT_URL", "nonsense"),
        ("S3_ENDPOINT_URL", "nonsense"),
        ("S3_SECOND_ENDPOINT_URL", "on"),
        ("S3_SECOND_ENDPOINT_URL", "https://s3.example/bucket"),
        ("LOG_LEVEL", "LOUD"),
        ("DEBUG", "perhaps"),
    ],
)
def test_a_malformed_variable_is_named_and_not_repeated(name: str, value: str) -> None:
    answer = start("import config.wsgi", **{name: value})
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"strongbox: {name} is malformed")
    assert len(answer.stderr.strip().splitlines()) == 1


def test_a_secret_may_begin_with_a_dollar_sign() -> None:
    assert setting("COGNITO_CLIENT_SECRET", COGNITO_CLIENT_SECRET="$ecret") == "$ecret"


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from-a-file\n")
    given = {"COGNITO_CLIENT_SECRET": None, "COGNITO_CLIENT_SECRET_FILE": str(secret)}
    assert setting("COGNITO_CLIENT_SECRET", **given) == "from-a-file"


def test_a_secret_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    given = {"COGNITO_CLIENT_SECRET": None, "COGNITO_CLIENT_SECRET_FILE": str(tmp_path / "none")}
    answer = start("import config.wsgi", **given)
    assert answer.returncode == 1
    assert "COGNITO_CLIENT_SECRET_FILE" in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1


DUALSTACK = "https://strongbox-example-files.s3.dualstack.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    ("given", "second"),
    [
        ({}, [DUALSTACK]),
        ({"S3_SECOND_ENDPOINT_URL": "off"}, []),
        ({"S3_ENDPOINT_URL": "http://minio:9000"}, []),
        ({"S3_ENDPOINT_URL": "http://localhost.example:9000"}, []),
        ({"AWS_ENDPOINT_URL": "http://localhost:4566"}, ["http://127.0.0.1:4566"]),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, []),
        (
            {"S3_ENDPOINT_URL": "http://minio:9000", "S3_SECOND_ENDPOINT_URL": "http://other:9000/"},
            ["http://other:9000"],
        ),
    ],
)
def test_browsers_may_send_to_each_of_s3s_host_names(given: dict[str, str], second: list[str]) -> None:
    first, *others = ast.literal_eval(setting("S3_ORIGINS", **given))
    assert first == setting("S3_ORIGIN", **given)
    assert others == second
    policy = ast.literal_eval(setting("CONTENT_SECURITY_POLICY", **given))["DIRECTIVES"]
    assert policy["connect-src"] == ["'self'", first, *second]
    assert policy["img-src"] == ["'self'", "data:", first]


def test_debug_is_off_unless_asked_for() -> None:
    assert setting("DEBUG") == "False"


def test_cookies_are_secure_when_the_site_is() -> None:
    assert setting("SESSION_COOKIE_SECURE") == "True"
    assert setting("SESSION_COOKIE_SECURE", SITE_URL="http://localhost:8000") == "False"


def test_the_csp_names_exactly_the_buckets_origins() -> None:
    policy = setting("CONTENT_SECURITY_POLICY['DIRECTIVES']['connect-src']")
    first = "https://strongbox-example-files.s3.us-east-1.amazonaws.com"
    assert ast.literal_eval(policy) == ["'self'", first, DUALSTACK]


def test_the_issuer_is_aws_unless_told_otherwise() -> None:
    issuer = "https://issuer-cognito-idp.us-east-1.amazonaws.com/us-east-1_Example01"
    assert setting("COGNITO_ISSUER") == issuer.replace("issuer-", "")
    assert setting("COGNITO_ISSUER", COGNITO_ISSUER=issuer) == issuer
