"""``python -m benchmarks``: prints calls a second, the 99th percentile, and ratios."""

import os
import platform
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from benchmarks import in_process, over_http
from benchmarks.inventory import ENTRIES, filled
from benchmarks.timing import Timing


def shown(title: str, other: str, rows: list[tuple[str, Timing, Timing]]) -> Table:
    table = Table(title=title, title_justify="left")
    for name in ("", "calls/s", "p99 ms", f"{other}, calls/s", "ratio"):
        table.add_column(name, justify="left" if not name else "right")
    for name, ours, theirs in rows:
        ratio = ours.rate / theirs.rate
        table.add_row(
            name,
            f"{ours.rate:,.0f}" if ours.rate >= 10 else f"{ours.rate:.1f}",
            f"{ours.p99_ms:.2f}",
            f"{theirs.rate:,.0f}",
            f"{ratio:.3f}" if ratio < 1 else f"{ratio:.1f}",
        )
    return table


def main() -> None:
    console = Console()
    console.print(
        f"{ENTRIES:,} entries of one tenant, SQLite, Python {platform.python_version()}, "
        f"{os.cpu_count()} cores"
    )
    with TemporaryDirectory() as folder:
        url, ids = filled(Path(folder))
        rows = in_process.measured(Path(folder), url, ids)
        console.print(shown("In process", "sqlite3 alone", rows))
        served = over_http.measured(Path(folder), url, ids)
        console.print(shown("Over HTTP, 16 connections (exports: 1)", "constant app", served))


main()
