"""Entries and events as rows, and back."""

from __future__ import annotations

import json
from typing import Any, Final

from sqlalchemy import Row

from model_registry.domain.changes import Action, ChangeEvent, FieldChange
from model_registry.domain.entry import ModelEntry
from model_registry.domain.inventory import fold, search_text
from model_registry.domain.lifecycle import RiskTier, ValidationStatus
from model_registry.domain.rules import Tags
from model_registry.errors import StoreError

_TIERS: Final = {tier.value: tier for tier in RiskTier}
_STATUSES: Final = {status.value: status for status in ValidationStatus}
_ACTIONS: Final = {action.value: action for action in Action}
_MALFORMED: Final = (ValueError, KeyError, TypeError, AttributeError)


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
        StoreError: somebody else wrote it, and it is not one.
    """
    try:
        return ModelEntry(
            id=row.id,
            tenant_id=row.tenant_id,
            model_id=row.model_id,
            provider=row.provider,
            display_name=row.display_name,
            risk_tier=_TIERS[row.risk_tier],
            validation_status=_STATUSES[row.validation_status],
            owner=row.owner,
            description=row.description,
            tags=Tags(json.loads(row.tags)),
            last_seen_at=row.last_seen_at,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
    except _MALFORMED as error:
        raise StoreError(f"The stored entry {row.id!r} is damaged: {error}") from error


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
        StoreError: somebody else wrote it, and it is not one.
    """
    try:
        return ChangeEvent(
            at=row.at,
            actor=row.actor,
            action=_ACTIONS[row.action],
            entry_id=row.entry_id,
            model_id=row.model_id,
            changes={
                name: FieldChange(change["from"], change["to"])
                for name, change in json.loads(row.changes).items()
            },
            tenant_id=row.tenant_id,
            sequence=row.sequence,
            previous_hash=row.previous_hash,
            hash=row.hash,
        )
    except _MALFORMED as error:
        raise StoreError(f"The stored event {row.sequence} is damaged: {error}") from error


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
