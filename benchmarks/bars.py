"""What must be reached, as the project has set it for itself, and whether a run did."""

from collections.abc import Callable
from typing import Final

import attrs

from benchmarks.figures import Results, Row

Measure = Callable[[Row], float | None]
"""Gives a value of what was measured, None where it was not."""


@attrs.frozen(kw_only=True)
class Bar:
    """
    One thing that must be reached.

    Attributes:
        what: for people.
        key: of the row that tells.
        measure: what of the row is held against the bar.
        least: it must be that or more.
        most: or that or less.
        unit: what is written after a value.
    """

    what: str
    key: str
    measure: Measure
    least: float | None = None
    most: float | None = None
    unit: str = "x"

    def reached(self, results: Results) -> float | None:
        """Return the value of a run, None where it was not measured."""
        row = results.row(self.key)
        return None if row is None else self.measure(row)

    def met_by(self, value: float) -> bool:
        """Tell whether a value is good enough."""
        enough = self.least is None or value >= self.least
        return enough and (self.most is None or value <= self.most)

    @property
    def wanted(self) -> str:
        """What must be reached, for people."""
        sign, limit = ("≤", self.most) if self.least is None else ("≥", self.least)
        return f"{sign} {limit:g}{self.unit}"


def _faster_than(other: str) -> Measure:
    """How many operations ours does while another does one."""
    return _quotient(other, "ours", "seconds")


def _as_slow_as(other: str) -> Measure:
    """How long ours takes, in times of another."""
    return _quotient("ours", other, "seconds")


def _quotient(above: str, below: str, name: str) -> Measure:
    return _of_two(above, below, name, lambda one, two: one / two)


def _more_than(other: str, name: str) -> Measure:
    return _of_two("ours", other, name, lambda one, two: one - two)


def _of_two(one: str, other: str, name: str, combined: Callable[[float, float], float]) -> Measure:
    def measure(row: Row) -> float | None:
        first, second = _own(name, one)(row), _own(name, other)(row)
        return None if first is None or second is None else combined(first, second)

    return measure


def _own(name: str, contestant: str = "ours") -> Measure:
    def measure(row: Row) -> float | None:
        value: float | None = getattr(row.figures.get(contestant), name, None)
        return value

    return measure


def _above_idle(row: Row) -> float | None:
    figure = row.figures["ours"]
    if figure.peak_mib is None or figure.idle_mib is None:
        return None
    return figure.peak_mib - figure.idle_mib


_HAND: Final = _faster_than("handwritten")
_CONSTANT: Final = _faster_than("constant")
_OWN_SECONDS: Final = _own("seconds")


def _in_microseconds(row: Row) -> float | None:
    seconds = _OWN_SECONDS(row)
    return None if seconds is None else seconds * 1e6


_DUCKDB: Final = _faster_than("DuckDB")

