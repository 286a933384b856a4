"""Entries and events as rows, and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Row

from model_registry.domain.chain import Head
from model_registry.domain.changes import Action, ChangeEvent, FieldChange, Plain
from model_registry.domain.entry import ModelEntry
from model_registry.domain.instants import as_utc
from model_registry.domain.inventory import fold, search_text
from model_registry.domain.lifecycle import RiskTier, ValidationStatus
from model_registry.domain.rules import Tags
from model_registry.errors import DamagedData

_TIERS: Final = {tier.value: tier for tier in RiskTier}
_STATUSES: Final = {status.value: status for status in ValidationStatus}
_ACTIONS: Final = {action.value: action for action in Action}
_MALFORMED: Final = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


def entry_values(entry: ModelEntry) -> dict[str, Any]:
    """Return an entry's row, with the folded texts that filters look into."""
    return {
        "tenant_id": entry.tenant_id,
        "id": entry.id,
        "model_id": entry.model_id,
        "provider": entry.provider,
        "display_name": entry.display_name,
        "risk_tier": entry.risk_tier.value,
        "validation_status": entry.validation_status.value,
        "owner": entry.owner,
        "description": entry.description,
        "tags": _json(entry.tags),
        "last_seen_at": entry.last_seen_at,
        "created_at": entry.created_at,
        "updated_at": entry.updated_at,
        "folded_provider": fold(entry.provider),
        "search_text": search_text(entry),
    }


def entry_of(row: Row[Any]) -> ModelEntry:
    """
    Return the entry of a row.

    Raises:
        DamagedData: somebody else wrote it, and it is not one.
    """
    try:
        return ModelEntry(
            id=_text(row.id),
            tenant_id=_text(row.tenant_id),
            model_id=_text(row.model_id),
            provider=_text(row.provider),
            display_name=_text(row.display_name),
            risk_tier=_TIERS[row.risk_tier],
            validation_status=_STATUSES[row.validation_status],
            owner=None if row.owner is None else _text(row.owner),
            description=None if row.description is None else _text(row.description),
            tags=Tags(_texts(_parsed(row.tags))),
            last_seen_at=None if row.last_seen_at is None else _instant(row.last_seen_at),
            created_at=_instant(row.created_at),
            updated_at=_instant(row.updated_at),
        )
    except _MALFORMED as error:
        raise DamagedData(f"The stored entry {row.id!r} is damaged: {error}") from error


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


def event_of(row: Row[Any]) -> ChangeEvent:
    """
    Return the event of a row.

    Raises:
        DamagedData: somebody else wrote it, and it is not one.
    """
    try:
        return ChangeEvent(
            at=_instant(row.at),
            actor=_text(row.actor),
            action=_ACTIONS[row.action],
            entry_id=_text(row.entry_id),
            model_id=_text(row.model_id),
            changes={
                name: FieldChange(_plain(change["from"]), _plain(change["to"]))
                for name, change in _parsed(row.changes).items()
            },
            tenant_id=_text(row.tenant_id),
            sequence=_whole(row.sequence),
            previous_hash=_text(row.previous_hash),
            hash=_text(row.hash),
        )
    except _MALFORMED as error:
        raise DamagedData(f"The stored event {row.sequence} is damaged: {error}") from error


def head_of(row: Row[*tuple[Any, ...]]) -> Head:
    """
    Return where a history stands, from the row of its tenant.

    Raises:
        DamagedData: somebody else wrote it, and it is no such place.
    """
    try:
        return Head(_whole(row.revision), _whole(row.sequence), _text(row.hash))
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


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
