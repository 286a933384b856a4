"""How long a call takes: rounds of it, their median and their 99th percentile."""

from collections.abc import Callable
from time import perf_counter

import attrs


@attrs.frozen
class Timing:
    """Calls a second over the whole run, and the slowest call in a hundred, in milliseconds."""

    rate: float
    p99_ms: float


def timed(call: Callable[[int], object], seconds: float = 1.5, most: int = 20_000) -> Timing:
    """Call with 0, 1, 2 … for about so long."""
    spans: list[float] = []
    started = perf_counter()
    while len(spans) < most and perf_counter() - started < seconds:
        before = perf_counter()
        call(len(spans))
        spans.append(perf_counter() - before)
    total = sum(spans)
    spans.sort()
    return Timing(len(spans) / total, spans[int(len(spans) * 0.99)] * 1000)
