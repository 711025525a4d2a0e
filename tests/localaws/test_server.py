"""`python -m localaws` as a process: its port, its signals, what it keeps."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests

from localaws import people
from localaws.engine import ADMIN, REGION, save
from localaws.server import SAVE_SECONDS
from tests.localaws.behaviours import claims
from tests.localaws.large_objects import Multipart
from tests.localaws.processes import listening
from tests.stack import ROOT, STACK, clean_environment, free_port

Server = tuple[int, "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Server]]:
    """Starts localaws on the test's data folder; returns the port and the process."""
    started: list[subprocess.Popen[str]] = []

    def start() -> Server:
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, "-m", "localaws", "--port", str(port), "--data-dir", str(tmp_path / "aws")],
            cwd=ROOT,
            env=clean_environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout
        assert process.stdout.readline() == (
            f"localaws: simulated AWS on http://localhost:{port}, for development and tests only\n"
        )
        return port, process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def admin(port: int, service: Any) -> Any:
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=f"http://localhost:{port}",
        aws_access_key_id=ADMIN["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=ADMIN["AWS_SECRET_ACCESS_KEY"],
    )


def fill(port: int) -> str:
    """A user pool with bob in it, and a file in a bucket; the pool's id."""
    cognito, s3 = admin(port, "cognito-idp"), admin(port, "s3")
    pool: str = cognito.create_user_pool(PoolName="p")["UserPool"]["Id"]
    cognito.admin_create_user(UserPoolId=pool, Username="bob")
    s3.create_bucket(Bucket="files")
    s3.put_object(Bucket="files", Key="users/ä/x", Body=b"bytes", Metadata={"path": "a%20b"})
    return pool


