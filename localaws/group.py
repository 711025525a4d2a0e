"""`python -m localaws.group zoe@example.com members`: puts somebody into a Cognito group, or out of it.

What an administrator of the user pool does on AWS in the console. It counts from their next sign-in, or
the next refresh of their tokens.
"""

import argparse
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from localaws import site_env
from localaws.engine import ADMIN, REGION


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m localaws.group", description="Puts a person of this machine into a group."
    )
    parser.add_argument("email", help="who has signed up, or a demo person")
    parser.add_argument("group", help="admins, members or viewers")
    parser.add_argument("--remove", action="store_true", help="take them out of it instead")
    asked = parser.parse_args()
    try:
        change(site_env.read(), asked.email, asked.group, remove=asked.remove)
    except (OSError, KeyError, BotoCoreError, ClientError) as error:
        sys.exit(f"strongbox: {error} (is `make run` running?)")
    print(f"{asked.email} is {'no longer ' if asked.remove else ''}in {asked.group}.")


def change(site: dict[str, str], email: str, group: str, *, remove: bool = False) -> None:
    """Raises ClientError when there is no such person or group."""
    cognito = boto3.client(
        "cognito-idp",
        region_name=REGION,
        endpoint_url=site["AWS_ENDPOINT_URL"],
        aws_access_key_id=ADMIN["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=ADMIN["AWS_SECRET_ACCESS_KEY"],
    )
    call = cognito.admin_remove_user_from_group if remove else cognito.admin_add_user_to_group
    call(UserPoolId=site["COGNITO_USER_POOL_ID"], Username=email, GroupName=group)


if __name__ == "__main__":
    main()
