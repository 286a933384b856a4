"""What the rows of a file would do to an inventory: pure decisions, one for each row."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import attrs

from model_registry.domain.changes import amend, register
from model_registry.domain.entry import (
    READ_ONLY,
    Amendment,
    ModelEntry,
    Registration,
    canonical_id,
)
from model_registry.domain.importing import (
    ChangedRow,
    Decision,
    ImportRow,
    NewRow,
    RefusedRow,
    UnchangedRow,
)
from model_registry.domain.instants import write_instant
from model_registry.domain.lifecycle import Lifecycle
from model_registry.domain.providers import UNKNOWN_PROVIDER
from model_registry.domain.rules import Refused, required_of, rules_of
from model_registry.errors import Fault, InvalidStatusTransition

_KEPT: Final = timedelta(milliseconds=1)  # how exactly a spreadsheet keeps a time
_DISPLAYED: Final = timedelta(seconds=1)  # how exactly it shows one, and saves it as text
_LINE_END: Final = re.compile("\r\n?")
_EMPTY_TEXT: Final = frozenset({"owner", "description"})
_UNHEEDED: Final = frozenset({"last_seen_at"})


@attrs.frozen(kw_only=True)
class Importing:
    """In whose name and by which rules rows are decided upon."""

    tenant_id: str
    actor: str
    at: datetime
    lifecycle: Lifecycle
    new_id: Callable[[], str]
    infer_provider: Callable[[str], str]
    overwrite: bool

    def decide(
        self, rows: Sequence[ImportRow], known: Mapping[str, ModelEntry]
    ) -> tuple[Decision, ...]:
        """
        Decide upon every row of a file, in its order.

        A model that several rows are about is refused in all of them: nobody
        can know which one is meant.

        Args:
            rows: the whole file.
            known: the tenant's entries by model_id, of all that the rows name.
        """
        places: dict[str, list[int]] = {}
        for row in rows:
            if row.model_id is not None:
                places.setdefault(row.model_id, []).append(row.number)
        return tuple(self._decided(row, known, places.get(row.model_id or "", ())) for row in rows)

    def _decided(
        self, row: ImportRow, known: Mapping[str, ModelEntry], places: Sequence[int]
    ) -> Decision:
        faults = list(row.faults)
        if len(places) > 1:
            others = ", ".join(str(place) for place in places if place != row.number)
            faults.append(Fault("model_id", f"is also in row {others}", row.model_id))
        if row.fields.get("tenant_id") not in (None, self.tenant_id):
            message = "is another organization's"
            faults.append(Fault("tenant_id", message, row.fields["tenant_id"], (self.tenant_id,)))
        entry = known.get(row.model_id or "")
        if entry is None:
            return self._new(row, faults)
        return self._existing(row, entry, faults)

    def _new(self, row: ImportRow, faults: list[Fault]) -> NewRow | RefusedRow:
        given = {
            name: row.fields[name]
            for name in rules_of(Registration)
            if row.fields.get(name) is not None
        }
        tags = {key: value for key, value in row.tags.items() if value is not None}
        if tags:
            given["tags"] = tags
        named = row.model_id
        given.setdefault("provider", self.infer_provider(named) if named else UNKNOWN_PROVIDER)
        if row.fields.get("id") is not None:
            message = (
                "is not the id of a model of this name: it was renamed, deleted, or is of another "
                "inventory; without an id the row would register a new one"
            )
            faults.append(Fault("id", message, row.fields["id"]))
        faults.extend(
            Fault(name, "is required")
            for name in required_of(Registration)
            if name not in given and not _told(faults, name)
        )
        values = _parsed(Registration, given, faults)
        if faults:
            return RefusedRow(row.number, row.model_id, tuple(faults))
        insert = register(
            Registration(**values),
            tenant_id=self.tenant_id,
            entry_id=self.new_id(),
            actor=self.actor,
            at=self.at,
        )
        return NewRow(row.number, insert)

    def _existing(self, row: ImportRow, entry: ModelEntry, faults: list[Fault]) -> Decision:
        given = _amending(row, entry, faults)
        values = _parsed(Amendment, given, faults)
        stale = _held_against(values, entry, faults)
        for name in READ_ONLY:
            values.pop(name, None)
        try:
            self.lifecycle.require(
                entry.validation_status, values.get("validation_status", entry.validation_status)
            )
        except InvalidStatusTransition as refused:
            requested = values.pop("validation_status")
            faults.append(Fault("validation_status", str(refused), requested, refused.allowed))
        replace = amend(
            entry,
            Amendment(**values),
            lifecycle=self.lifecycle,
            actor=self.actor,
            at=self.at,
        )
        changes = replace.event.changes
        if stale is not None and changes and not self.overwrite:
            faults.append(stale)
        if faults:
            return RefusedRow(row.number, entry.model_id, tuple(faults), changes)
        return (
            ChangedRow(row.number, replace) if changes else UnchangedRow(row.number, entry.model_id)
        )


def _amending(row: ImportRow, entry: ModelEntry, faults: list[Fault]) -> dict[str, object]:
    """Return what a row says of an entry, an empty cell as the null that it stands for."""
    given: dict[str, object] = {}
    for name, value in row.fields.items():
        if name in _UNHEEDED or (value is None and name in READ_ONLY):
            continue
        if value is None and name == "tags":
            given[name] = {}
        elif value is None and name in _EMPTY_TEXT:
            if getattr(entry, name):
                given[name] = None
        elif value is None and name != "display_name":
            message = "must not be empty; a file without this column leaves it as it is"
            faults.append(Fault(name, message))
        elif not _same_lines(value, getattr(entry, name)):
            given[name] = value
    if row.tags:
        tags: dict[str, str | None] = {**entry.tags, **row.tags}
        given["tags"] = {key: value for key, value in tags.items() if value is not None}
    return given


def _held_against(
    values: Mapping[str, Any], entry: ModelEntry, faults: list[Fault]
) -> Fault | None:
    """Tell whether a row is of this very entry; return what to say if it is of an older state."""
    named = values.get("id")
    if named is not None and canonical_id(named) != entry.id:
        message = "is another entry's: the model was registered anew, or rows were mixed up"
        faults.append(Fault("id", message, named, (entry.id,)))
    made = values.get("created_at")
    if made is not None and not _same_instant(made, entry.created_at):
        allowed = (write_instant(entry.created_at),)
        faults.append(Fault("created_at", "is read-only", write_instant(made), allowed))
    seen = values.get("updated_at")
    if seen is None or _same_instant(seen, entry.updated_at):
        return None
    message = (
        f"is of another state: the entry was last changed at {write_instant(entry.updated_at)}"
    )
    return Fault("updated_at", message, write_instant(seen))


def _same_instant(told: datetime, stored: datetime) -> bool:
    """Compare a file's time with the entry's as exactly as the file tells it."""
    return abs(told - stored) < (_KEPT if told.microsecond else _DISPLAYED)


def _same_lines(told: object, stored: object) -> bool:
    """Tell whether two texts are one but for their line ends, which programs rewrite."""
    if not (isinstance(told, str) and isinstance(stored, str)):
        return False
    return _LINE_END.sub("\n", told) == _LINE_END.sub("\n", stored)


def _parsed(
    declared: type[attrs.AttrsInstance], given: Mapping[str, object], faults: list[Fault]
) -> dict[str, Any]:
    """Return the values that the rules accept, and gather what they refuse."""
    rules = rules_of(declared)
    values: dict[str, Any] = {}
    for name, value in given.items():
        try:
            values[name] = rules[name].parse(name, value)
        except Refused as refused:
            faults.extend(refused.faults)
    return values


def _told(faults: Sequence[Fault], name: str) -> bool:
    return any(fault.field == name for fault in faults)
