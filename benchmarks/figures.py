"""What was measured, as values that go into the JSON file and come back from it."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import attrs
from cattrs import structure, unstructure


@attrs.frozen(kw_only=True)
class Figure:
    """
    What one contestant did.

    Attributes:
        seconds: for one operation: the turn's length by what was done in it.
        p50_ms: half of the operations took no longer, each by itself.
        p99_ms: likewise 99 in a hundred.
        cpu_ms: CPU time of the server for one operation.
        peak_mib: the most memory that the process held meanwhile.
        idle_mib: what it had held before.
        spread: the slowest trial by the fastest, less one.
    """

    seconds: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    cpu_ms: float | None = None
    peak_mib: float | None = None
    idle_mib: float | None = None
    spread: float | None = None


@attrs.frozen(kw_only=True)
class Row:
    """
    One thing that was measured, and how each contestant did.

    Attributes:
        part: what it belongs to: ``http``, ``process``, ``scans`` …
        name: what was done.
        connections: at once, over HTTP; 0 elsewhere.
        figures: by contestant; ours is ``ours``.
        note: what a reader must know, or why there is no figure.
    """

    part: str
    name: str
    connections: int = 0
    figures: dict[str, Figure] = attrs.field(factory=dict)
    note: str = ""

    @property
    def key(self) -> str:
        """How bars name it."""
        return f"{self.part}/{self.name}" + (f"/{self.connections}" if self.connections else "")


@attrs.frozen(kw_only=True)
class Results:
    """
    One run.

    Attributes:
        made: date, machine, versions, commit.
        rows: in the order in which they are shown.
    """

    made: dict[str, str]
    rows: tuple[Row, ...]

    def row(self, key: str) -> Row | None:
        """Return a row by its key, or None."""
        return next((row for row in self.rows if row.key == key), None)

    def write(self, path: Path) -> None:
        """Write the JSON file."""
        text = json.dumps(_rounded(unstructure(self)), indent=1)
        path.write_text(text + "\n")

    @classmethod
    def read(cls, path: Path) -> "Results":
        """Read the JSON file."""
        return structure(json.loads(path.read_text()), cls)


def of_trials(trials: Sequence[Figure]) -> Figure:
    """Return the median of each figure, and how far the trials lie apart."""
    values = {
        field.name: _median(getattr(trial, field.name) for trial in trials)
        for field in attrs.fields(Figure)
        if field.name != "spread"
    }
    seconds = [trial.seconds for trial in trials if trial.seconds]
    spread = max(seconds) / min(seconds) - 1 if len(seconds) > 1 else None
    return Figure(**values, spread=spread)


def of_spans(spans: Sequence[float], **others: float) -> Figure:
    """Return the figure of operations that were timed one by one, in seconds."""
    ordered = sorted(spans)
    return Figure(
        seconds=sum(ordered) / len(ordered),
        p50_ms=median(ordered) * 1000,
        p99_ms=ordered[int(len(ordered) * 0.99)] * 1000,
        **others,
    )


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _rounded(value: Any) -> Any:
    """Keep four digits: the rest is noise, and would make every line of a diff differ."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items() if item not in (None, "")}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value
