"""Every data set that is kept, and their making: side by side, since the largest takes minutes."""

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from benchmarks import exports, growth, request_logs
from benchmarks.inventory import ENTRIES, fill_handwritten
from benchmarks.kept import FORM, kept


def our_entries() -> Path:
    """Return our database of ``ENTRIES``."""
    return growth.store_of_entries(ENTRIES)


def handwritten_entries() -> Path:
    """Return the hand-written registry's database of the same."""
    return kept("handwritten", FORM, partial(fill_handwritten, count=ENTRIES))


def make_all(parts: Collection[str]) -> None:
    """Make what these parts need and what is not kept yet, in two processes at once."""
    with ProcessPoolExecutor(2, get_context("spawn")) as makers:
        for made in [makers.submit(make) for make in _needed(parts)]:
            made.result()


def _needed(parts: Collection[str]) -> Iterator[Callable[[], object]]:
    if "growth" in parts:  # the largest first, so that the rest is made beside it
        for count in reversed(growth.ENTRIES):
            yield partial(growth.store_of_entries, count)
        for count in reversed(growth.EVENTS):
            yield partial(growth.store_of_events, count)
        for count in reversed(growth.TENANTS):
            yield partial(growth.store_of_tenants, count)
    if "scans" in parts:
        yield request_logs.parquet_log
        yield request_logs.json_log
    if "exports" in parts:
        yield partial(growth.store_of_entries, exports.ENTRIES)
        yield exports.raw_entries
    if "growth" not in parts:
        yield our_entries
    yield handwritten_entries
