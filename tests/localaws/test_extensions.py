"""Each gap of ministack's: closed by localaws, and still open without."""

from collections.abc import Callable

import pytest

from tests import stack
from tests.localaws.behaviours import BEHAVIOURS, allowed, user
from tests.localaws.large_objects import LARGE_OBJECTS
from tests.localaws.sign_in_behaviours import SIGN_IN_BEHAVIOURS
from tests.stack import STACK, Stack

Behaviour = Callable[[Stack], bool]
ALL = (*BEHAVIOURS, *SIGN_IN_BEHAVIOURS, *LARGE_OBJECTS)


@pytest.fixture(scope="session")
def bare() -> Stack:
    """ministack alone, with the same stack and people."""
    return stack.start(extended=False)


@pytest.mark.parametrize("behaviour", ALL, ids=lambda behaviour: behaviour.__name__)
def test_localaws_does_as_aws_does(behaviour: Behaviour) -> None:
    assert behaviour(STACK)


@pytest.mark.parametrize("behaviour", ALL, ids=lambda behaviour: behaviour.__name__)
def test_ministack_alone_does_not_so_the_extension_is_needed(behaviour: Behaviour, bare: Stack) -> None:
    assert not behaviour(bare)


def test_ministack_alone_takes_loopback_for_the_open_network(bare: Stack) -> None:
    """The one departure from AWS (localaws.extensions.transport): nobody else could use the bucket."""
    may = '{"Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}'
    for of, can in ((bare, False), (STACK, True)):
        listing = user(of, "grace", may, "s3").list_objects_v2
        assert allowed(listing, Bucket=of.env["FILES_BUCKET"]) is can
