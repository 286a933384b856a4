"""What may happen to an entry: pure decisions, each giving a change together with its event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

import attrs

from model_registry.domain.entry import (
    ENTRY_FIELDS,
    READ_ONLY,
    Amendment,
    ModelEntry,
    Registration,
)
from model_registry.domain.instants import write_instant
from model_registry.domain.lifecycle import Lifecycle, RiskTier, ValidationStatus
from model_registry.domain.rules import Tags
from model_registry.errors import ConcurrentUpdate, Fault, ModelNotFound, ValidationError


class Action(StrEnum):
    """What happened to an entry."""

    REGISTERED = "registered"
    UPDATED = "updated"
    DELETED = "deleted"
    DISCOVERED = "discovered"


Plain = str | dict[str, str] | None
"""An entry's field as a plain JSON value: text, a tag map, or null."""


@attrs.frozen
class FieldChange:
    """What a field held before and after, as plain JSON values."""

    before: Plain
    after: Plain


@attrs.frozen(kw_only=True)
class PendingEvent:
    """
    A change event before a store has given it its place in the tenant's chain.

    Attributes:
        at: when it was decided, UTC.
        actor: who did it.
        action: what was done.
        entry_id: to which entry.
        model_id: the entry's model_id, which outlives the entry here.
        changes: the fields that changed, in the contract's order. A registration
            lists every field, a deletion too; an update may list none, and never
            lists ``updated_at``, which is ``at`` whenever something changed.
    """

    at: datetime
    actor: str
    action: Action
    entry_id: str
    model_id: str
    changes: Mapping[str, FieldChange]


@attrs.frozen(kw_only=True)
class ChangeEvent(PendingEvent):
    """
    One link of a tenant's history.

    Attributes:
        tenant_id: whose history it is.
        sequence: 1, 2, 3 … without gaps, by tenant.
        previous_hash: the hash of the event before, 64 zeros for the first.
        hash: SHA-256 of this event's canonical bytes, lower-case hexadecimal.
    """

    tenant_id: str
    sequence: int
    previous_hash: str
    hash: str


@attrs.frozen
class Insert:
    """A new entry."""

    entry: ModelEntry
    event: PendingEvent


@attrs.frozen
class Replace:
    """An entry in place of the one that was read."""

    before: ModelEntry
    after: ModelEntry
    event: PendingEvent


@attrs.frozen
class Remove:
    """The end of an entry; its history stays."""

    before: ModelEntry
    event: PendingEvent


@attrs.frozen
class Seen:
    """An observation that a model was in use: moves ``last_seen_at`` forward, or does nothing."""

    model_id: str
    at: datetime


Change = Insert | Replace | Remove | Seen
"""What a store commits."""


def plain(value: object) -> Plain:
    """Return an entry's field as a plain JSON value."""
    if isinstance(value, datetime):
        return write_instant(value)
    if isinstance(value, Tags):
        return dict(value)
    return None if value is None else str(value)


def register(
    registration: Registration,
    *,
    tenant_id: str,
    entry_id: str,
    actor: str,
    at: datetime,
) -> Insert:
    """Decide the entry that a registration makes."""
    entry = ModelEntry(
        id=entry_id,
        tenant_id=tenant_id,
        last_seen_at=None,
        created_at=at,
        updated_at=at,
        **{a.name: getattr(registration, a.name) for a in attrs.fields(Registration)},
    )
    return Insert(entry, _event(entry, Action.REGISTERED, actor, at, _all_fields(None, entry)))


def adopt(
    *,
    tenant_id: str,
    entry_id: str,
    model_id: str,
    provider: str,
    risk_tier: RiskTier,
    last_seen_at: datetime,
    actor: str,
    at: datetime,
) -> Insert:
    """Decide the draft entry of a model that discovery met (contract, POST /models/discover)."""
    entry = ModelEntry(
        id=entry_id,
        tenant_id=tenant_id,
        model_id=model_id,
        provider=provider,
        display_name=model_id,
        risk_tier=risk_tier,
        validation_status=ValidationStatus.DRAFT,
        owner=None,
        description=None,
        tags=Tags(),
        last_seen_at=last_seen_at,
        created_at=at,
        updated_at=at,
    )
    return Insert(entry, _event(entry, Action.DISCOVERED, actor, at, _all_fields(None, entry)))


