"""What a history alone tells: the inventory as it stood after any of its events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import attrs

from model_registry.domain.changes import (
    RISK_PROFILE,
    Action,
    ChangeEvent,
    PendingEvent,
    Plain,
)
from model_registry.domain.entry import ENTRY_FIELDS, ModelEntry
from model_registry.domain.instants import read_instant
from model_registry.domain.lifecycle import RiskTier, ValidationStatus
from model_registry.domain.rules import Tags

Told = dict[str, Plain]
"""What a history tells of one risk profile: its fields as they are stored, by name."""


def take_profile(profiles: dict[str, Told], event: PendingEvent) -> None:
    """Take what the next event tells of risk profiles, which are held by their entries' ids."""
    for name, change in event.changes.items():
        if name.startswith(RISK_PROFILE):
            told = profiles.setdefault(event.entry_id, {})
            field = name.removeprefix(RISK_PROFILE)
            if change.after is None:
                told.pop(field, None)
            else:
                told[field] = change.after


class Replay:
    """
    A history being folded into the inventory that it tells of.

    Memory grows with the inventory, not with the history. ``last_seen_at`` is what
    it was at discovery, since later observations make no events.

    Attributes:
        entries: the entries as they stand after the events so far, by id.
        profiles: what was told of their risk profiles, by the entries' ids.
    """

    def __init__(self) -> None:
        self.entries: dict[str, ModelEntry] = {}
        self.profiles: dict[str, Told] = {}

    def apply(self, event: ChangeEvent) -> None:
        """
        Take the next event.

        Raises:
            ValueError: the event does not follow from those before it.
        """
        try:
            self._fold(event)
        except TypeError as error:
            raise ValueError(f"its changes are not those of an entry: {error}") from error

    def _fold(self, event: ChangeEvent) -> None:
        known = self.entries.get(event.entry_id)
        founding = event.action in {Action.REGISTERED, Action.DISCOVERED}
        if founding is (known is not None):
            raise ValueError("an entry must be registered once before it changes")
        if known is None:
            self.entries[event.entry_id] = _founded(event)
        elif event.action is Action.DELETED:
            del self.entries[event.entry_id]
            self.profiles.pop(event.entry_id, None)
        elif event.changes:
            self.entries[event.entry_id] = _amended(known, event)
            take_profile(self.profiles, event)


def rebuild(events: Iterable[ChangeEvent]) -> dict[str, ModelEntry]:
    """
    Fold a history, from its first event on, into the inventory that it tells of.

    Returns:
        The entries by id; see ``Replay``.

    Raises:
        ValueError: the history contradicts itself.
    """
    replay = Replay()
    for event in events:
        replay.apply(event)
    return replay.entries


def whole_entry(event: ChangeEvent) -> ModelEntry | None:
    """
    Return the entry that a registration begins or a deletion ends; an update tells a part.

    Raises:
        ValueError: the event lacks a field.
    """
    if event.action is Action.UPDATED:
        return None
    return _ended(event) if event.action is Action.DELETED else _founded(event)


def _founded(event: ChangeEvent) -> ModelEntry:
    return _entry({name: change.after for name, change in event.changes.items()})


def _ended(event: ChangeEvent) -> ModelEntry:
    return _entry({name: change.before for name, change in event.changes.items()})


def _entry(told: Mapping[str, Any]) -> ModelEntry:
    try:
        values = {name: typed(name, told[name]) for name in ENTRY_FIELDS}
    except KeyError as error:
        raise ValueError(f"a registration or deletion lacks the field {error.args[0]}") from error
    return ModelEntry(**values)


def _amended(entry: ModelEntry, event: ChangeEvent) -> ModelEntry:
    values = {
        name: typed(name, change.after)
        for name, change in event.changes.items()
        if not name.startswith(RISK_PROFILE)
    }
    return attrs.evolve(entry, **values, updated_at=event.at)


def typed(field: str, value: Any) -> Any:
    """Return an entry's field in the domain's type, from its plain JSON value."""
    if value is None:
        return None
    reader = _READERS.get(field)
    return value if reader is None else reader(value)


_READERS: Final[Mapping[str, Any]] = {
    "risk_tier": RiskTier,
    "validation_status": ValidationStatus,
    "tags": Tags,
    "last_seen_at": read_instant,
    "created_at": read_instant,
    "updated_at": read_instant,
}