def test_it_listens_on_one_loopback_port_and_nowhere_else(start: Callable[[], Server]) -> None:
    port, process = start()
    fill(port)
    assert listening(process.pid) == {f"0100007F:{port:04X}"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_clean_stop_keeps_people_and_files(start: Callable[[], Server], number: int) -> None:
    port, process = start()
    pool = fill(port)
    process.send_signal(number)
    assert process.wait(15) == 0
    port, _ = start()
    assert admin(port, "cognito-idp").admin_get_user(UserPoolId=pool, Username="bob")
    found = admin(port, "s3").get_object(Bucket="files", Key="users/ä/x")
    assert found["Body"].read() == b"bytes"
    assert found["Metadata"] == {"path": "a%20b"}


def test_an_upload_that_is_under_way_survives_a_hard_kill(start: Callable[[], Server]) -> None:
    port, process = start()
    admin(port, "s3").create_bucket(Bucket="files")
    process.send_signal(signal.SIGTERM)  # saves the bucket
    assert process.wait(15) == 0
    port, process = start()
    upload = Multipart(admin(port, "s3"), "files", "users/x/large")
    upload.send(1, b"first")
    upload.send(3, b"third")
    process.kill()
    process.wait()
    port, _ = start()
    upload.s3 = admin(port, "s3")
    listed = upload.s3.list_parts(**upload.id)["Parts"]
    assert [part["PartNumber"] for part in listed] == [1, 3]
    assert [part["ChecksumSHA256"] for part in listed] == [
        part["ChecksumSHA256"] for part in upload.parts.values()
    ]
    upload.send(2, b"a second that is longer")
    assert upload.complete()["ETag"] == upload.etag
    got = upload.s3.get_object(**upload.where)
    assert got["Body"].read() == b"firsta second that is longerthird"


def test_a_clean_stop_keeps_sign_ins_and_the_end_of_replaced_tokens(
    start: Callable[[], Server],
) -> None:
    port, process = start()
    cognito, password = admin(port, "cognito-idp"), "Long-password-1"
    pool = cognito.create_user_pool(PoolName="p")["UserPool"]["Id"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool,
        ClientName="c",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
        RefreshTokenRotation={"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
    )["UserPoolClient"]["ClientId"]
    cognito.admin_create_user(UserPoolId=pool, Username="bob")
    cognito.admin_set_user_password(UserPoolId=pool, Username="bob", Password=password, Permanent=True)
    first = cognito.initiate_auth(
        ClientId=client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "bob", "PASSWORD": password},
    )["AuthenticationResult"]
    second = refresh(port, client, first["RefreshToken"])
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    port, _ = start()
    assert refresh(port, client, first["RefreshToken"]) == {"error": "invalid_grant"}
    third = refresh(port, client, second["refresh_token"])
    assert claims(third["id_token"])["auth_time"] == claims(first["IdToken"])["auth_time"]


def refresh(port: int, client: str, token: str) -> dict[str, str]:
    form = {"grant_type": "refresh_token", "client_id": client, "refresh_token": token}
    answer = requests.post(f"http://localhost:{port}/oauth2/token", data=form, timeout=10).json()
    answer.pop("error_description", None)
    found: dict[str, str] = answer
    return found


def test_a_hard_kill_keeps_files(start: Callable[[], Server]) -> None:
    """People it keeps as of the last save, at most SAVE_SECONDS ago."""
    port, process = start()
    fill(port)
    process.kill()
    process.wait()
    port, _ = start()
    assert admin(port, "s3").get_object(Bucket="files", Key="users/ä/x")["Body"].read() == b"bytes"
    assert SAVE_SECONDS <= 10
    assert save.__doc__


def test_only_its_owner_reads_what_it_keeps(start: Callable[[], Server], tmp_path: Path) -> None:
    start()
    assert (tmp_path / "aws").stat().st_mode & 0o077 == 0


def test_a_taken_port_is_one_clear_line() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        run = subprocess.run(
            [sys.executable, "-m", "localaws", "--port", str(port)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == (
        f"localaws: port {port} is taken on 127.0.0.1 (Address already in use); "
        "choose another with --port\n"
    )


@pytest.mark.parametrize("path", ["/_ministack/reset", "/_ministack/config", "/_localstack/state/reset"])
def test_no_web_page_can_wipe_it(path: str) -> None:
    assert requests.post(f"{STACK.endpoint}{path}", timeout=10).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "https://localhost.evil.example"},
        {"Origin": "null"},
        {"Origin": "http://[", "Host": "localhost"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Host": "evil.example"},
        {"Host": ""},
    ],
)
@pytest.mark.parametrize("method", ["OPTIONS", "POST", "GET"])
def test_no_web_page_elsewhere_can_call_it(method: str, headers: dict[str, str]) -> None:
    """With the administrator's key, which everybody knows, it could run code in a Lambda."""
    target = {"X-Amz-Target": "AWSCognitoIdentityProviderService.ListUserPools"}
    answer = requests.request(method, STACK.endpoint, headers={**target, **headers}, timeout=10)
    assert answer.status_code in {400, 403}
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_pages_of_this_machine_may_call_it_by_either_of_its_names() -> None:
    asked = {"Origin": STACK.site_url, "Sec-Fetch-Site": "cross-site"}  # as Chromium says of 127.0.0.1
    preflight = {**asked, "Access-Control-Request-Method": "PUT"}
    for endpoint in (STACK.endpoint, STACK.endpoint.replace("localhost", "127.0.0.1")):
        url = f"{endpoint}/{STACK.env['FILES_BUCKET']}/key"
        answer = requests.options(url, headers=preflight, timeout=10)
        assert answer.headers["Access-Control-Allow-Origin"] == STACK.site_url


def test_seeding_again_changes_nobodys_group() -> None:
    cognito, pool = STACK.admin("cognito-idp"), STACK.env["COGNITO_USER_POOL_ID"]

    def groups() -> dict[str, list[str]]:
        return {
            person.email: [
                group["GroupName"]
                for group in cognito.admin_list_groups_for_user(UserPoolId=pool, Username=person.email)[
                    "Groups"
                ]
            ]
            for person in people.PEOPLE
        }

    before = groups()
    assert before == {person.email: [person.group] if person.group else [] for person in people.PEOPLE}
    people.seed(endpoint_url=STACK.endpoint, user_pool_id=pool, password=STACK.password)
    assert groups() == before


def test_a_password_that_does_not_fit_is_told() -> None:
    with pytest.raises(ValueError, match="length"):
        people.seed(
            endpoint_url=STACK.endpoint,
            user_pool_id=STACK.env["COGNITO_USER_POOL_ID"],
            password="short",
        )


def test_the_default_password_fits() -> None:
    assert len(people.DEFAULT_PASSWORD) >= 12
