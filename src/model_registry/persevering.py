"""Deciding again where somebody else was faster, a bounded number of times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from model_registry.errors import ConcurrentUpdate, ModelAlreadyExists

_Answer = TypeVar("_Answer")

_ATTEMPTS: Final = 20


def persevering(decide: Callable[[], _Answer]) -> _Answer:
    """
    Read, decide and commit, anew as long as the state that was read is another by now.

    Raises:
        ConcurrentUpdate: others kept writing for too long.
        ModelAlreadyExists: likewise.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return decide()
        except (ConcurrentUpdate, ModelAlreadyExists):
            continue
    return decide()
