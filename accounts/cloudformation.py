"""The stack that the site stands on, created or brought up to date by CloudFormation.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
)

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef, StackEventTypeDef, StackTypeDef
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

CONFIG = Config(
    connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 4}
)
# AWS lets an account read stack events a few times a second; the emulator finishes within seconds.
POLL = 2.0
POLL_LOCAL = 0.2
# What a stack without a working predecessor is left in: CloudFormation only lets it be deleted.
DEAD = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"}
NO_UPDATES = "No updates are to be performed"


class NotDeployed(Exception):
    """What went wrong, in one line for whoever ran the command; no credentials in it."""


@dataclass(frozen=True)
class Progress:
    """One resource's step: the logical id, the status, and on failure AWS's reason ("" otherwise)."""

    resource: str
    status: str
    reason: str


@dataclass(frozen=True)
class Target:
    """Where to deploy: endpoint_url is the emulator's, or empty for AWS."""

    stack: str
    region: str
    endpoint_url: str = ""

    def cloudformation(self) -> "CloudFormationClient":
        return self._session().client("cloudformation", endpoint_url=self._endpoint(), config=CONFIG)

    def cognito(self) -> "CognitoIdentityProviderClient":
        return self._session().client("cognito-idp", endpoint_url=self._endpoint(), config=CONFIG)

    def _session(self) -> boto3.Session:
        """A new one: boto3's default session would keep the credentials it once found."""
        return boto3.Session(region_name=self.region)

    def _endpoint(self) -> str | None:
        return self.endpoint_url or None


def deploy(
    target: Target,
    *,
    template: str,
    parameters: dict[str, str],
    report: Callable[[Progress], None],
) -> dict[str, str]:
    """Create or update the stack, report each step, and return its outputs by name.

    Parameters that are not given keep their value, or their default in a new stack. Raises NotDeployed.
    """
    with _errors(target):
        client = target.cloudformation()
        before = _describe(client, target.stack)
        if before and before["StackStatus"] in DEAD:
            raise NotDeployed(
                f"stack {target.stack} is in {before['StackStatus']}: delete it, then provision again"
            )
        if before and before["StackStatus"].endswith("_IN_PROGRESS"):
            raise NotDeployed(f"stack {target.stack} is busy ({before['StackStatus']}): try again later")
        seen = {event["EventId"] for event in _events(client, target.stack)} if before else set()
        if _start(client, target.stack, template, parameters, before):
            _follow(client, target, seen, report)
        after = _describe(client, target.stack)
    outputs = after.get("Outputs", []) if after else []
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def client_secret(target: Target, *, user_pool_id: str, client_id: str) -> str:
    """The app client's secret, which is no output because outputs are readable by many."""
    with _errors(target):
        answer = target.cognito().describe_user_pool_client(UserPoolId=user_pool_id, ClientId=client_id)
        return answer["UserPoolClient"]["ClientSecret"]


def environment_name(output: str) -> str:
    """The site's variable for an output: CognitoUserPoolId → COGNITO_USER_POOL_ID."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", output).upper()


def _start(
    client: "CloudFormationClient",
    stack: str,
    template: str,
    parameters: dict[str, str],
    before: "StackTypeDef | None",
) -> bool:
    """Whether there is anything to wait for."""
    given: list[ParameterTypeDef] = [
        {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
    ]
    if not before:
        client.create_stack(
            StackName=stack, TemplateBody=template, Parameters=given, Capabilities=["CAPABILITY_IAM"]
        )
        return True
    declared = client.get_template_summary(TemplateBody=template).get("Parameters", [])
    had = {parameter["ParameterKey"] for parameter in before.get("Parameters", [])}
    kept = {parameter["ParameterKey"] for parameter in declared} & had - parameters.keys()
    given += [{"ParameterKey": name, "UsePreviousValue": True} for name in sorted(kept)]
    try:
        client.update_stack(
            StackName=stack, TemplateBody=template, Parameters=given, Capabilities=["CAPABILITY_IAM"]
        )
    except ClientError as error:
        if NO_UPDATES in error.response["Error"]["Message"]:
            return False
        raise
    return True


def _follow(
    client: "CloudFormationClient", target: Target, seen: set[str], report: Callable[[Progress], None]
) -> None:
    """Report events until the stack rests. Raises NotDeployed unless it rests well."""
    why = ""
    while True:
        now = _describe(client, target.stack)
        for event in reversed(list(_events(client, target.stack))):
            if event["EventId"] in seen:
                continue
            seen.add(event["EventId"])
            step = _progress(event)
            report(step)
            why = why or (f"{step.resource}: {step.reason}" if step.reason else "")
        status = now["StackStatus"] if now else "DELETE_COMPLETE"
        if not status.endswith("_IN_PROGRESS"):
            break
        time.sleep(POLL_LOCAL if target.endpoint_url else POLL)
    if status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        raise NotDeployed(f"stack {target.stack} ended in {status}: {why or 'no reason given'}")


def _progress(event: "StackEventTypeDef") -> Progress:
    status = event.get("ResourceStatus", "")
    reason = event.get("ResourceStatusReason", "") if status.endswith("FAILED") else ""
    return Progress(event.get("LogicalResourceId", ""), status, " ".join(reason.split()))


def _describe(client: "CloudFormationClient", stack: str) -> "StackTypeDef | None":
    try:
        found = client.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if "does not exist" in error.response["Error"]["Message"]:
            return None
        raise
    # A deleted stack is found by its id only, but the emulator still names it.
    return next((stack for stack in found if stack["StackStatus"] != "DELETE_COMPLETE"), None)


def _events(client: "CloudFormationClient", stack: str) -> "Iterator[StackEventTypeDef]":
    """The newest first."""
    for page in client.get_paginator("describe_stack_events").paginate(StackName=stack):
        yield from page["StackEvents"]


@contextmanager
def _errors(target: Target) -> Iterator[None]:
    where = target.endpoint_url or f"AWS in {target.region}"
    try:
        yield
    except NoCredentialsError:
        raise NotDeployed(
            "no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and its secret"
        ) from None
    except NoRegionError:
        raise NotDeployed("no region: set AWS_REGION or pass --region") from None
    except EndpointConnectionError:
        raise NotDeployed(f"{where} does not answer") from None
    except ClientError as error:
        answer = error.response["Error"]
        message = " ".join(answer.get("Message", "").split())
        raise NotDeployed(
            f"{where} refused {error.operation_name} ({answer.get('Code', '?')}): {message}"
        ) from None
    except BotoCoreError as error:
        raise NotDeployed(f"{where}: {' '.join(str(error).split())}") from None
