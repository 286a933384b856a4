"""
The tenant's history as a hash chain.

Each event's hash covers the hash of the one before, so an event that is
changed, dropped, inserted or moved breaks every link after it. Anybody can
recompute a hash from the event as the API serves it: take its JSON without
``hash``, write it in canonical form (RFC 8785), and apply SHA-256.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, Final

import attrs

from model_registry.domain.changes import ChangeEvent, PendingEvent
from model_registry.domain.instants import write_instant

GENESIS_HASH: Final = "0" * 64
"""What the first event of a tenant links to."""

_BEYOND_SURROGATES: Final = "\ue000"


@attrs.frozen
class Head:
    """
    Where a tenant's history stands.

    Attributes:
        revision: moves with every commit that changed anything, observations
            included; equal revisions mean an equal inventory.
        sequence: of the last event, 0 before the first.
        hash: of the last event, ``GENESIS_HASH`` before the first.
    """

    revision: int = 0
    sequence: int = 0
    hash: str = GENESIS_HASH


def document(
    event: PendingEvent, tenant_id: str, sequence: int, previous_hash: str
) -> dict[str, Any]:
    """Return an event as the API serves it, without its hash."""
    return {
        "tenant_id": tenant_id,
        "sequence": sequence,
        "at": write_instant(event.at),
        "actor": event.actor,
        "action": event.action.value,
        "entry_id": event.entry_id,
        "model_id": event.model_id,
        "changes": {
            name: {"from": change.before, "to": change.after}
            for name, change in event.changes.items()
        },
        "previous_hash": previous_hash,
    }


def canonical(value: Any) -> bytes:
    """
    Return the canonical bytes of a JSON value without floats (RFC 8785).

    Keys are sorted by their UTF-16 code units, as the RFC has it. That is the order
    of code points too, unless a character lies beyond the surrogates.
    """
    text = _by_code_points(value)
    if text.isascii() or max(text) < _BEYOND_SURROGATES:
        return text.encode()
    return _as_given(_sorted(value)).encode()


_as_given: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_by_code_points: Final = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), sort_keys=True
).encode


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value, key=_utf16)}
    if isinstance(value, list | tuple):
        return [_sorted(item) for item in value]
    return value


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be")


def event_hash(event: ChangeEvent) -> str:
    """Recompute the hash that an event should have."""
    link = document(event, event.tenant_id, event.sequence, event.previous_hash)
    return sha256(canonical(link)).hexdigest()


def seal(events: Iterable[PendingEvent], tenant_id: str, head: Head) -> tuple[ChangeEvent, ...]:
    """
    Give events their places after a head.

    A store does this inside the transaction that writes them, with the tenant's
    head locked.
    """
    sealed: list[ChangeEvent] = []
    sequence, previous_hash = head.sequence, head.hash
    for event in events:
        sequence += 1
        link = document(event, tenant_id, sequence, previous_hash)
        hashed = sha256(canonical(link)).hexdigest()
        sealed.append(
            ChangeEvent(
                at=event.at,
                actor=event.actor,
                action=event.action,
                entry_id=event.entry_id,
                model_id=event.model_id,
                changes=event.changes,
                tenant_id=tenant_id,
                sequence=sequence,
                previous_hash=previous_hash,
                hash=hashed,
            )
        )
        previous_hash = hashed
    return tuple(sealed)


def advanced(head: Head, sealed: tuple[ChangeEvent, ...]) -> Head:
    """Return the head after a commit that added these events, none for an observation."""
    if not sealed:
        return attrs.evolve(head, revision=head.revision + 1)
    return Head(head.revision + 1, sealed[-1].sequence, sealed[-1].hash)


def first_broken_link(events: Iterable[ChangeEvent]) -> int | None:
    """
    Walk a whole history and return the first sequence that does not hold.

    None if every event has its place, links to the one before and has the hash
    that its content gives. A cut tail cannot be seen from inside.
    """
    previous_hash = GENESIS_HASH
    for sequence, event in enumerate(events, 1):
        linked = event.sequence == sequence and event.previous_hash == previous_hash
        if not linked or event.hash != event_hash(event):
            return sequence
        previous_hash = event.hash
    return None
