"""Answers that are kept as bytes while a tenant's inventory stays as it is."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Final

import attrs

from model_registry.asgi.answers import Answer
from model_registry.domain.chain import Head

Key = tuple[str, str, bytes]
"""All that an answer depends on beside the state: tenant, path and query string."""

KEPT_BYTES: Final = 64 * 1024 * 1024

_OVERHEAD: Final = 1_000  # what Python needs for an answer beside its body and its query, and more
_LARGEST: Final = 16


@attrs.frozen
class _Kept:
    """
    An answer, and where the tenant's history stood before it was made.

    Attributes:
        size: bytes of memory.
    """

    head: Head
    answer: Answer
    size: int


class KeptAnswers:
    """
    Answers that follow from a tenant's state, each with the state that it was made in.

    An answer is given while the tenant's head is the one that it was made after, and
    so another process's write is seen at once. The one that was asked for longest
    ago makes room, whosever it is: a tenant that asks for ever new pages can push
    out other tenants' answers, which are then made anew, and never sees one.

    Args:
        most: bytes of memory that all of them may take; no answer is kept that
            takes more than a sixteenth of it.
    """

    def __init__(self, most: int = KEPT_BYTES) -> None:
        self._most = most
        self._size = 0
        self._answers: OrderedDict[Key, _Kept] = OrderedDict()
        self._lock = Lock()

    @property
    def size(self) -> int:
        """Bytes of memory that are taken, estimated on the high side."""
        return self._size

    def find(self, key: Key, head: Head) -> Answer | None:
        """Return the answer that was made in this state, or None."""
        with self._lock:
            kept = self._answers.get(key)
            if kept is None or kept.head != head:
                return None
            self._answers.move_to_end(key)
            return kept.answer

    def keep(self, key: Key, head: Head, answer: Answer) -> None:
        """
        Keep an answer in place of what was kept for the same request.

        Args:
            key: the request.
            head: where the history stood before the answer was made.
            answer: what was made.
        """
        size = len(answer.body) + len(key[2]) + _OVERHEAD
        with self._lock:
            old = self._answers.pop(key, None)
            if old is not None:
                self._size -= old.size
            if size * _LARGEST > self._most:
                return
            self._answers[key] = _Kept(head, answer, size)
            self._size += size
            while self._size > self._most:
                _, oldest = self._answers.popitem(last=False)
                self._size -= oldest.size
