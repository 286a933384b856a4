"""Entries and events as rows of plain Parquet columns, and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs
import msgspec
import pyarrow as pa

from model_registry.domain.changes import Action, ChangeEvent, FieldChange
from model_registry.domain.entry import ENTRY_FIELDS, ModelEntry
from model_registry.domain.lifecycle import RiskTier, ValidationStatus
from model_registry.domain.rules import Tags

_TEXT: Final = pa.string()
_TIME: Final = pa.timestamp("us", "UTC")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)
_NULLABLE: Final = frozenset({"owner", "description", "last_seen_at"})
_TIMES: Final = frozenset({"last_seen_at", "created_at", "updated_at", "at"})
_EVENT_FIELDS: Final = (
    "tenant_id",
    "sequence",
    "at",
    "actor",
    "action",
    "entry_id",
    "model_id",
    "changes",
    "previous_hash",
    "hash",
)


def _column(name: str) -> pa.Field[Any]:
    return pa.field(name, _TIME if name in _TIMES else _TEXT, nullable=name in _NULLABLE)


ENTRIES: Final = pa.schema(
    [
        *map(_column, ENTRY_FIELDS),
        pa.field("revision", pa.int64(), nullable=False),
        pa.field("removed", pa.bool_(), nullable=False),
    ]
)
"""An entry's fields, the revision that wrote the row, and whether it ended the entry."""

EVENTS: Final = pa.schema(
    [
        pa.field("sequence", pa.int64(), nullable=False) if name == "sequence" else _column(name)
        for name in _EVENT_FIELDS
    ]
)
"""An event's fields, ``changes`` being JSON as the API serves it."""


@attrs.frozen
class EntryRow:
    """An entry as one revision left it: as it is from then on, or as it was at its end."""

    entry: ModelEntry
    revision: int
    removed: bool = False


class _ServedChange(msgspec.Struct, forbid_unknown_fields=True):
    """A field's change as the API serves it, and so as it is stored."""

    before: str | dict[str, str] | None = msgspec.field(name="from")
    after: str | dict[str, str] | None = msgspec.field(name="to")


_CHANGES: Final = msgspec.json.Decoder(dict[str, _ServedChange])


def _micros(at: datetime | None) -> int | None:
    return None if at is None else (at - _EPOCH) // _TICK


def _instant(micros: int | None) -> datetime | None:
    return None if micros is None else _EPOCH + timedelta(microseconds=micros)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def entries_table(rows: Sequence[EntryRow]) -> pa.Table:
    """Return rows of entries as a table."""
    columns: dict[str, list[Any]] = {
        name: [getattr(row.entry, name) for row in rows] for name in ENTRY_FIELDS
    }
    columns["tags"] = [_json(tags) for tags in columns["tags"]]
    columns["revision"] = [row.revision for row in rows]
    columns["removed"] = [row.removed for row in rows]
    return _table(columns, ENTRIES)


def events_table(events: Sequence[ChangeEvent]) -> pa.Table:
    """Return events as a table."""
    columns: dict[str, list[Any]] = {
        name: [getattr(event, name) for event in events] for name in _EVENT_FIELDS
    }
    columns["changes"] = [_json(_served(event)) for event in events]
    return _table(columns, EVENTS)


def _served(event: ChangeEvent) -> dict[str, Any]:
    return {
        name: {"from": change.before, "to": change.after} for name, change in event.changes.items()
    }


def _table(columns: dict[str, list[Any]], schema: pa.Schema) -> pa.Table:
    arrays: list[pa.Array[Any]] = []
    for field in schema:
        values = columns[field.name]
        if field.name in _TIMES:
            arrays.append(pa.array(map(_micros, values), pa.int64()).cast(_TIME))
        else:
            arrays.append(pa.array(values, field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def read_entries(batch: pa.RecordBatch | pa.Table) -> Iterator[EntryRow]:
    """
    Return the rows of a batch that ``entries_table`` wrote.

    Raises:
        ValueError, KeyError, TypeError, OverflowError: they are damaged.
    """
    for *values, revision, removed in _values(batch, ENTRIES):
        fields = dict(zip(ENTRY_FIELDS, values, strict=True))
        fields["risk_tier"] = RiskTier(fields["risk_tier"])
        fields["validation_status"] = ValidationStatus(fields["validation_status"])
        fields["tags"] = Tags(msgspec.json.decode(fields["tags"], type=dict[str, str]))
        yield EntryRow(ModelEntry(**fields), revision, removed)


def read_events(batch: pa.RecordBatch | pa.Table) -> Iterator[ChangeEvent]:
    """
    Return the events of a batch that ``events_table`` wrote, those before a damaged one too.

    Raises:
        ValueError, KeyError, TypeError, OverflowError: they are damaged.
    """
    for values in _event_values(batch):
        fields = dict(zip(_EVENT_FIELDS, values, strict=True))
        fields["action"] = Action(fields["action"])
        fields["changes"] = {
            name: FieldChange(change.before, change.after)
            for name, change in _CHANGES.decode(fields["changes"]).items()
        }
        yield ChangeEvent(**fields)


def _event_values(batch: pa.RecordBatch | pa.Table) -> Iterator[tuple[Any, ...]]:
    try:
        yield from list(_values(batch, EVENTS))
    except (ValueError, OverflowError):  # one by one, so that what is sound is read
        for row in range(batch.num_rows):
            yield from _values(batch.slice(row, 1), EVENTS)


def _values(batch: pa.RecordBatch | pa.Table, schema: pa.Schema) -> Iterator[tuple[Any, ...]]:
    return zip(*(_column_values(batch.column(field.name), field) for field in schema), strict=True)


def _column_values(column: Any, field: pa.Field[Any]) -> list[Any]:
    if column.null_count and not field.nullable:
        raise ValueError(f"{field.name} has no value")
    if field.name in _TIMES:
        return [_instant(micros) for micros in column.cast(_TIME).cast(pa.int64()).to_pylist()]
    values: list[Any] = column.cast(field.type).to_pylist()
    return values
