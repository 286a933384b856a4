"""Calls in this process, whose contestants take turns."""

import gc
from collections.abc import Callable, Mapping
from itertools import count
from time import perf_counter
from typing import Final

import attrs

from benchmarks.effort import Effort
from benchmarks.figures import Figure, of_spans, of_trials

Call = Callable[[int], object]
"""Is called with 0, 1, 2 …"""

_MOST_CALLS: Final = 50_000


def in_turns(
    calls: Mapping[str, Call], effort: Effort, *, batch: int = 1, share: float = 1.0
) -> dict[str, Figure]:
    """
    Time what each contestant does.

    Args:
        calls: by contestant.
        effort: how long.
        batch: how many operations a call does; where a call does more than one,
            no single operation is timed.
        share: how much of a usual turn each gets.
    """
    trials: dict[str, list[Figure]] = {name: [] for name in calls}
    numbers = {name: count() for name in calls}
    for _ in range(effort.trials):
        for name, call in calls.items():
            seconds = effort.turn_seconds * share
            trials[name].append(_timed(call, numbers[name], seconds, batch))
    return {name: of_trials(figures) for name, figures in trials.items()}


def _timed(call: Call, numbers: "count[int]", seconds: float, batch: int) -> Figure:
    spans: list[float] = []
    gc.collect()  # what one contestant leaves behind is not for the next to clear away
    ending = perf_counter() + seconds
    while not spans or (perf_counter() < ending and len(spans) < _MOST_CALLS):
        number = next(numbers)
        before = perf_counter()
        call(number)
        spans.append(perf_counter() - before)
    if batch == 1:
        return of_spans(spans)
    # Of many short calls in one, the median batch tells what the machine's other work did not.
    ordered = sorted(spans)
    return attrs.evolve(Figure(), seconds=ordered[len(ordered) // 2] / batch)
