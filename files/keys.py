"""The keys of objects: opaque, and in the order of time, so that one listing tells of many uploads."""

import secrets
import time
from uuid import UUID

RANDOM_BITS = 74
_LOW_BITS = 62


def new(identity_id: str) -> str:
    return many(identity_id, 1)[0]


def many(identity_id: str, count: int) -> list[str]:
    """So many keys in one person's prefix, in the order in which S3 lists them."""
    return [f"users/{identity_id}/{one}" for one in uuids(count)]


def uuids(count: int) -> list[UUID]:
    """UUIDs of version 7, each greater than the one before. Python has its own from 3.14 on.

    All are of this very millisecond; what follows it is random in each, and they are put in order.
    https://www.rfc-editor.org/rfc/rfc9562.html#name-uuid-version-7
    """
    milliseconds = time.time_ns() // 1_000_000
    return [_version_7(milliseconds, bits) for bits in sorted(_random() for _ in range(count))]


def _random() -> int:
    return secrets.randbits(RANDOM_BITS)


def _version_7(milliseconds: int, bits: int) -> UUID:
    high, low = bits >> _LOW_BITS, bits & ((1 << _LOW_BITS) - 1)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)
