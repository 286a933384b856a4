"""One tenant's inventory, read: every use case that changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from itertools import islice
from typing import TYPE_CHECKING

import attrs

from model_registry import evidence
from model_registry.domain.chain import Head
from model_registry.domain.changes import ChangeEvent
from model_registry.domain.entry import ModelEntry, canonical_id
from model_registry.domain.inventory import EVERYTHING, Documents, Filter, Page, Window
from model_registry.domain.lifecycle import UNREGISTERED_TIER, RiskTier
from model_registry.domain.rules import Instant, Refused
from model_registry.errors import DamagedData, ModelNotFound, ValidationError
from model_registry.evidence import HistoryPage, PastInventory
from model_registry.export import FORMS, ExportFormat, assembled, export
from model_registry.ports import Store
from model_registry.workings import Workings

if TYPE_CHECKING:
    from model_registry.domain.checkpoint import Checkpoint
    from model_registry.domain.due import Due
    from model_registry.domain.risk_profile import RiskProfile
    from model_registry.domain.verification import Verification


@attrs.frozen
class TenantReads:
    """
    One tenant's inventory, to be looked at.

    Attributes:
        workings: the store and the rules, which all tenants share.
        tenant_id: whose inventory.
        actor: who the history says did it.
    """

    workings: Workings
    tenant_id: str
    actor: str

    def get(self, entry_id: str) -> ModelEntry:
        """
        Return an entry by its UUID (contract, GET /models/{id}).

        Raises:
            ModelNotFound: this tenant has no such entry, or it is no UUID.
        """
        canonical = canonical_id(entry_id)
        entry = self._store.get(self.tenant_id, canonical) if canonical else None
        if entry is None:
            raise ModelNotFound(entry_id)
        return entry

    def document(self, entry_id: str) -> str:
        """
        Return what ``get`` does as the JSON text that the API answers with.

        Raises:
            ModelNotFound: this tenant has no such entry, or it is no UUID.
        """
        canonical = canonical_id(entry_id)
        text = self._store.document(self.tenant_id, canonical) if canonical else None
        if text is None:
            raise ModelNotFound(entry_id)
        return text

    def find(self, model_id: str) -> ModelEntry | None:
        """Return the entry of a model by the provider's id, spelled exactly, or None."""
        return self._store.find(self.tenant_id, [model_id]).get(model_id)

    def risk_tier(self, model_id: str) -> RiskTier:
        """
        Return a model's risk tier for a policy; ``tier_4`` if it is not registered.

        Contract, DELETE: policies evaluate an unregistered model as tier_4. Exact,
        and a read of the store each time; ``Registry.risk_tiers`` is the fast way.
        """
        entry = self.find(model_id)
        return UNREGISTERED_TIER if entry is None else entry.risk_tier

    def list(self, where: Filter = EVERYTHING, *, limit: int = 50, offset: int = 0) -> Page:
        """
        Return a page of the inventory, newest first (contract, GET /models).

        Args:
            where: which entries.
            limit: most entries to return, 1 to 200.
            offset: entries to pass over, 0 or more.

        Raises:
            ValidationError: ``limit`` or ``offset`` is out of range.
        """
        window = Window(limit=limit, offset=offset)
        return self._store.page(self.tenant_id, where, window.limit, window.offset)

    def documents(
        self, where: Filter = EVERYTHING, *, limit: int = 50, offset: int = 0
    ) -> Documents:
        """
        Return what ``list`` does, each entry as the JSON text that the API answers with.

        Raises:
            ValidationError: ``limit`` or ``offset`` is out of range.
        """
        window = Window(limit=limit, offset=offset)
        return self._store.documents(self.tenant_id, where, window.limit, window.offset)

    def risk_profile(self, entry_id: str, *, as_of: datetime | None = None) -> RiskProfile:
        """
        Return an entry's risk profile, which may be empty.

        Args:
            entry_id: the entry's UUID.
            as_of: the instant whose profile is meant; None for that of now.

        Raises:
            ModelNotFound: this tenant has, or had, no such entry.
            ValidationError: the time has no zone.
        """
        from model_registry import profiling  # noqa: PLC0415  # loaded by those who use it

        at = None if as_of is None else _instant(as_of)
        return profiling.profile(self.workings, self.tenant_id, entry_id, at)

    def entries(self, where: Filter = EVERYTHING) -> Iterator[ModelEntry]:
        """Stream every match, newest first, all from one consistent state."""
        with self._store.scan(self.tenant_id, where) as entries:
            yield from entries

    def due(self, on: date | None = None, *, within: int = 0) -> tuple[Due, ...]:
        """
        Tell what is overdue or due: validations, open findings, and models without a date.

        Earliest first, then what has no date. Nothing is due of a deprecated model;
        see ``due_of``.

        Args:
            on: the day from which it is looked at; today in UTC if it is not given.
            within: how many days beyond it are looked at too, 0 or more.

        Raises:
            ValidationError: not a day, or fewer days than none.
        """
        from model_registry import profiling  # noqa: PLC0415  # loaded by those who use it
        from model_registry.domain.due import Days  # noqa: PLC0415  # likewise

        today = self.workings.clock().astimezone(UTC).date()
        days = Days(on=today if on is None else on, within=within)
        return profiling.due(self.workings, self.tenant_id, days.last)

    def risk_profiles(self) -> Callable[[ModelEntry], RiskProfile]:
        """Read all risk profiles as they stand, and return what gives that of an entry."""
        from model_registry import profiling  # noqa: PLC0415  # loaded by those who use it

        return profiling.profiles(self.workings, self.tenant_id)

    def export(
        self,
        form: ExportFormat = ExportFormat.CSV,
        where: Filter = EVERYTHING,
        *,
        guard: bool = True,
        risk_profile: bool = False,
    ) -> Iterator[bytes]:
        """
        Stream the inventory as a file (contract, GET /model-inventory-export).

        Args:
            form: CSV or JSON.
            where: which entries.
            guard: whether the CSV is made safe for spreadsheets, see ``csv_line``.
            risk_profile: whether each entry comes with its risk profile, read right
                before the entries.

        Yields:
            Chunks of the file, all from one consistent state.
        """
        if risk_profile:
            profile = self.risk_profiles()
            yield from export(self.entries(where), form, guard=guard, profile=profile)
            return
        if form is ExportFormat.CSV and not guard:
            yield from export(self.entries(where), form, guard=False)
            return
        with self._store.lines(self.tenant_id, where, FORMS[form]) as blocks:
            yield from assembled(blocks, form)

    def history(
        self, entry_id: str | None = None, *, limit: int = 50, offset: int = 0
    ) -> HistoryPage:
        """
        Return a page of the history, in sequence order.

        Args:
            entry_id: of one entry, which may be deleted by now; None for all.
            limit: most events to return, 1 to 200.
            offset: events to pass over, 0 or more.

        Raises:
            ModelNotFound: this tenant never had such an entry.
            ValidationError: ``limit`` or ``offset`` is out of range.
        """
        window = Window(limit=limit, offset=offset)
        return evidence.history(self._store, self.tenant_id, entry_id, window)

    def events_after(self, sequence: int, limit: int = 500) -> tuple[ChangeEvent, ...]:
        """
        Return the events that follow one, in order: what a host has not seen yet.

        The history is the outbox: an event is written with what it tells of, in one
        transaction, and its sequence is a position that never skips one.

        Args:
            sequence: of the last event that was taken, 0 before the first.
            limit: most events to return.

        Raises:
            DamagedData: the history ends before that event: another one was restored.
        """
        with self._store.history(self.tenant_id, after=sequence) as events:
            following = tuple(islice(events, limit))
        if not following and (last := self.head().sequence) < sequence:
            raise DamagedData(
                f"The history of {self.tenant_id!r} ends with event {last}, before event "
                f"{sequence} that was taken: it was cut off, or an older one was restored"
            )
        return following

    def as_of(self, at: datetime) -> PastInventory:
        """
        Return the inventory as it stood at an instant, with its values of then.

        Deleted entries are back, later ones are gone.

        Raises:
            ValidationError: the time has no zone.
        """
        return evidence.as_of(self._store, self.tenant_id, _instant(at), self.workings.cadence)

    def verify(self, checkpoint: Checkpoint | None = None) -> Verification:
        """
        Recompute the whole chain and hold the inventory against it.

        Args:
            checkpoint: one that was kept elsewhere; without it nobody can know
                whether the history's tail was cut off.
        """
        return evidence.verify(self._store.original, self.tenant_id, checkpoint)

    def checkpoint(self) -> Checkpoint:
        """State how far the history reaches, to be signed and kept elsewhere."""
        return evidence.checkpoint(self._store.original, self.tenant_id)

    def head(self) -> Head:
        """Return where the tenant's history stands: moves with every change."""
        return self._store.head(self.tenant_id)

    @property
    def _store(self) -> Store:
        return self.workings.store


def _instant(at: datetime) -> datetime:
    try:
        instant: datetime = Instant().parse("as_of", at)
    except Refused as refused:
        raise ValidationError(refused.faults) from None
    return instant
