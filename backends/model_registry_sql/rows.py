"""Entries and events as rows, and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

from model_registry.domain.chain import Head
from model_registry.domain.changes import Action, ChangeEvent, FieldChange, Plain
from model_registry.domain.entry import ENTRY_FIELDS, ModelEntry
from model_registry.domain.instants import as_utc
from model_registry.domain.inventory import fold, search_text
from model_registry.domain.lifecycle import RiskTier, ValidationStatus
from model_registry.domain.rules import Tags
from model_registry.errors import DamagedData
from model_registry.written import document_and_line
from model_registry_sql.sessions import Row

_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

_TIERS: Final = {tier.value: tier for tier in RiskTier}
_STATUSES: Final = {status.value: status for status in ValidationStatus}
_ACTIONS: Final = {action.value: action for action in Action}
_RECENT: Final = 128
_DOCUMENTS_BEGIN: Final = '{"id":"'
_SEARCHED: Final = ("display_name", "description")
FIELDS: Final = len(ENTRY_FIELDS)
_MALFORMED: Final = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


_COLUMNS: Final[dict[str, Callable[[ModelEntry], Any]]] = {
    **{name: attrgetter(name) for name in ENTRY_FIELDS},
    "risk_tier": lambda entry: entry.risk_tier.value,
    "validation_status": lambda entry: entry.validation_status.value,
    "tags": lambda entry: _json(entry.tags),
    "folded_provider": lambda entry: fold(entry.provider),
    "search_text": search_text,
}


def entry_values(entry: ModelEntry) -> dict[str, Any]:
    """Return an entry's row, with all that is kept beside its fields."""
    values = {name: value(entry) for name, value in _COLUMNS.items()}
    values["document"], values["line"] = document_and_line(entry)
    return values


def changed_values(before: ModelEntry, after: ModelEntry) -> dict[str, Any]:
    """Return what of an entry's row is another than before: its key never is."""
    changed = {name for name in ENTRY_FIELDS if getattr(before, name) != getattr(after, name)}
    if not changed:
        return {}
    if "provider" in changed:
        changed.add("folded_provider")
    if not changed.isdisjoint(_SEARCHED):
        changed.add("search_text")
    values = {name: value(after) for name, value in _COLUMNS.items() if name in changed}
    values["document"], values["line"] = document_and_line(after)
    return values


def entry_of(row: Row) -> ModelEntry:
    """
    Return the entry of a row that begins with the fields of one, in their order.

    Raises:
        DamagedData: somebody else wrote it, and it is not one.
    """
    (
        entry_id,
        tenant_id,
        model_id,
        provider,
        display_name,
        risk_tier,
        validation_status,
        owner,
        description,
        tags,
        last_seen_at,
        created_at,
        updated_at,
    ) = row[:FIELDS]
    try:
        return ModelEntry(
            id=_text(entry_id),
            tenant_id=_text(tenant_id),
            model_id=_text(model_id),
            provider=_text(provider),
            display_name=_text(display_name),
            risk_tier=_TIERS[risk_tier],
            validation_status=_STATUSES[validation_status],
            owner=None if owner is None else _text(owner),
            description=None if description is None else _text(description),
            tags=Tags(_texts(_parsed(tags))),
            last_seen_at=None if last_seen_at is None else _instant(last_seen_at),
            created_at=_instant(created_at),
            updated_at=_instant(updated_at),
        )
    except _MALFORMED as error:
        raise DamagedData(f"The stored entry {entry_id!r} is damaged: {error}") from error


@lru_cache(_RECENT)
def recent_entry_of(row: tuple[Any, ...]) -> ModelEntry:
    """Return ``entry_of`` a row that is read twice in short order, to change it."""
    return entry_of(row)


def documents_of(rows: Sequence[Row]) -> tuple[str, ...]:
    """
    Return the documents of rows that have nothing else.

    Raises:
        DamagedData: one of them is no document at all; whether it is its entry's,
            a verification tells.
    """
    texts = texts_of(rows)
    if all(text[:7] == _DOCUMENTS_BEGIN for text in texts):
        return tuple(texts)
    raise DamagedData("A stored document of an entry is damaged")


def texts_of(block: Sequence[Row | DamagedData]) -> list[str]:
    """
    Return the texts of rows that have nothing else.

    Raises:
        DamagedData: one of them is no text; whether it is its entry's, a
            verification tells.
    """
    texts: list[str] = []
    for row in block:
        if isinstance(row, DamagedData):
            raise row
        texts.append(row[0])
    if set(map(type, texts)) <= {str}:
        return texts
    raise DamagedData("A stored text of an entry is damaged")


def event_values(event: ChangeEvent) -> dict[str, Any]:
    """Return an event's row; the changes are JSON as the API serves it."""
    changes = {
        name: {"from": change.before, "to": change.after} for name, change in event.changes.items()
    }
    return {
        "tenant_id": event.tenant_id,
        "sequence": event.sequence,
        "at": event.at,
        "actor": event.actor,
        "action": event.action.value,
        "entry_id": event.entry_id,
        "model_id": event.model_id,
        "changes": _json(changes),
        "previous_hash": event.previous_hash,
        "hash": event.hash,
    }


def event_of(row: Row) -> ChangeEvent:
    """
    Return the event of a row.

    Raises:
        DamagedData: somebody else wrote it, and it is not one.
    """
    (
        tenant_id,
        sequence,
        at,
        actor,
        action,
        entry_id,
        model_id,
        changes,
        previous_hash,
        own_hash,
    ) = row
    try:
        return ChangeEvent(
            at=_instant(at),
            actor=_text(actor),
            action=_ACTIONS[action],
            entry_id=_text(entry_id),
            model_id=_text(model_id),
            changes={
                name: FieldChange(_plain(change["from"]), _plain(change["to"]))
                for name, change in _parsed(changes).items()
            },
            tenant_id=_text(tenant_id),
            sequence=_whole(sequence),
            previous_hash=_text(previous_hash),
            hash=_text(own_hash),
        )
    except _MALFORMED as error:
        raise DamagedData(f"The stored event {sequence} is damaged: {error}") from error


def head_of(row: Row) -> Head:
    """
    Return where a history stands, from the row of its tenant.

    Raises:
        DamagedData: somebody else wrote it, and it is no such place.
    """
    revision, sequence, last_hash = row
    try:
        return Head(_whole(revision), _whole(sequence), _text(last_hash))
    except _MALFORMED as error:
        raise DamagedData(f"The stored head of a history is damaged: {error}") from error


# SQLite keeps whatever it is given, whatever type the column has. What it is goes into
# logs; its value, which may be a description, does not.


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a {type(value).__name__} is no text")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"a {type(value).__name__} is no number")
    return value


def _instant(value: object) -> datetime:
    if isinstance(value, str):  # as SQLite keeps it
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        raise TypeError(f"a {type(value).__name__} is no time")
    return value if value.tzinfo is UTC else as_utc(value)


def _texts(value: Any) -> dict[str, str]:
    for text in value.values():
        _text(text)
    texts: dict[str, str] = value
    return texts


def _plain(value: Any) -> Plain:
    return value if value is None or isinstance(value, str) else _texts(value)


def _parsed(text: str) -> Any:
    value = json.loads(text)
    if "\\u" in text:
        _json(value).encode()  # refuses a lone surrogate, which no text of ours holds
    return value
