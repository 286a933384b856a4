"""What the threads of one scan know together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from threading import Lock

from model_registry_parquet.readings import Reading

Times = tuple[datetime, datetime]
"""The first and the last of several times."""


class Known:
    """
    A reading that many threads add to, and the times that they need not look at any more.

    Args:
        reading: what they add to; nobody else uses it meanwhile.

    Attributes:
        reading: the same, for who holds ``lock``.
        lock: to be held while anything is added to it.
    """

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.lock = Lock()
        self._times: dict[str, Times] = {}

    def seen(self, groups: Iterable[tuple[str, int, Times]]) -> None:
        """
        Add requests, of each model how many and between which times.

        Raises:
            TooManyModels: one distinct model more than is allowed.
        """
        with self.lock:
            for model, requests, times in groups:
                self.reading.seen(model, requests, *times)
                first, last = self._times.get(model, times)
                self._times[model] = min(first, times[0]), max(last, times[1])

    def seen_again(self, requests: Mapping[str, int]) -> None:
        """Add requests of models at times that make no difference."""
        self.seen((model, count, self._times[model]) for model, count in requests.items())

    def make_no_difference(self, models: Iterable[str], times: Times) -> bool:
        """Tell whether all models have been seen both before and after these times."""
        for model in models:
            known = self._times.get(model)
            if known is None or times[0] < known[0] or known[1] < times[1]:
                return False
        return True
