"""``python -m benchmarks``: measures, and shows ratios beside what they must reach."""

import argparse
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks import exports, growth, in_process, over_http, providers, scans, start_up
from benchmarks.data import handwritten_entries, make_all, our_entries
from benchmarks.effort import FULL, QUICK, Effort
from benchmarks.figures import Results, Row
from benchmarks.kept import copy_of
from benchmarks.machine import described
from benchmarks.report import put_into, tables

_RESULTS: Final = Path("benchmarks/results.json")
_PAGE: Final = Path("docs/performance.md")

Part = Callable[[Path, Effort], Iterable[Row]]


def _start(folder: Path, effort: Effort) -> Iterator[Row]:
    return start_up.measured(f"sqlite:///{copy_of(our_entries(), folder)}", effort)


def _http(folder: Path, effort: Effort) -> Iterator[Row]:
    stores = {
        "ours": f"sqlite:///{copy_of(our_entries(), folder)}",
        "handwritten": f"sqlite:///{copy_of(handwritten_entries(), folder)}",
        "constant": "",
    }
    return over_http.measured(stores, effort, folder)


def _process(folder: Path, effort: Effort) -> Iterator[Row]:
    yield from in_process.measured(folder, f"sqlite:///{copy_of(our_entries(), folder)}", effort)
    yield providers.measured(effort)


_QUICK: Final[dict[str, Part]] = {"start": _start, "http": _http, "process": _process}
_PARTS: Final[dict[str, Part]] = {
    **_QUICK,
    "exports": exports.measured,
    "scans": scans.measured,
    "growth": growth.measured,
}


def main() -> None:
    """Measure, and write what was found unless it was only a quick look."""
    parser = argparse.ArgumentParser("python -m benchmarks")
    parser.add_argument("--quick", action="store_true", help="fewer turns, 10,000 entries only")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(_PARTS))
    given = parser.parse_args()
    if unknown := set(given.parts) - _PARTS.keys():
        parser.error(f"there is no part {unknown.pop()!r}; there are {', '.join(_PARTS)}")
    effort = QUICK if given.quick else FULL
    parts = given.parts or list(_QUICK if given.quick else _PARTS)
    started = time.monotonic()
    made = {"date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", **described()}
    make_all(parts)
    rows: list[Row] = []
    for part in parts:
        with TemporaryDirectory(prefix="benchmarks-") as folder:
            for row in _PARTS[part](Path(folder), effort):
                rows.append(row)
                print(f"{time.monotonic() - started:4.0f} s  {row.key}", flush=True)
    results = Results(made=made, rows=tuple(rows))
    print(tables(results))
    if parts == list(_PARTS):
        results.write(_RESULTS)
        put_into(_PAGE, Results.read(_RESULTS))
        print(f"Written to {_RESULTS} and {_PAGE}.")


if __name__ == "__main__":
    main()
