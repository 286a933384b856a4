"""Deciding again where somebody else was faster, a bounded number of times."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

from model_registry.errors import ConcurrentUpdate, ModelAlreadyExists

_Answer = TypeVar("_Answer")

_ATTEMPTS: Final = 20
_AT_ONCE: Final = 2
_FIRST_WAIT: Final = 0.001
_LONGEST_WAIT: Final = 0.032


def persevering(decide: Callable[[], _Answer]) -> _Answer:
    """
    Read, decide and commit, anew as long as the state that was read is another by now.

    Twice at once, then after waits of chance that grow to some hundredths of a
    second: many who write one entry would otherwise go on outrunning each other.

    Raises:
        ConcurrentUpdate: others kept writing for too long.
        ModelAlreadyExists: likewise.
    """
    for attempt in range(_ATTEMPTS - 1):
        try:
            return decide()
        except (ConcurrentUpdate, ModelAlreadyExists):
            if attempt >= _AT_ONCE:
                longest = min(_FIRST_WAIT * 2 ** (attempt - _AT_ONCE), _LONGEST_WAIT)
                time.sleep(random.uniform(0, longest))  # noqa: S311  # a wait is no secret
    return decide()
