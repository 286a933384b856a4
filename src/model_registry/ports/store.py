"""What keeps inventories and their histories."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from itertools import islice
from types import TracebackType
from typing import Final, Self

from model_registry.domain.chain import Head
from model_registry.domain.changes import Change, ChangeEvent, tells_of_profile
from model_registry.domain.entry import ModelEntry
from model_registry.domain.inventory import Documents, Filter, Page
from model_registry.errors import StoreError
from model_registry.written import Form, entry_document, written

_LINES_AT_ONCE: Final = 500


class Store(ABC):
    """
    Where inventories and their histories are kept.

    A store only persists: what to write was decided before. Every method may be
    called from many threads at once. Tenants never see each other, whatever ids
    are asked for. No error of a driver leaves a store: it is wrapped in
    ``StoreError``, with the driver's own as the cause.

    All texts that reach a store are without U+0000 and lone surrogates; all
    times are aware UTC with microseconds, and come back equal. What is stored but
    cannot have been written by this library (an unknown tier, JSON that is none)
    raises ``DamagedData`` from whatever reads it. No read shows a state older than one
    whose head was told before it began: caches rest on that. The texts of entries may be kept
    beside them; then they are given as they lie, and a verification tells of those
    that are not their entry's.

    Attributes:
        embedded: whether looking up a head, an entry or a page is done in this
            process, without a network, in less time than a hand-over to a thread.
    """

    embedded: bool = False

    @property
    def original(self) -> Store:
        """The store that is written itself, where this one answers from a copy of it too."""
        return self

    @abstractmethod
    def commit(self, tenant_id: str, changes: Sequence[Change]) -> tuple[ChangeEvent, ...]:
        """
        Write changes and their events: all or nothing, durable on return.

        The changes take effect in their order: ``domain.outcome.outcome_of`` says
        what they make of the inventory. ``Insert`` adds an entry;
        ``Replace`` and ``Remove`` first make sure, with ``still_stands``, that
        the stored entry is the one that they were decided upon; ``Replace``
        keeps the later of both ``last_seen_at``. ``Seen`` moves
        ``last_seen_at`` forward, never back, leaves ``updated_at`` alone, makes
        no event, and does nothing for a model that is not registered.

        The events are sealed with ``chain.seal`` after the tenant's head, inside
        the same transaction, in the order of their changes. The head's revision
        moves by one with every commit that changed anything.

        Returns:
            The sealed events, in sequence order; none for observations only.

        Raises:
            ModelAlreadyExists: an inserted model_id is in the inventory.
            ModelNotFound: an entry to replace or to remove is not there.
            ConcurrentUpdate: an entry to replace or to remove is another by now.
            OutcomeUnknown: the store broke off so that it cannot tell whether it
                was written.
            StoreError: it could not be written; nothing was.
        """

    @abstractmethod
    def get(self, tenant_id: str, entry_id: str) -> ModelEntry | None:
        """
        Return the tenant's entry with this id (canonical text), or None.

        Raises:
            StoreError: the store could not be read.
        """

    @abstractmethod
    def find(self, tenant_id: str, model_ids: Collection[str]) -> dict[str, ModelEntry]:
        """
        Return those of the tenant's entries that have one of these model ids.

        Any number of ids may be asked for, 100,000 too.

        Raises:
            StoreError: the store could not be read.
        """

    @abstractmethod
    def page(self, tenant_id: str, where: Filter, limit: int, offset: int) -> Page:
        """
        Return one page of a tenant's inventory and the count of all matches.

        Newest ``created_at`` first, ties by id. Total and entries come from one
        consistent state. Which entries match is what ``Filter.matches`` says.

        Args:
            tenant_id: whose inventory.
            where: which entries.
            limit: most entries to return, 1 to 200.
            offset: entries to pass over, 0 or more; past the end gives none.

        Raises:
            StoreError: the store could not be read.
        """

    @abstractmethod
    def scan(self, tenant_id: str, where: Filter) -> AbstractContextManager[Iterator[ModelEntry]]:
        """
        Stream every match in the order of ``page``, from one consistent state.

        Memory stays bounded however large the inventory is. The state is the one
        at entering the context; leaving it frees what the stream held, read to
        its end or not. Commits go on meanwhile. One thread enters, reads and leaves.

        Raises:
            StoreError: the store could not be read.
        """

    def document(self, tenant_id: str, entry_id: str) -> str | None:
        """
        Return the tenant's entry with this id as ``entry_document``, or None.

        Raises:
            StoreError: the store could not be read.
        """
        entry = self.get(tenant_id, entry_id)
        return None if entry is None else entry_document(entry)

    def documents(self, tenant_id: str, where: Filter, limit: int, offset: int) -> Documents:
        """
        Return one page as ``page`` does, each entry as ``entry_document``.

        Raises:
            StoreError: the store could not be read.
        """
        page = self.page(tenant_id, where, limit, offset)
        return Documents(page.total, tuple(map(entry_document, page.entries)))

    @contextmanager
    def lines(self, tenant_id: str, where: Filter, form: Form) -> Iterator[Iterator[Sequence[str]]]:
        """
        Stream what ``scan`` does, each entry as a text, some hundred at once.

        Raises:
            StoreError: the store could not be read.
        """
        with self.scan(tenant_id, where) as entries:
            texts = (written(entry, form) for entry in entries)
            yield iter(lambda: tuple(islice(texts, _LINES_AT_ONCE)), ())

    @abstractmethod
    def history(
        self,
        tenant_id: str,
        entry_id: str | None = None,
        after: int = 0,
        until: datetime | None = None,
    ) -> AbstractContextManager[Iterator[ChangeEvent]]:
        """
        Stream events in sequence order, a deleted entry's too.

        Args:
            tenant_id: whose history.
            entry_id: only this entry's events, or None for all.
            after: only events with a greater sequence.
            until: only events at this instant or earlier.

        Raises:
            StoreError: the store could not be read.
        """

    def events(
        self, tenant_id: str, entry_id: str | None, limit: int, offset: int
    ) -> tuple[ChangeEvent, ...]:
        """
        Return a part of a history, in sequence order.

        Args:
            tenant_id: whose history.
            entry_id: only this entry's events, or None for all.
            limit: most events to return.
            offset: events to pass over, 0 or more.

        Raises:
            StoreError: the store could not be read.
        """
        if entry_id is None:
            with self.history(tenant_id, after=offset) as events:
                return tuple(islice(events, limit))
        with self.history(tenant_id, entry_id) as events:
            return tuple(islice(events, offset, offset + limit))

    @contextmanager
    def profile_events(
        self, tenant_id: str, entry_id: str | None = None, until: datetime | None = None
    ) -> Iterator[Iterator[ChangeEvent]]:
        """Stream those events of ``history`` that ``tells_of_profile``; raises likewise."""
        with self.history(tenant_id, entry_id, until=until) as events:
            yield filter(tells_of_profile, events)

    @abstractmethod
    def count_events(self, tenant_id: str, entry_id: str | None = None) -> int:
        """
        Return how many events a tenant, or one entry of its, has.

        Raises:
            StoreError: the store could not be read.
        """

    @abstractmethod
    def head(self, tenant_id: str) -> Head:
        """
        Return where the tenant's history stands; ``Head()`` for a new tenant.

        Cheap, so that caches and ETags can be checked against it.

        Raises:
            StoreError: the store could not be read.
        """

    def heads(self, tenant_ids: Collection[str]) -> dict[str, Head]:
        """
        Return what ``head`` does for each of these tenants.

        Asked about twice a second for every tenant whose risk tiers are followed:
        a store that can look up thousands at once does so here.

        Raises:
            StoreError: the store could not be read.
        """
        return {tenant_id: self.head(tenant_id) for tenant_id in tenant_ids}

    def tenants(self) -> Sequence[str]:
        """Return the ids of all tenants that ever had an entry, sorted; ``StoreError`` likewise."""
        raise StoreError("This store cannot tell which tenants it has")

    def stored_faults(self, tenant_id: str) -> Iterator[str]:
        """
        Tell what is damaged in how a tenant's data is kept, a line for each thing.

        A verification compares entries with the events that explain them; only
        the store can tell whether what it derives from both and keeps beside them
        (folded text, counts, checksums) still agrees. A store that derives nothing
        has nothing to tell. Streams, and goes on after what it cannot read.

        Raises:
            StoreError: the store could not be read.
        """
        return iter(())

    @abstractmethod
    def close(self) -> None:
        """Close what the store itself opened, and nothing that it was given. May be repeated."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