BARS: Final = (
    Bar(
        what="GET one, 16 connections, beside the hand-written",
        key="http/get one/16",
        measure=_HAND,
        least=10,
    ),
    Bar(
        what="GET one, 16 connections, beside the constant app",
        key="http/get one/16",
        measure=_CONSTANT,
        least=0.33,
    ),
    Bar(
        what="list of 50, unchanged, same page, beside the hand-written",
        key="http/list of 50, same page/16",
        measure=_HAND,
        least=50,
    ),
    Bar(
        what="list of 50, unchanged, same page, beside the constant app",
        key="http/list of 50, same page/16",
        measure=_CONSTANT,
        least=0.5,
    ),
    Bar(
        what="list of 50, unchanged, 20 pages, beside the hand-written",
        key="http/list of 50, 20 pages/16",
        measure=_HAND,
        least=50,
    ),
    Bar(
        what="list of 50, unchanged, 20 pages, beside the constant app",
        key="http/list of 50, 20 pages/16",
        measure=_CONSTANT,
        least=0.5,
    ),
    Bar(
        what="list of 50 after a write each time",
        key="http/list of 50, after a write/1",
        measure=_HAND,
        least=10,
    ),
    Bar(
        what="filter by tier and status, unchanged",
        key="http/filter by tier and status/16",
        measure=_HAND,
        least=20,
    ),
    Bar(
        what="filter by tier and status, changed",
        key="http/filter by tier and status, after a write/1",
        measure=_HAND,
        least=5,
    ),
    Bar(
        what="filter by provider, unchanged",
        key="http/filter by provider/16",
        measure=_HAND,
        least=20,
    ),
    Bar(
        what="filter by provider, changed",
        key="http/filter by provider, after a write/1",
        measure=_HAND,
        least=5,
    ),
    Bar(
        what="search, changed, two terms, one rare",
        key="http/search, two terms, one rare, after a write/1",
        measure=_HAND,
        least=20,
    ),
    Bar(
        what="search, changed, a frequent term",
        key="http/search, a frequent term, after a write/1",
        measure=_HAND,
        least=20,
    ),
    Bar(
        what="search among 1,000,000 entries, two terms, one rare, p50",
        key="entries/search, two terms, one rare",
        measure=_own("p50_ms", "1,000,000"),
        most=5,
        unit=" ms",
    ),
    Bar(
        what="search among 1,000,000 entries, a frequent term, p50",
        key="entries/search, a frequent term",
        measure=_own("p50_ms", "1,000,000"),
        most=5,
        unit=" ms",
    ),
    Bar(
        what="audited update, 16 connections", key="http/audited update/16", measure=_HAND, least=3
    ),
    Bar(what="register, 16 connections", key="http/register/16", measure=_HAND, least=3),
    Bar(
        what="audited update in process, beside sqlite3",
        key="process/audited update",
        measure=_faster_than("sqlite3"),
        least=0.5,
    ),
    Bar(
        what="risk_tier, time beside a dict",
        key="process/risk_tier",
        measure=_as_slow_as("dict"),
        most=3,
    ),
    Bar(
        what="observe, a request",
        key="process/observe",
        measure=_in_microseconds,
        most=2,
        unit=" µs",
    ),
    Bar(what="CSV export of 10,000", key="http/CSV export of 10,000/1", measure=_HAND, least=8),
    Bar(
        what="CSV export of 200,000, beside csv.writer",
        key="process/CSV export of 200,000",
        measure=_faster_than("csv.writer"),
        least=4,
    ),
    Bar(
        what="CSV export of 200,000, memory above idle",
        key="process/CSV export of 200,000",
        measure=_above_idle,
        most=60,
        unit=" MiB",
    ),
    Bar(
        what="Parquet, 20 million rows, 30 days, beside DuckDB",
        key="scans/Parquet, 20 million rows",
        measure=_DUCKDB,
        least=0.9,
    ),
    Bar(
        what="Parquet, 20 million rows, memory",
        key="scans/Parquet, 20 million rows",
        measure=_own("peak_mib"),
        most=200,
        unit=" MiB",
    ),
    Bar(
        what="Parquet, second run with summaries, beside DuckDB",
        key="scans/Parquet, 20 million rows, second run",
        measure=_DUCKDB,
        least=20,
    ),
    Bar(
        what="JSON Lines, 2 million rows, beside DuckDB",
        key="scans/JSON Lines, 2 million rows",
        measure=_DUCKDB,
        least=1,
    ),
    Bar(
        what="200 million rows, memory beside 20 million",
        key="logs/scan of all of it, ours",
        measure=_quotient("200 million", "20 million", "peak_mib"),
        most=1.1,
    ),
    Bar(
        what="infer_provider, beside LiteLLM",
        key="process/infer_provider",
        measure=_faster_than("LiteLLM"),
        least=4,
    ),
    Bar(
        what="serve, idle, memory",
        key="start/serve, idle",
        measure=_own("idle_mib"),
        most=80,
        unit=" MiB",
    ),
    Bar(
        what="import model_registry, above Python's own start",
        key="start/import model_registry",
        measure=_more_than("python", "p50_ms"),
        most=60,
        unit=" ms",
    ),
    Bar(
        what="model-registry --help, above Python's own start",
        key="start/model-registry --help",
        measure=_more_than("python", "p50_ms"),
        most=250,
        unit=" ms",
    ),
)
