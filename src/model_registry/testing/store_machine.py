"""A state machine that compares any store with a plain model, commit by commit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import chain
from typing import ClassVar

import attrs
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from model_registry.domain import changes
from model_registry.domain.chain import Head, first_broken_link
from model_registry.domain.changes import ChangeEvent, Insert, Remove, Replace, Seen
from model_registry.domain.entry import Amendment, ModelEntry, Registration
from model_registry.domain.inventory import EVERYTHING, Documents, Filter, in_order
from model_registry.domain.lifecycle import DEFAULT_LIFECYCLE
from model_registry.domain.replay import rebuild
from model_registry.errors import (
    ConcurrentUpdate,
    InvalidStatusTransition,
    ModelAlreadyExists,
    ModelNotFound,
    RegistryError,
)
from model_registry.ports import Store
from model_registry.testing.fakes import CountedIds, TickingClock
from model_registry.testing.strategies import amendments, filters, instants, names, registrations
from model_registry.written import Form, entry_document, written

TENANTS = ("org_abc", "org_xyz")


@attrs.define
class _Kept:
    """What a tenant's store should hold, as plainly as it can be said."""

    entries: dict[str, ModelEntry] = attrs.field(factory=dict)
    events: list[ChangeEvent] = attrs.field(factory=list)
    revision: int = 0

    def by_model_id(self, model_id: str) -> ModelEntry | None:
        found = [entry for entry in self.entries.values() if entry.model_id == model_id]
        return found[0] if found else None

    def refusal(self, before: ModelEntry) -> type[RegistryError] | None:
        """Say how a decision upon ``before`` should be refused, if it should."""
        stored = self.entries.get(before.id)
        if stored is None:
            return ModelNotFound
        same = attrs.evolve(stored, last_seen_at=None) == attrs.evolve(before, last_seen_at=None)
        return None if same else ConcurrentUpdate


