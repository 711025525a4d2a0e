"""Delete the sessions, tokens included, that have expired. Run it daily."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.sessions import SessionStore


class Command(BaseCommand):
    help = "Deletes expired sessions with the tokens in them."

    def handle(self, **_: Any) -> None:
        SessionStore.clear_expired()
