"""`manage.py sweep_uploads`: what uploads have left behind, in S3 and in the database."""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from files.bucket import Bucket, Unusable
from files.sweeping import Kind, Suspicious, Sweep, Wish

STEP = 10_000  # rows and objects from one line of progress to the next


class Command(BaseCommand):
    help = (
        "Finds what uploads have left behind: unfinished ones, parts and objects that nothing here "
        "knows, files whose object is gone. Changes nothing without --apply. Uses your own AWS "
        "credentials, as provision does; safe while people work; run it again after a failure."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days", type=days, default=7, help="how long an upload may take (7, as the bucket’s rule)"
        )
        parser.add_argument("--apply", action="store_true", help="end what is found, not only say so")
        parser.add_argument(
            "--objects",
            action="store_true",
            help="delete objects without files too: not after restoring an older database",
        )
        parser.add_argument(
            "--even-so", action="store_true", help="although more than a tenth of all would go"
        )

    def handle(self, *, verbosity: int, **options: Any) -> None:
        wish = Wish(**{name: options[name] for name in ("days", "apply", "objects", "even_so")})
        self._told = 0
        try:
            sweep = Sweep(Bucket(), wish, timezone.now(), looked=self.looked)
            if verbosity > 1:
                sweep.tell = self.tell
            self.sweep(sweep)
        except (Unusable, Suspicious) as error:
            raise CommandError(str(error)) from None
        except DatabaseError:
            raise CommandError("the database is away or empty: is DATABASE_URL right?") from None
        self.sum_up(sweep)

    def sweep(self, sweep: Sweep) -> None:
        try:
            sweep.run()
        except Unusable as error:
            ended = sweep.ended.total()
            raise Unusable(f"{error}; {ended:,} ended so far, run it again for the rest") from None

    def looked(self, number: int) -> None:
        """Progress for a person who waits; nothing for a log."""
        if number - self._told >= STEP and sys.stderr.isatty():
            self._told = number
            self.stderr.write(f"{number:,} files and objects compared", self.style.NOTICE)

    def tell(self, kind: Kind, key: str) -> None:
        """With --verbosity 2. Keys only: what people call their files is nobody's business here."""
        self.stdout.write(f"{kind}: {key}")

    def sum_up(self, sweep: Sweep) -> None:
        self.stdout.write(f"{'':<{WIDTH}}   found   ended")
        for kind in Kind:
            self.stdout.write(f"{kind:<{WIDTH}}{sweep.found[kind]:>8,}{sweep.ended[kind]:>8,}")
        if not sweep.wish.apply:
            self.stdout.write("Nothing was changed. With --apply, what was found is ended.")
        if sweep.found[Kind.STRAY] and not sweep.wish.objects:
            self.stdout.write(
                "Objects stay unless --objects is given as well: a database that was restored from "
                "before they were uploaded looks just like this."
            )


WIDTH = max(map(len, Kind))


def days(text: str) -> int:
    """At least 1: a shorter upload may be under way."""
    if not text.isdecimal() or not 1 <= int(text) <= 3650:
        raise ArgumentTypeError("a number of days is expected, 1 to 3650")
    return int(text)
