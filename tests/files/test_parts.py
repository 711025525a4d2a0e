"""How a file is cut into parts."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files import parts
from files.faults import Malformed, TooLarge
from files.parts import MAX_PART, MAX_PARTS, MAX_SIZE, MIB, MIN_PART


@pytest.mark.parametrize(
    ("size", "count"),
    [
        (0, 1),
        (1, 1),
        (5 * MIB - 1, 1),
        (5 * MIB + 1, 1),
        (16 * MIB - 1, 1),
        (16 * MIB, 1),
        (16 * MIB + 1, 2),
        (1024 * MIB, 64),
        (MAX_SIZE, MAX_PARTS),
    ],
)
def test_the_server_cuts_above_16_mib(size: int, count: int) -> None:
    plan = parts.plan(size)
    assert plan.count == count
    assert plan.multipart == (count > 1)


@given(st.integers(0, MAX_SIZE), st.one_of(st.none(), st.integers(0, 2 * MAX_PART)))
def test_every_plan_is_one_that_s3_takes(size: int, part_size: int | None) -> None:
    try:
        plan = parts.plan(size, part_size)
    except Malformed:
        assert part_size is not None
        assert not MIN_PART <= part_size <= MAX_PART or -(-size // part_size) > MAX_PARTS
        return
    assert 1 <= plan.count <= MAX_PARTS
    last = plan.length(plan.count)
    assert (plan.count - 1) * plan.part_size + last == size
    assert 0 <= last <= MAX_PART
    assert plan.count == 1 or (last > 0 and plan.part_size >= MIN_PART)


@pytest.mark.parametrize("part_size", [0, 1, MIN_PART - 1, MAX_PART + 1])
def test_a_part_size_out_of_bounds_is_refused(part_size: int) -> None:
    with pytest.raises(Malformed, match="between 5 MiB and 5 GiB"):
        parts.plan(100, part_size)


def test_a_proposal_of_too_many_parts_is_refused() -> None:
    assert parts.plan(MIN_PART * MAX_PARTS, MIN_PART).count == MAX_PARTS
    with pytest.raises(Malformed, match="10,001 parts"):
        parts.plan(MIN_PART * MAX_PARTS + 1, MIN_PART)


def test_a_file_that_s3_would_not_keep_is_too_large() -> None:
    with pytest.raises(TooLarge):
        parts.plan(MAX_SIZE + 1)


def test_only_a_canonical_sha256_is_one() -> None:
    good = base64.b64encode(hashlib.sha256(b"").digest()).decode()
    assert parts.is_sha256(good)
    loose = good[:-2] + chr(ord(good[-2]) + 1) + "="  # other trailing bits, the same 32 bytes
    for bad in ("", "x", good[:-1], good + "=", "é" * 44, good.replace("=", "-"), loose, f" {good}"):
        assert not parts.is_sha256(bad)


def test_numbers_in_runs() -> None:
    assert parts.runs([]) == []
    assert parts.runs({7, 3, 1, 2}) == [(1, 3), (7, 7)]


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ({3}, "3"),
        ({1, 2, 3, 7}, "1–3, 7"),
        (set(range(1, 60, 2)), "1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23 …"),
    ],
)
def test_missing_parts_are_told_in_short(numbers: set[int], text: str) -> None:
    assert parts.ranges(numbers) == text
