"""The keys of objects."""

import time
from itertools import pairwise

from files import keys


def test_keys_are_in_the_persons_prefix_and_in_order() -> None:
    made = keys.many("us-east-1:x", 500)
    assert all(key.startswith("users/us-east-1:x/") for key in made)
    assert all(one < other for one, other in pairwise(made))


def test_a_later_batch_comes_later() -> None:
    before = keys.uuids(100)
    time.sleep(0.002)  # the clock that orders them ticks in milliseconds
    assert max(before) < min(keys.uuids(100))


def test_they_are_uuids_of_version_7_of_this_moment() -> None:
    now = time.time_ns() // 1_000_000
    for one in keys.uuids(50):
        assert (one.version, one.variant) == (7, "specified in RFC 4122")
        assert now <= one.int >> 80 <= now + 1000


def test_the_form_is_the_standards() -> None:
    """The example of RFC 9562, A.6."""
    bits = 0xCC3 << 62 | 0x18C4DC0C0C07398F
    assert str(keys._version_7(0x017F22E279B0, bits)) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


def test_no_key_is_like_another() -> None:
    assert len({key for _ in range(20) for key in keys.many("x", 100)}) == 2000
    assert keys.new("x") != keys.new("x")


def test_none_are_made_when_none_are_asked() -> None:
    assert keys.many("x", 0) == []
