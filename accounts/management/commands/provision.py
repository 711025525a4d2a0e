"""`manage.py provision`: infra/stack.yaml to AWS or to the emulator, and its outputs into .env."""

import os
import secrets
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts import cloudformation
from accounts.cloudformation import NotDeployed, Progress, Target

TEMPLATE = Path("infra/stack.yaml")


class Command(BaseCommand):
    help = (
        "Create or update the stack (AWS, or the emulator at AWS_ENDPOINT_URL) and write its outputs "
        "as settings into the .env file. Secrets go into the file only."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--stack", default="strongbox", help="the stack's name")
        parser.add_argument("--region", default=settings.AWS_REGION)
        parser.add_argument(
            "--env-file",
            type=Path,
            default=Path(os.environ.get("ENV_FILE", settings.BASE_DIR / ".env")),
            help="other lines in it stay as they are",
        )
        parser.add_argument(
            "--parameter",
            type=parameter,
            action="append",
            default=[],
            dest="parameters",
            metavar="NAME=VALUE",
            help="of the template, such as SelfSignUp=true; those not given keep their value",
        )

    def handle(
        self, *, stack: str, region: str, env_file: Path, parameters: list[tuple[str, str]], **_: Any
    ) -> None:
        try:
            values = self.deploy(Target(stack, region, settings.AWS_ENDPOINT_URL), dict(parameters))
        except NotDeployed as error:
            raise CommandError(str(error)) from None
        values |= {"AWS_REGION": region, "SITE_URL": settings.SITE_URL}
        if settings.AWS_ENDPOINT_URL:
            # The demo's administrator has no authenticator app; on AWS the safe default holds.
            values |= {"AWS_ENDPOINT_URL": settings.AWS_ENDPOINT_URL, "ADMIN_REQUIRES_MFA": "off"}
        try:
            write_settings(env_file, values)
        except OSError as error:
            raise CommandError(f"{env_file} cannot be written: {error.strerror}") from None
        self.stdout.write(f"{stack} is up to date; its settings are in {env_file}")

    def deploy(self, target: Target, parameters: dict[str, str]) -> dict[str, str]:
        """The stack's outputs and the client's secret, as settings. Raises NotDeployed."""
        site = {"SiteUrl": settings.SITE_URL, "EndpointUrl": settings.AWS_ENDPOINT_URL}
        outputs = cloudformation.deploy(
            target,
            template=(settings.BASE_DIR / TEMPLATE).read_text(),
            parameters={**parameters, **site},
            report=self.report,
        )
        secret = cloudformation.client_secret(
            target, user_pool_id=outputs["CognitoUserPoolId"], client_id=outputs["CognitoClientId"]
        )
        values = {cloudformation.environment_name(name): value for name, value in outputs.items()}
        return {**values, "COGNITO_CLIENT_SECRET": secret}

    def report(self, step: Progress) -> None:
        reason = f"  {step.reason}" if step.reason else ""
        self.stdout.write(f"{step.status:<24} {step.resource}{reason}")


def parameter(text: str) -> tuple[str, str]:
    """A NAME=VALUE of the command line; SiteUrl and EndpointUrl are the settings' own."""
    name, equals, value = text.partition("=")
    if not name or not equals or name in {"SiteUrl", "EndpointUrl"}:
        raise ArgumentTypeError(
            "NAME=VALUE is expected, and for SITE_URL and AWS_ENDPOINT_URL the settings"
        )
    return name, value


def write_settings(path: Path, values: dict[str, str]) -> None:
    """Set NAME=value lines in an .env file, keep all others, readable by the owner only.

    A file without a SECRET_KEY gets a new one. The file is replaced whole, so that nobody ever reads
    half of it.
    """
    path = path.resolve()  # behind a link, it is the file that is replaced
    missing, lines = dict(values), []
    has_key = False
    for line in path.read_text().splitlines() if path.exists() else []:
        name = line.partition("=")[0].removeprefix("export ").strip()
        has_key = has_key or name == "SECRET_KEY"
        if name not in values:
            lines.append(line)
        elif name in missing:
            lines.append(f"{name}={missing.pop(name)}")
    if not has_key:
        missing["SECRET_KEY"] = secrets.token_urlsafe(48)
    text = "\n".join([*lines, *(f"{name}={value}" for name, value in sorted(missing.items())), ""])
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