class StoreMachine(RuleBasedStateMachine):
    """See ``store_state_machine``."""

    open_store: ClassVar[Callable[[], Store]]
    reopen: ClassVar[Callable[[Store], Store]]

    entries = Bundle("entries")
    tenants = st.sampled_from(TENANTS)
    few_ids = st.sampled_from(["gpt-4o", "GPT-4o", "claude-2"]) | names()

    def __init__(self) -> None:
        super().__init__()
        self.store = type(self).open_store()
        self.clock = TickingClock()
        self.new_id = CountedIds()
        self.kept = {tenant: _Kept() for tenant in TENANTS}

    def teardown(self) -> None:
        """Close the store."""
        self.store.close()

    @rule(target=entries, tenant=tenants, registration=registrations(few_ids))
    def register(self, tenant: str, registration: Registration) -> ModelEntry:
        """Insert an entry, or be refused because its model_id is taken."""
        insert = changes.register(
            registration,
            tenant_id=tenant,
            entry_id=self.new_id(),
            actor="alice",
            at=self.clock(),
        )
        kept = self.kept[tenant]
        taken = kept.by_model_id(registration.model_id)
        self._commit(tenant, insert, None if taken is None else ModelAlreadyExists)
        if taken is not None:
            return taken
        kept.entries[insert.entry.id] = insert.entry
        return insert.entry

    @rule(target=entries, tenant=tenants, before=entries, amendment=amendments())
    def amend(self, tenant: str, before: ModelEntry, amendment: Amendment) -> ModelEntry:
        """Replace an entry, which may be outdated, gone, or another tenant's."""
        try:
            replace = changes.amend(
                before, amendment, lifecycle=DEFAULT_LIFECYCLE, actor="bob", at=self.clock()
            )
        except InvalidStatusTransition:
            return before
        kept = self.kept[tenant]
        refusal = kept.refusal(before)
        self._commit(tenant, replace, refusal)
        if refusal is not None:
            return before
        seen = changes.later(kept.entries[before.id].last_seen_at, replace.after.last_seen_at)
        kept.entries[before.id] = attrs.evolve(replace.after, last_seen_at=seen)
        return kept.entries[before.id]

    @rule(target=entries, tenant=tenants, before=consumes(entries))
    def remove(self, tenant: str, before: ModelEntry) -> object:
        """Remove an entry, which may be outdated, gone, or another tenant's."""
        kept = self.kept[tenant]
        refusal = kept.refusal(before)
        self._commit(tenant, changes.remove(before, actor="carol", at=self.clock()), refusal)
        if refusal is not None:
            return before
        del kept.entries[before.id]
        return multiple()

    @rule(tenant=tenants, model_id=few_ids, at=instants())
    def observe(self, tenant: str, model_id: str, at: datetime) -> None:
        """Tell the store that a model was seen."""
        kept = self.kept[tenant]
        entry = kept.by_model_id(model_id)
        assert self.store.commit(tenant, [Seen(model_id, at)]) == ()
        if entry is not None and (entry.last_seen_at is None or entry.last_seen_at < at):
            kept.entries[entry.id] = attrs.evolve(entry, last_seen_at=at)
            kept.revision += 1

    @rule(tenant=tenants, where=filters(), limit=st.integers(1, 5), offset=st.integers(0, 5))
    def page(self, tenant: str, where: Filter, limit: int, offset: int) -> None:
        """Compare a page and a scan with what Python says."""
        expected = in_order(filter(where.matches, self.kept[tenant].entries.values()))
        page = self.store.page(tenant, where, limit, offset)
        assert page.total == len(expected)
        assert list(page.entries) == expected[offset : offset + limit]
        with self.store.scan(tenant, where) as entries:
            assert list(entries) == expected
        documents = self.store.documents(tenant, where, limit, offset)
        part = map(entry_document, expected[offset : offset + limit])
        assert documents == Documents(len(expected), tuple(part))
        for form in Form:
            with self.store.lines(tenant, where, form) as blocks:
                assert list(chain(*blocks)) == [written(entry, form) for entry in expected]

    @rule(tenant=tenants, limit=st.integers(1, 5), offset=st.integers(0, 8))
    def history_page(self, tenant: str, limit: int, offset: int) -> None:
        """Compare a part of the history with that of the model."""
        events, end = self.kept[tenant].events, offset + limit
        assert self.store.events(tenant, None, limit, offset) == tuple(events[offset:end])
        for entry_id in {event.entry_id for event in events[-3:]}:
            own = [event for event in events if event.entry_id == entry_id]
            assert self.store.events(tenant, entry_id, limit, offset) == tuple(own[offset:end])

    @rule()
    def start_again(self) -> None:
        """Open the store anew, if it is one that outlives its process."""
        self.store = type(self).reopen(self.store)

    @invariant()
    def everything_is_kept(self) -> None:
        """Compare all that the store says with the model."""
        for tenant, kept in self.kept.items():
            with self.store.scan(tenant, EVERYTHING) as entries:
                assert list(entries) == in_order(kept.entries.values())
            for entry in kept.entries.values():
                assert self.store.get(tenant, entry.id) == entry
                assert self.store.document(tenant, entry.id) == entry_document(entry)
                assert self.store.find(tenant, [entry.model_id]) == {entry.model_id: entry}
            with self.store.history(tenant) as events:
                history = list(events)
            assert history == kept.events
            assert first_broken_link(history) is None
            rebuilt = rebuild(history)
            assert rebuilt.keys() == kept.entries.keys()
            for entry in kept.entries.values():
                seen = rebuilt[entry.id].last_seen_at
                assert rebuilt[entry.id] == attrs.evolve(entry, last_seen_at=seen)
            last = history[-1].hash if history else Head().hash
            assert self.store.head(tenant) == Head(kept.revision, len(history), last)

    def _commit(
        self, tenant: str, change: Insert | Replace | Remove, refusal: type[RegistryError] | None
    ) -> None:
        if refusal is not None:
            with pytest.raises(refusal):
                self.store.commit(tenant, [change])
            return
        events = self.store.commit(tenant, [change])
        kept = self.kept[tenant]
        kept.events.extend(events)
        kept.revision += 1
        (event,) = events
        assert (event.tenant_id, event.sequence) == (tenant, len(kept.events))
        assert event.changes == change.event.changes


def store_state_machine(
    open_store: Callable[[], Store], reopen: Callable[[Store], Store] | None = None
) -> type[StoreMachine]:
    """
    Return a Hypothesis state machine that compares a store with a plain model.

    Its ``TestCase`` is what a test runner collects.

    Args:
        open_store: opens a store with nothing in it, a new one at each call.
        reopen: closes a store and opens it anew upon what it kept; None for a
            store that keeps nothing.

    Example:
        >>> TestMyStore = store_state_machine(MyStore).TestCase
    """
    return type(
        "StoreMachine",
        (StoreMachine,),
        {
            "open_store": staticmethod(open_store),
            "reopen": staticmethod(reopen or (lambda store: store)),
        },
    )
