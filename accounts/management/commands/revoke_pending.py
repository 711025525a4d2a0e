"""Revoke the refresh tokens of people who signed out while Cognito was away."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts import revocation
from accounts.models import PendingRevocation


class Command(BaseCommand):
    help = "Revokes, at Cognito, the refresh tokens that could not be revoked at sign-out."

    def handle(self, **_: Any) -> None:
        done = revocation.retry(most=PendingRevocation.objects.count())
        left = PendingRevocation.objects.count()
        self.stdout.write(
            f"{done} revoked, {left} left" + (": Cognito is not answering" if left else "")
        )
