"""`manage.py provision`: what it writes, what it tells, what it never tells."""

import io
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts import cloudformation
from accounts.cloudformation import NotDeployed, Progress, Target
from accounts.management.commands.provision import parameter, write_settings
from localaws.engine import ADMIN, REGION
from tests.localaws.behaviours import user
from tests.stack import MANAGE, ROOT, STACK, clean_environment, free_port

Provision = Callable[..., str]
TARGET = Target("template", REGION, STACK.endpoint)


@pytest.fixture(autouse=True)
def administrator(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ADMIN.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    return tmp_path / "new" / ".env"


@pytest.fixture
def provision(env_file: Path) -> Provision:
    """Runs the command, and returns all that it printed."""

    def provision(stack: str, **options: Any) -> str:
        out = io.StringIO()
        call_command("provision", stack=stack, env_file=env_file, stdout=out, stderr=out, **options)
        return out.getvalue()

    return provision


def settings_in(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)


def test_a_new_stack_is_told_resource_by_resource(provision: Provision, env_file: Path) -> None:
    told = provision("new")
    for resource in ("UserPool", "SiteClient", "MemberRole", "Bucket", "new"):
        assert f"CREATE_COMPLETE          {resource}\n" in told
    found = settings_in(env_file)
    assert found.keys() == {
        "ADMIN_REQUIRES_MFA",
        "AWS_ENDPOINT_URL",
        "AWS_REGION",
        "COGNITO_CLIENT_ID",
        "COGNITO_CLIENT_SECRET",
        "COGNITO_DOMAIN",
        "COGNITO_IDENTITY_POOL_ID",
        "COGNITO_USER_POOL_ID",
        "FILES_BUCKET",
        "SECRET_KEY",
        "SITE_URL",
    }
    assert len(found["SECRET_KEY"]) >= 50
    assert found["COGNITO_CLIENT_SECRET"] not in told
    assert found["SECRET_KEY"] not in told


def test_a_second_run_changes_nothing(provision: Provision, env_file: Path) -> None:
    provision("again")
    before = env_file.read_text()
    told = provision("again")
    assert "_COMPLETE" not in told
    assert "again is up to date" in told
    assert env_file.read_text() == before


def test_a_new_address_of_the_site_updates_the_stack(
    provision: Provision, env_file: Path, settings: Settings
) -> None:
    provision("moved")
    before = settings_in(env_file)
    settings.SITE_URL = "https://files.example.com"
    told = provision("moved")
    assert "UPDATE_COMPLETE          SiteClient\n" in told
    after = settings_in(env_file)
    assert after == {**before, "SITE_URL": "https://files.example.com"}
    client = STACK.admin("cognito-idp").describe_user_pool_client(
        UserPoolId=after["COGNITO_USER_POOL_ID"], ClientId=after["COGNITO_CLIENT_ID"]
    )["UserPoolClient"]
    assert client["CallbackURLs"] == ["https://files.example.com/oidc/callback/"]
    assert client["LogoutURLs"] == ["https://files.example.com/"]


def test_parameters_changed_elsewhere_are_kept(provision: Provision, settings: Settings) -> None:
    provision("kept")
    client = STACK.admin("cloudformation")
    client.update_stack(
        StackName="kept",
        UsePreviousTemplate=True,
        Parameters=[
            {"ParameterKey": "SiteUrl", "UsePreviousValue": True},
            {"ParameterKey": "EndpointUrl", "UsePreviousValue": True},
            {"ParameterKey": "DeletionProtection", "ParameterValue": "INACTIVE"},
        ],
        Capabilities=["CAPABILITY_IAM"],
    )
    client.get_waiter("stack_update_complete").wait(StackName="kept", WaiterConfig={"Delay": 1})
    settings.SITE_URL = "https://files.example.com"
    provision("kept")
    found = client.describe_stacks(StackName="kept")["Stacks"][0]["Parameters"]
    assert {"ParameterKey": "DeletionProtection", "ParameterValue": "INACTIVE"} in found


def described(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The user pool and the site's client that these settings name."""
    found, cognito = settings_in(path), STACK.admin("cognito-idp")
    pool = {"UserPoolId": found["COGNITO_USER_POOL_ID"]}
    client = cognito.describe_user_pool_client(**pool, ClientId=found["COGNITO_CLIENT_ID"])
    return cognito.describe_user_pool(**pool)["UserPool"], client["UserPoolClient"]


def test_on_the_emulator_people_sign_up_and_choose_how_to_sign_in(
    provision: Provision, env_file: Path
) -> None:
    provision("open")
    pool, client = described(env_file)
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is False
    assert pool["Policies"]["SignInPolicy"]["AllowedFirstAuthFactors"] == ["PASSWORD", "EMAIL_OTP"]
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_AUTH"]
    assert "RefreshTokenRotation" not in client


CLOSED = ["SelfSignUp=false", "EmailCodeSignIn=false", "RefreshTokenRotation=ENABLED"]


def test_parameters_can_be_given_and_are_kept(provision: Provision, env_file: Path) -> None:
    provision("closed", parameters=[parameter(text) for text in CLOSED])
    for _ in range(2):
        pool, client = described(env_file)
        assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
        assert "SignInPolicy" not in pool["Policies"]
        # A flow that can do nothing in a pool without its triggers; none at all would mean three.
        assert client["ExplicitAuthFlows"] == ["ALLOW_CUSTOM_AUTH"]
        assert client["RefreshTokenRotation"] == {"Feature": "ENABLED", "RetryGracePeriodSeconds": 60}
        provision("closed")
    provision("closed", parameters=[parameter("EmailCodeSignIn=true")])
    assert described(env_file)[1]["ExplicitAuthFlows"] == ["ALLOW_USER_AUTH"]
    provision("closed", parameters=[parameter("RefreshTokenRotation=DISABLED")])
    _, client = described(env_file)
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_AUTH"]
    assert "RefreshTokenRotation" not in client


@pytest.mark.parametrize("text", ["SelfSignUp", "=true", "SiteUrl=https://a.example", "EndpointUrl="])
def test_a_parameter_is_a_name_and_a_value_and_no_setting(text: str) -> None:
    with pytest.raises(CommandError, match="--parameter: NAME=VALUE is expected"):
        call_command("provision", f"--parameter={text}")


def test_cognito_refuses_plain_http_elsewhere(provision: Provision, settings: Settings) -> None:
    settings.SITE_URL = "http://files.example.com"
    with pytest.raises(CommandError, match=r"refused CreateStack .*SiteUrl") as failure:
        provision("plain")
    assert "\n" not in str(failure.value)


def test_without_credentials_it_says_so(
    provision: Provision, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ADMIN:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(CommandError, match=r"^no AWS credentials: set AWS_PROFILE, or "):
        provision("nobody")


def test_without_permission_it_names_the_call(
    provision: Provision, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}'
    )
    keys = user(STACK, "heidi", nothing, "s3")._request_signer._credentials
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys.secret_key)
    with pytest.raises(CommandError, match=r"refused DescribeStacks \(AccessDenied\w*\)") as failure:
        provision("forbidden")
    assert keys.secret_key not in str(failure.value)


def test_an_endpoint_that_is_down_is_named(provision: Provision, settings: Settings) -> None:
    settings.AWS_ENDPOINT_URL = f"http://localhost:{free_port()}"
    with pytest.raises(CommandError, match=rf"^{settings.AWS_ENDPOINT_URL} does not answer$"):
        provision("unreachable")


BROKEN = """
Resources:
  Fine:
    Type: AWS::S3::Bucket
  Group:
    Type: AWS::Cognito::UserPoolGroup
    Properties:
      UserPoolId: us-east-1_Missing00
      GroupName: lost
"""


def test_a_failed_stack_says_which_resource_and_why() -> None:
    steps: list[Progress] = []
    target = Target("broken", REGION, STACK.endpoint)
    with pytest.raises(NotDeployed, match=r"broken ended in ROLLBACK_COMPLETE: Group: .*us-east-1_Miss"):
        cloudformation.deploy(target, template=BROKEN, parameters={}, report=steps.append)
    assert [step.resource for step in steps if step.reason] == ["Group"]
    with pytest.raises(NotDeployed, match="is in ROLLBACK_COMPLETE: delete it, then provision again"):
        cloudformation.deploy(target, template=BROKEN, parameters={}, report=steps.append)


def test_a_template_that_is_none_is_refused_in_one_line() -> None:
    with pytest.raises(NotDeployed) as failure:
        cloudformation.deploy(TARGET, template="Resources: [", parameters={}, report=print)
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize(
    ("output", "name"),
    [
        ("CognitoUserPoolId", "COGNITO_USER_POOL_ID"),
        ("CognitoDomain", "COGNITO_DOMAIN"),
        ("FilesBucket", "FILES_BUCKET"),
    ],
)
def test_an_output_is_the_variable_of_the_same_words(output: str, name: str) -> None:
    assert cloudformation.environment_name(output) == name


def test_other_lines_stay_and_only_the_owner_reads_them(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(
        "# mine\nDEBUG=1\nSECRET_KEY=kept\nexport FILES_BUCKET=old\nFILES_BUCKET=older\n\nBROKEN LINE\n"
    )
    path.chmod(0o644)
    write_settings(path, {"FILES_BUCKET": "new", "SITE_URL": "http://localhost:8000"})
    assert path.read_text() == (
        "# mine\nDEBUG=1\nSECRET_KEY=kept\nFILES_BUCKET=new\n\nBROKEN LINE\n"
        "SITE_URL=http://localhost:8000\n"
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_linked_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("A=1\n")
    (tmp_path / ".env").symlink_to("real")
    write_settings(tmp_path / ".env", {"B": "2"})
    assert (tmp_path / ".env").is_symlink()
    assert (tmp_path / "real").read_text().startswith("A=1\nB=2\nSECRET_KEY=")


def test_a_folder_in_the_way_is_told(provision: Provision, env_file: Path) -> None:
    env_file.mkdir(parents=True)
    with pytest.raises(CommandError, match="cannot be written"):
        provision("again")


def test_the_command_alone_needs_no_settings(tmp_path: Path) -> None:
    """On a fresh clone: no .env, no SECRET_KEY; a failure is one line and exit code 1."""
    endpoint = f"http://localhost:{free_port()}"
    environment = clean_environment(
        **ADMIN, AWS_ENDPOINT_URL=endpoint, ENV_FILE=os.fspath(tmp_path / ".env")
    )
    run = subprocess.run(
        [*MANAGE, "provision"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == f"CommandError: {endpoint} does not answer\n"
    assert sys.executable == MANAGE[0]
