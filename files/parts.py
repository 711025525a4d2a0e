"""How a file is cut into parts. Pure arithmetic.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
"""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass

from files.faults import Malformed, TooLarge

MIB = 1024 * 1024
MIN_PART = 5 * MIB  # but for the last one
MAX_PART = 5 * 1024 * MIB  # of a multipart upload, and of a single PUT
MAX_PARTS = 10_000
MAX_SIZE = MAX_PARTS * MAX_PART  # 48.8 TiB
SHA256_BYTES = 32
DEFAULT_PART = 16 * MIB  # a file of up to this size is one PUT unless the client asks otherwise


@dataclass(frozen=True)
class Plan:
    """Parts are numbered from 1; a plan of one part is a single PUT."""

    size: int
    part_size: int

    @property
    def count(self) -> int:
        return max(1, -(-self.size // self.part_size))

    @property
    def multipart(self) -> bool:
        return self.count > 1

    def length(self, number: int) -> int:
        """Bytes of this part: all but the last are of one size."""
        return min(self.part_size, self.size - (number - 1) * self.part_size)


def plan(size: int, part_size: int | None = None) -> Plan:
    """The server's own plan, or the client's proposal if S3 would take it.

    Raises TooLarge, or Malformed for a proposal out of bounds.
    """
    if size > MAX_SIZE:
        raise TooLarge(errors={"size": TooLarge.detail})
    if part_size is None:
        least = -(-size // MAX_PARTS)
        return Plan(size, max(DEFAULT_PART, -(-least // MIB) * MIB))
    if not MIN_PART <= part_size <= MAX_PART:
        raise Malformed.of("part_size", "A part has between 5 MiB and 5 GiB.")
    proposed = Plan(size, part_size)
    if proposed.count > MAX_PARTS:
        raise Malformed.of("part_size", f"This makes {proposed.count:,} parts; S3 takes 10,000.")
    return proposed


def is_sha256(text: str) -> bool:
    """Whether this is 32 bytes in the standard base64 alphabet, written the one canonical way."""
    try:
        digest = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(digest) == SHA256_BYTES and base64.b64encode(digest).decode() == text


def runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """{1, 2, 3, 7} → [(1, 3), (7, 7)]."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def ranges(numbers: Iterable[int]) -> str:
    """{1, 2, 3, 7} → "1–3, 7", cut short after a dozen."""
    found = runs(numbers)
    shown = [f"{first}" if first == last else f"{first}–{last}" for first, last in found[:12]]
    return ", ".join(shown) + (" …" if len(found) > len(shown) else "")
