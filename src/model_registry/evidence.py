"""What a tenant's history tells and proves: its pages, the inventory of then, verification."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import takewhile
from typing import TYPE_CHECKING

import attrs

from model_registry.domain.cadence import Cadence
from model_registry.domain.chain import Head
from model_registry.domain.changes import ChangeEvent
from model_registry.domain.entry import ModelEntry, canonical_id
from model_registry.domain.inventory import EVERYTHING, Filter, Page, Window, in_order
from model_registry.domain.replay import Replay, Told
from model_registry.errors import DamagedData, ModelNotFound
from model_registry.export import ExportFormat, export
from model_registry.ports import Store

if TYPE_CHECKING:
    from model_registry.domain.checkpoint import Checkpoint
    from model_registry.domain.risk_profile import RiskProfile
    from model_registry.domain.verification import Verification, Verifier


@attrs.frozen
class HistoryPage:
    """
    Part of a history, in sequence order.

    Attributes:
        total: how many events there are in all.
        events: those that were asked for.
    """

    total: int
    events: tuple[ChangeEvent, ...]


@attrs.frozen
class PastInventory:
    """
    A tenant's inventory as it stood at an instant, with its values of then.

    Rebuilt from the history once, when it is made; memory grows with the
    inventory. ``last_seen_at`` is what it was when discovery registered the entry,
    because later observations make no events.

    Attributes:
        at: the instant; changes at this very instant are in it.
    """

    at: datetime
    _then: Replay = attrs.field(repr=False)
    _cadence: Cadence = attrs.field(repr=False)

    def get(self, entry_id: str) -> ModelEntry:
        """
        Return an entry by its UUID.

        Raises:
            ModelNotFound: there was no such entry then.
        """
        entry = self._then.entries.get(canonical_id(entry_id) or "")
        if entry is None:
            raise ModelNotFound(entry_id)
        return entry

    def list(self, where: Filter = EVERYTHING, *, limit: int = 50, offset: int = 0) -> Page:
        """
        Return a page, in the order in which it was listed then.

        Raises:
            ValidationError: ``limit`` or ``offset`` is out of range.
        """
        window = Window(limit=limit, offset=offset)
        matches = self._matches(where)
        end = window.offset + window.limit
        return Page(len(matches), tuple(matches[window.offset : end]))

    def entries(self, where: Filter = EVERYTHING) -> Iterator[ModelEntry]:
        """Stream every match, in the order in which it was listed then."""
        return iter(self._matches(where))

    def risk_profile(self, entry_id: str) -> RiskProfile:
        """
        Return an entry's risk profile; what is due follows from the cadence of now.

        Raises:
            ModelNotFound: there was no such entry then.
        """
        return self._profile(self.get(entry_id))

    def risk_profiles(self) -> Callable[[ModelEntry], RiskProfile]:
        """Return what gives the risk profile of an entry, as of then."""
        return self._profile

    def export(
        self,
        form: ExportFormat = ExportFormat.CSV,
        where: Filter = EVERYTHING,
        *,
        guard: bool = True,
        risk_profile: bool = False,
    ) -> Iterator[bytes]:
        """Stream the inventory of then as a file; see ``TenantRegistry.export``."""
        profile = self._profile if risk_profile else None
        return export(self._matches(where), form, guard=guard, profile=profile)

    def _profile(self, entry: ModelEntry) -> RiskProfile:
        return told_profile(entry, self._then.profiles.get(entry.id, {}), self._cadence)

    def _matches(self, where: Filter) -> Sequence[ModelEntry]:
        return in_order(filter(where.matches, self._then.entries.values()))


def history(store: Store, tenant_id: str, entry_id: str | None, window: Window) -> HistoryPage:
    """
    Return a part of a tenant's history, or of one entry's.

    Raises:
        ModelNotFound: this tenant never had such an entry.
    """
    canonical = None if entry_id is None else canonical_id(entry_id)
    total = 0
    if entry_id is None or canonical is not None:
        total = store.count_events(tenant_id, canonical)
    if entry_id is not None and not total:
        raise ModelNotFound(entry_id)
    return HistoryPage(total, store.events(tenant_id, canonical, window.limit, window.offset))


def as_of(store: Store, tenant_id: str, at: datetime, cadence: Cadence) -> PastInventory:
    """
    Rebuild a tenant's inventory as it stood at an instant.

    Raises:
        DamagedData: the history contradicts itself.
    """
    return PastInventory(at, replayed(store, tenant_id, at), cadence)


def replayed(store: Store, tenant_id: str, at: datetime, entry_id: str | None = None) -> Replay:
    """
    Fold what a tenant's history, or one entry's, tells up to an instant.

    Raises:
        DamagedData: the history contradicts itself.
    """
    replay = Replay()
    with store.history(tenant_id, entry_id, until=at) as events:
        for event in events:
            try:
                replay.apply(event)
            except ValueError as error:
                message = f"event {event.sequence} does not follow from those before it: {error}"
                raise DamagedData(message) from error
    return replay


def told_profile(entry: ModelEntry, told: Told, cadence: Cadence) -> RiskProfile:
    """
    Return the risk profile that a history tells of an entry.

    Raises:
        DamagedData: it tells none.
    """
    from model_registry.domain.profile_changes import profile_of  # noqa: PLC0415  # only needed here

    try:
        return profile_of(entry, told, cadence)
    except ValueError as error:
        raise DamagedData(f"Entry {entry.id}: {error}") from error


def verify(store: Store, tenant_id: str, checkpoint: Checkpoint | None) -> Verification:
    """
    Recompute a tenant's whole chain and hold its inventory against it.

    Commits may go on meanwhile: what they touch is left out of this verdict.
    """
    from model_registry.domain.verification import Verifier  # noqa: PLC0415  # only needed here

    verifier = Verifier(tenant_id, checkpoint)
    head = _head(store, tenant_id, verifier)
    _take_events(store, tenant_id, head, verifier)
    verifier.head(head)
    try:
        with store.scan(tenant_id, EVERYTHING) as entries:
            for entry in entries:
                verifier.entry(entry)
    except DamagedData as error:
        verifier.report(f"the inventory cannot be read: {error}")
    for fault in store.stored_faults(tenant_id):
        verifier.report(fault)
    return verifier.verdict(_moved_since(store, tenant_id, head))


def _head(store: Store, tenant_id: str, verifier: Verifier) -> Head:
    """Return where a history says that it ends; if nobody can read that, where its events do."""
    try:
        return store.head(tenant_id)
    except DamagedData as error:
        verifier.report(str(error))
        return Head(sequence=store.count_events(tenant_id))


def _moved_since(store: Store, tenant_id: str, head: Head) -> set[str]:
    try:
        if store.head(tenant_id) == head:
            return set()
        with store.history(tenant_id, after=head.sequence) as events:
            return {event.entry_id for event in events}
    except DamagedData:
        return set()  # nothing is excused by what cannot be read


def _take_events(store: Store, tenant_id: str, head: Head, verifier: Verifier) -> None:
    """Take every event up to a head, going on after each that cannot be read."""
    while True:
        try:
            with store.history(tenant_id, after=verifier.sequence) as events:
                for event in takewhile(lambda event: event.sequence <= head.sequence, events):
                    verifier.event(event)
        except DamagedData as error:
            if verifier.sequence >= head.sequence:
                verifier.report(f"the history cannot be read: {error}")
                return
            verifier.unreadable(str(error))
        else:
            return


def checkpoint(store: Store, tenant_id: str) -> Checkpoint:
    """State how far a tenant's history reaches."""
    from model_registry.domain.checkpoint import Checkpoint  # noqa: PLC0415  # only needed here
    from model_registry.domain.merkle import MerkleTree  # noqa: PLC0415  # likewise
    from model_registry.domain.verification import leaf  # noqa: PLC0415  # likewise

    tree = MerkleTree()
    with store.history(tenant_id) as events:
        for event in events:
            tree.add(leaf(event.hash))
    return Checkpoint(tenant_id, tree.size, tree.root())