def amend(
    before: ModelEntry,
    amendment: Amendment,
    *,
    lifecycle: Lifecycle,
    actor: str,
    at: datetime,
) -> Replace:
    """
    Decide what an amendment makes of an entry.

    An amendment that changes nothing leaves the entry as it is and still gives
    an event, because the contract audits every PUT.

    Raises:
        ValidationError: a read-only field was given another value.
        InvalidStatusTransition: the lifecycle does not permit the move.
    """
    supplied = amendment.supplied()
    faults = [
        Fault(name, "is read-only and has another value", plain(value), _as_allowed(before, name))
        for name, value in supplied.items()
        if name in READ_ONLY and value != getattr(before, name)
    ]
    if faults:
        raise ValidationError(faults)
    values = {name: value for name, value in supplied.items() if name not in READ_ONLY}
    if "display_name" in values and values["display_name"] is None:
        values["display_name"] = before.model_id
    lifecycle.require(
        before.validation_status, values.get("validation_status", before.validation_status)
    )
    at = max(at, before.updated_at)
    changes = {
        name: FieldChange(plain(getattr(before, name)), plain(values[name]))
        for name in ENTRY_FIELDS
        if name in values and values[name] != getattr(before, name)
    }
    after = before
    if changes:
        after = attrs.evolve(before, **values, updated_at=at)
    return Replace(before, after, _event(before, Action.UPDATED, actor, at, changes))


def remove(before: ModelEntry, *, actor: str, at: datetime) -> Remove:
    """Decide the end of an entry."""
    at = max(at, before.updated_at)
    return Remove(before, _event(before, Action.DELETED, actor, at, _all_fields(before, None)))


RISK_PROFILE: Final = "risk_profile."
"""What the names of a risk profile's fields begin with among an event's changes."""


def tells_of_profile(event: PendingEvent) -> bool:
    """Tell whether an event names a field of its entry's risk profile."""
    return any(name.startswith(RISK_PROFILE) for name in event.changes)


OBSERVED: Final = frozenset({"last_seen_at"})
"""The fields that change without an event, and so without a conflict."""


def still_stands(stored: ModelEntry | None, before: ModelEntry) -> ModelEntry:
    """
    Return the stored entry if it is the one that a decision was made upon.

    Every store asks this inside the transaction that writes. Only what was
    observed meanwhile may differ.

    Raises:
        ModelNotFound: it is gone.
        ConcurrentUpdate: it is another by now.
    """
    if stored is None:
        raise ModelNotFound(before.id)
    if stored != before and attrs.evolve(stored, last_seen_at=before.last_seen_at) != before:
        raise ConcurrentUpdate(before.id)
    return stored


def later(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return the later of two observations, either of which may be lacking."""
    if one is None or other is None:
        return one or other
    return max(one, other)


def _as_allowed(before: ModelEntry, name: str) -> tuple[str, ...]:
    value = plain(getattr(before, name))
    return (value,) if isinstance(value, str) else ()


def _all_fields(before: ModelEntry | None, after: ModelEntry | None) -> dict[str, FieldChange]:
    return {
        name: FieldChange(_plain_field(before, name), _plain_field(after, name))
        for name in ENTRY_FIELDS
    }


def _plain_field(entry: ModelEntry | None, name: str) -> Plain:
    return None if entry is None else plain(getattr(entry, name))


def _event(
    entry: ModelEntry,
    action: Action,
    actor: str,
    at: datetime,
    changes: Mapping[str, FieldChange],
) -> PendingEvent:
    return PendingEvent(
        at=at,
        actor=actor,
        action=action,
        entry_id=entry.id,
        model_id=entry.model_id,
        changes=changes,
    )
