"""The command ``import``: from a file that people keep to the inventory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, Any, Final

import attrs
from cyclopts import Parameter

from model_registry.cli.history import shortly
from model_registry.cli.options import HERE, JsonOption, Place
from model_registry.cli.screen import counted, note, say_json, say_table
from model_registry.codec import read_text
from model_registry.domain.changes import FieldChange
from model_registry.domain.importing import (
    ChangedRow,
    Decision,
    ImportReport,
    ImportRequest,
    NewRow,
    RefusedRow,
)
from model_registry.domain.rules import Choice, Nullable, ruled
from model_registry.errors import NOT_GIVEN, Fault, ValidationError
from model_registry.spreadsheets.columns import Columns, read_columns
from model_registry.spreadsheets.files import read_rows
from model_registry.spreadsheets.tables import FileFormat

_SHOWN: Final = 50
_REFUSED: Final = 1


@attrs.frozen(kw_only=True)
class _Format:
    """What the file is written in."""

    format: FileFormat | None = ruled(Nullable(Choice(FileFormat)), default=None)


def import_file(
    file: Path,
    /,
    *,
    dry_run: bool = False,
    partial: bool = False,
    overwrite: bool = False,
    rename: Annotated[tuple[str, ...], Parameter(name="--map", metavar="COLUMN=FIELD")] = (),
    ignore: Annotated[tuple[str, ...], Parameter(metavar="COLUMN")] = (),
    mapping: Annotated[Path | None, Parameter(metavar="TOML")] = None,
    form: Annotated[str | None, Parameter(name="--format", metavar="FORMAT")] = None,
    sheet: Annotated[str | None, Parameter(metavar="NAME")] = None,
    guard: Annotated[bool, Parameter(negative="--no-guard")] = True,
    json: JsonOption = False,
    place: Place = HERE,
) -> int | None:
    """
    Bring models in from a CSV, JSON or XLSX file, all of them or none.

    Args:
        file: What to read, such as inventory.csv, or inventory.xlsx.
        dry_run: Tell what would happen, and change nothing.
        partial: Write the good rows where others are refused.
        overwrite: Let rows count whose model has changed since the file was made.
        rename: What a column means: a field, or tags.KEY; may be repeated.
        ignore: A column that means nothing, * for any characters; may be repeated.
        mapping: A file that says the same, and what values are called.
        form: csv | json | xlsx. Default: told from the file's name.
        sheet: Sheet of an XLSX file. Default: the first.
        guard: Whether apostrophes before formulas in a CSV are the export's own.
        json: print JSON.
        place: where.
    """
    request = ImportRequest(dry_run=dry_run, partial=partial, overwrite=overwrite)
    asked = read_text(_Format, {} if form is None else {"format": form})
    columns = _columns(mapping, rename, ignore)
    rows = read_rows(file, columns, form=asked.format, sheet=sheet, guard=guard)
    with place.opened() as inventory:
        report = inventory.import_rows(rows, request)
    if json:
        say_json(_to_json(report, request))
    else:
        _say(report)
        _sum_up(report, request)
    return _REFUSED if report.refused and not partial else None


def _columns(mapping: Path | None, rename: Sequence[str], ignore: Sequence[str]) -> Columns:
    """
    Return what the columns mean by a mapping file and the options, which go before it.

    Raises:
        ValidationError: one has no ``=``, or names a field that no entry has.
    """
    columns = Columns() if mapping is None else read_columns(mapping)
    names: dict[str, str] = {}
    for pair in rename:
        column, equals, field = pair.rpartition("=")
        if not equals:
            raise ValidationError([Fault("map", "must be written COLUMN=FIELD", pair)])
        names[column] = field
    return Columns(
        names={**columns.names, **names},
        ignored=columns.ignored | set(ignore),
        values=columns.values,
    )


def _say(report: ImportReport) -> None:
    """Write what becomes of the rows as a table, refused ones first, and not too many of a kind."""
    kinds: tuple[Sequence[Decision], ...] = (report.refused, report.changed, report.new)
    shown = list(chain.from_iterable(islice(kind, _SHOWN) for kind in kinds))
    if shown:
        lines = chain.from_iterable(map(_lines, shown))
        say_table(("Row", "Model", "Is", "Changes"), lines)
    more = sum(map(len, kinds)) - len(shown)
    if more:
        note(f"{counted(more, 'more row')} not shown; for all: --json")


def _lines(decision: Decision) -> Iterator[tuple[str, str, str, str]]:
    start = (str(decision.row), decision.model_id or "-")
    match decision:
        case NewRow(insert=insert):
            entry = insert.entry
            gist = f"{entry.risk_tier}, {entry.validation_status}, {entry.provider}"
            yield (*start, "new", gist)
        case ChangedRow():
            yield (*start, "changed", _differences(decision.changes))
        case RefusedRow():
            for fault in decision.faults:
                yield (*start, "refused", str(fault))
            if decision.changes:
                yield (*start, "refused", f"it would change {_differences(decision.changes)}")
        case _:
            pass  # an unchanged row is counted, and no more


def _differences(changes: Mapping[str, FieldChange]) -> str:
    return "; ".join(
        f"{name}: {shortly(change.before)} → {shortly(change.after)}"
        for name, change in changes.items()
    )


def _sum_up(report: ImportReport, request: ImportRequest) -> None:
    kinds = {
        "new": report.new,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "refused": report.refused,
    }
    numbers = ", ".join(f"{len(rows):,} {kind}" for kind, rows in kinds.items())
    note(f"{counted(len(report.decisions), 'row')}: {numbers}; {_outcome(report, request)}")


def _outcome(report: ImportReport, request: ImportRequest) -> str:
    if report.written:
        return f"{counted(len(report.new) + len(report.changed), 'change')} written"
    if not (report.new or report.changed):
        return "nothing to write"
    if report.refused and not request.partial:
        return "nothing is written while rows are refused (--partial writes the others)"
    return "a dry run, nothing was written"


def _to_json(report: ImportReport, request: ImportRequest) -> dict[str, Any]:
    listed: Iterable[Decision] = (*report.refused, *report.changed, *report.new)
    return {
        "rows": len(report.decisions),
        "new": len(report.new),
        "changed": len(report.changed),
        "unchanged": len(report.unchanged),
        "refused": len(report.refused),
        "dry_run": request.dry_run,
        "written": report.written,
        "models": [_decision_to_json(one) for one in sorted(listed, key=lambda one: one.row)],
    }


def _decision_to_json(decision: Decision) -> dict[str, Any]:
    shown: dict[str, Any] = {"row": decision.row, "model_id": decision.model_id}
    match decision:
        case NewRow(insert=insert):
            shown |= {"status": "new", "changes": _changes_to_json(insert.event.changes)}
        case ChangedRow():
            shown |= {"status": "changed", "changes": _changes_to_json(decision.changes)}
        case RefusedRow():
            shown |= {
                "status": "refused",
                "changes": _changes_to_json(decision.changes),
                "details": [_fault_to_json(fault) for fault in decision.faults],
            }
    return shown


def _changes_to_json(changes: Mapping[str, FieldChange]) -> dict[str, Any]:
    return {name: {"from": one.before, "to": one.after} for name, one in changes.items()}


def _fault_to_json(fault: Fault) -> dict[str, Any]:
    """Return a fault as the HTTP API's errors show it."""
    shown: dict[str, Any] = {"field": fault.field, "message": fault.message}
    if fault.given is not NOT_GIVEN:
        shown["given"] = fault.given
    if fault.allowed is not None:
        shown["allowed"] = list(fault.allowed)
    return shown
