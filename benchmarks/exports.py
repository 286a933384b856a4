"""A large inventory as CSV, beside csv.writer over the cursor of sqlite3."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.alone import alone, in_rounds
from benchmarks.effort import Effort
from benchmarks.figures import Figure, Row, of_trials
from benchmarks.growth import store_of_entries
from benchmarks.inventory import ACTOR, TENANT
from benchmarks.kept import FORM, copy_of, kept
from benchmarks.raw_sqlite import Raw, make
from model_registry import open_registry

ENTRIES: Final = 200_000
_NOWHERE: Final = "/dev/null"


def raw_entries() -> Path:
    """Return the database of sqlite3 alone."""
    return kept("raw-entries", FORM, partial(make, count=ENTRIES))


def measured(folder: Path, effort: Effort) -> Iterator[Row]:
    """Measure exports of two databases that hold the same inventory."""
    ours, raw = copy_of(store_of_entries(ENTRIES), folder), copy_of(raw_entries(), folder)
    trials: dict[str, list[Figure]] = {"ours": [], "csv.writer": []}
    for _ in range(effort.trials):
        trials["ours"].append(alone("benchmarks.exports:export", path=str(ours)))
        trials["csv.writer"].append(alone("benchmarks.exports:raw_export", path=str(raw)))
    yield Row(
        part="process",
        name=f"CSV export of {ENTRIES:,}",
        figures={name: of_trials(figures) for name, figures in trials.items()},
        note="Ours guards against formulas in cells; csv.writer does not.",
    )


def export(path: str) -> Figure:
    """Export our inventory, in this process."""
    with open_registry(f"sqlite:///{path}") as registry:
        tenant = registry.tenant(TENANT, ACTOR)
        tenant.list()

        def write() -> None:
            with Path(_NOWHERE).open("wb") as file:
                file.writelines(tenant.export())

        return in_rounds(write, 1)


def raw_export(path: str) -> Figure:
    """Export the rows of sqlite3 alone, in this process."""
    with Raw(Path(path)) as raw:
        return in_rounds(lambda: raw.export(_NOWHERE), 1)
