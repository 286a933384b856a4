"""Results as tables: on the page about performance, and on the screen."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from benchmarks.bars import BARS, Bar
from benchmarks.figures import Figure, Results, Row

_BEGIN: Final = "<!-- measured: begin -->"
_END: Final = "<!-- measured: end -->"
_SHOWN: Final = re.compile(f"(?<={_BEGIN}\n).*?(?={_END})", re.DOTALL)

_QUIET: Final = 0.5
"""The load average up to which a machine is taken to have nothing else to do."""

_GROWTH: Final = {
    "entries": "Entries in the tenant",
    "tenants": "Tenants, of 100 entries each",
    "events": "Events in the history of an entry",
    "logs": "Rows in the request log",
}


def put_into(page: Path, results: Results) -> None:
    """Write the tables between the two markers of a page."""
    page.write_text(_SHOWN.sub(lambda _: tables(results), page.read_text()))


def shown_on(page: Path) -> str:
    """Return what stands between the two markers of a page."""
    found = _SHOWN.search(page.read_text())
    if found is None:
        raise LookupError(f"{page} lacks {_BEGIN} or {_END}")
    return found[0]


def tables(results: Results) -> str:
    """Return everything that was measured, as Markdown."""
    return "\n".join(_lines(results)) + "\n"


def _lines(results: Results) -> Iterator[str]:
    yield ""
    yield "; ".join(f"{name}: {value}" for name, value in results.made.items()) + "."
    yield ""
    if float(results.made.get("load", 0)) > _QUIET:
        yield from ("**The machine was busy with other work: all figures are rough.**", "")
    yield "### What must be reached"
    yield ""
    header = ("what", "must reach", "measured", "noise", "")
    parts = {row.part for row in results.rows}
    bars = [bar for bar in BARS if bar.key.partition("/")[0] in parts]
    yield from _table(header, [_bar(bar, results) for bar in bars])
    yield from _of_http(results)
    yield from _of_others(results)
    yield from _of_growth(results)
    notes = dict.fromkeys(f"- {row.name}: {row.note}" for row in results.rows if row.note)
    if notes:
        yield from ("", "### Notes", "", *notes)
    yield ""


def _bar(bar: Bar, results: Results) -> Sequence[str]:
    row, value = results.row(bar.key), bar.reached(results)
    if row is None or value is None:
        return bar.what, bar.wanted, "not measured", "", "?"
    met = "met" if bar.met_by(value) else "**not met**"
    return bar.what, bar.wanted, f"{_short(value)}{bar.unit}", _noise(row), met


def _of_http(results: Results) -> Iterator[str]:
    rows = [row for row in results.rows if row.part == "http"]
    if not rows:
        return
    yield from ("", "### Over HTTP: requests a second", "")
    compared = "what", "connections", "ours", "hand-written", "ratio", "constant", "ratio", "noise"
    yield from _table(compared, map(_rates, rows))
    yield from ("", "### Over HTTP: what a request costs, ours / hand-written", "")
    spent = "what", "connections", "p50 ms", "p99 ms", "CPU ms", "ratio", "peak MiB"
    yield from _table(spent, map(_costs, rows))


def _rates(row: Row) -> Sequence[str]:
    ours, hand, constant = _contestants(row)
    return (
        row.name,
        str(row.connections),
        _rate(ours),
        _rate(hand),
        _ratio(hand.seconds, ours.seconds),
        _rate(constant),
        _ratio(constant.seconds, ours.seconds),
        _noise(row),
    )


def _costs(row: Row) -> Sequence[str]:
    ours, hand, _ = _contestants(row)
    return (
        row.name,
        str(row.connections),
        _both(ours.p50_ms, hand.p50_ms),
        _both(ours.p99_ms, hand.p99_ms),
        _both(ours.cpu_ms, hand.cpu_ms),
        _ratio(hand.cpu_ms, ours.cpu_ms),
        _both(ours.peak_mib, hand.peak_mib),
    )


def _contestants(row: Row) -> tuple[Figure, Figure, Figure]:
    ours, hand = row.figures["ours"], row.figures["handwritten"]
    return ours, hand, row.figures.get("constant", Figure())


def _rate(figure: Figure) -> str:
    return _short(figure.seconds and 1 / figure.seconds)


def _both(ours: float | None, hand: float | None) -> str:
    return f"{_short(ours)} / {_short(hand)}" if ours and hand else ""


def _of_others(results: Results) -> Iterator[str]:
    for part, title in (("process", "In process"), ("scans", "Scans"), ("start", "Start")):
        rows = [row for row in results.rows if row.part == part]
        if rows:
            yield from ("", f"### {title}", "")
            header = "what", "ours", "memory MiB", "beside", "takes", "memory MiB", "ratio", "noise"
            yield from _table(header, [_other_row(row) for row in rows])


def _other_row(row: Row) -> Sequence[str]:
    ours = row.figures["ours"]
    beside = next((name for name in row.figures if name != "ours"), "")
    theirs = row.figures.get(beside, Figure())
    return (
        row.name,
        _time(ours.seconds),
        _short(ours.peak_mib or ours.idle_mib),
        beside,
        _time(theirs.seconds),
        _short(theirs.peak_mib or theirs.idle_mib),
        _ratio(theirs.seconds, ours.seconds),
        _noise(row),
    )


def _of_growth(results: Results) -> Iterator[str]:
    for part, title in _GROWTH.items():
        rows = [row for row in results.rows if row.part == part]
        if rows:
            yield from ("", f"### {title}", "")
            yield from _table(("what", *rows[0].figures), [_growth_row(row) for row in rows])


def _growth_row(row: Row) -> Sequence[str]:
    return (row.name, *map(_grown, row.figures.values()))


def _grown(figure: Figure) -> str:
    typical = figure.seconds if figure.p50_ms is None else figure.p50_ms / 1000
    memory = "" if figure.peak_mib is None else f", {_short(figure.peak_mib)} MiB"
    return _time(typical) + memory


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Give a table that is readable as it stands, without a renderer."""
    cells = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rule = [":".rjust(width, "-") for width in widths[1:]]
    for number, row in enumerate(cells):
        padded = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        yield f"| {' | '.join((row[0].ljust(widths[0]), *padded))} |"
        if number == 0:
            yield f"| {' | '.join(('-' * widths[0], *rule))} |"


def _ratio(theirs: float | None, ours: float | None) -> str:
    return f"{_short(theirs / ours)}x" if theirs and ours else ""


def _noise(row: Row) -> str:
    return _percent(max((figure.spread or 0 for figure in row.figures.values()), default=0))


def _percent(spread: float) -> str:
    return f"{spread:.0%}" if spread else ""


def _time(seconds: float | None) -> str:
    if seconds is None:
        return ""
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{_short(seconds / size)} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def _short(value: float | None) -> str:
    if value is None:
        return ""
    for least, digits in ((100, 0), (10, 1), (1, 2)):
        if value >= least:
            return f"{value:,.{digits}f}"
    return f"{value:.3f}"
