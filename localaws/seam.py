"""The one way in which localaws changes ministack: a named function gives way to ours."""

from collections.abc import Callable
from functools import wraps
from typing import Any

Function = Callable[..., Any]


def replace(module: Any, name: str, make: Callable[[Function], Function]) -> None:
    """Put make(original) in the original's place; the original stays reachable as __wrapped__."""
    original: Function = getattr(module, name)
    setattr(module, name, wraps(original)(make(original)))
