"""Files that a person seems to have: rows without objects, for what only reads the index."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from accounts.models import User
from files import paths
from files.models import File

FIRST = datetime(2025, 1, 1, tzinfo=UTC)


def some_files(owner: User, count: int) -> list[File]:
    """This many more, in the top folder, each a minute after the one before."""
    there = File.objects.owned_by(owner).count()
    rows = [_row(owner, number) for number in range(there, there + count)]
    return File.objects.bulk_create(rows, batch_size=1000)


def _row(owner: User, number: int) -> File:
    name = f"Scan {number:05}.pdf"
    return File(
        owner=owner,
        name=name,
        folded=paths.folded(name),
        size=100_000 + number,
        content_type="application/pdf",
        key=f"users/us-east-1:bench/{uuid4()}",
        etag='"0123456789abcdef0123456789abcdef"',
        created_at=FIRST + timedelta(minutes=number),
        modified_at=FIRST + timedelta(minutes=number),
    )
