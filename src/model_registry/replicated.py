"""A store whose larger reads are answered by a replica, and are as fresh as its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import datetime
from itertools import chain, islice
from typing import TypeVar

from model_registry.domain.chain import Head
from model_registry.domain.changes import Change, ChangeEvent
from model_registry.domain.entry import ModelEntry
from model_registry.domain.inventory import Documents, Filter, Page
from model_registry.errors import DamagedData
from model_registry.ports import Store
from model_registry.replica import Replica
from model_registry.written import Form

_Answer = TypeVar("_Answer")
_Row = TypeVar("_Row")


class ReplicatedStore(Store):
    """
    A primary store, and a replica of it that pages, streams and counts are asked of.

    The replica is asked only while it stands where the primary stands, before the
    read and after it. So what is read is the primary's own state at a moment within
    the read: a replica that lags never shows an old state, and one that is ahead
    (PostgreSQL's may be, until a commit that waits for it returns) never one that the
    primary might not show to the next reader. Otherwise the primary is asked.

    The primary is looked at first, so that the replica's two looks enclose the read
    as closely as can be. It must be one database that only moves forward; looks and
    reads that a balancer spreads over several prove nothing.

    A replica that fails costs a read that meets it ``patience`` at most, and then
    nothing. A stream that breaks after its first row raises, like the primary's.

    Args:
        primary: what is written, and what decides.
        replica: of the primary, of any kind; or what opens it, which is called at
            once, on a thread, and later again as long as it fails.
        patience: seconds for which a look at where the replica stands is waited for.
        rest: seconds for which a replica that failed is left alone.

    Raises:
        ValueError: a number makes no sense.
    """

    def __init__(
        self,
        primary: Store,
        replica: Store | Callable[[], Store],
        *,
        patience: float = 1.0,
        rest: float = 5.0,
    ) -> None:
        self._primary = primary
        self._replica = Replica(replica, patience=patience, rest=rest)

    @property
    def original(self) -> Store:
        """The primary: a verification of a copy would not see what was edited behind it."""
        return self._primary

    # What costs the primary no more than to tell where it stands, or what only it can tell

    def commit(self, tenant_id: str, changes: Sequence[Change]) -> tuple[ChangeEvent, ...]:
        """Write to the primary."""
        return self._primary.commit(tenant_id, changes)

    def get(self, tenant_id: str, entry_id: str) -> ModelEntry | None:
        """Ask the primary."""
        return self._primary.get(tenant_id, entry_id)

    def find(self, tenant_id: str, model_ids: Collection[str]) -> dict[str, ModelEntry]:
        """Ask the primary."""
        return self._primary.find(tenant_id, model_ids)

    def document(self, tenant_id: str, entry_id: str) -> str | None:
        """Ask the primary."""
        return self._primary.document(tenant_id, entry_id)

    def head(self, tenant_id: str) -> Head:
        """Ask the primary."""
        return self._primary.head(tenant_id)

    def heads(self, tenant_ids: Collection[str]) -> dict[str, Head]:
        """Ask the primary."""
        return self._primary.heads(tenant_ids)

    def tenants(self) -> Sequence[str]:
        """Ask the primary."""
        return self._primary.tenants()

    def stored_faults(self, tenant_id: str) -> Iterator[str]:
        """Ask the primary."""
        return self._primary.stored_faults(tenant_id)

    # What is worth two looks

    def page(self, tenant_id: str, where: Filter, limit: int, offset: int) -> Page:
        """Ask either."""
        return self._read(tenant_id, lambda store: store.page(tenant_id, where, limit, offset))

    def documents(self, tenant_id: str, where: Filter, limit: int, offset: int) -> Documents:
        """Ask either."""
        return self._read(tenant_id, lambda store: store.documents(tenant_id, where, limit, offset))

    def events(
        self, tenant_id: str, entry_id: str | None, limit: int, offset: int
    ) -> tuple[ChangeEvent, ...]:
        """Ask either."""
        return self._read(tenant_id, lambda store: store.events(tenant_id, entry_id, limit, offset))

    def count_events(self, tenant_id: str, entry_id: str | None = None) -> int:
        """Ask either."""
        return self._read(tenant_id, lambda store: store.count_events(tenant_id, entry_id))

    def scan(self, tenant_id: str, where: Filter) -> AbstractContextManager[Iterator[ModelEntry]]:
        """Ask either."""
        return self._streamed(tenant_id, lambda store: store.scan(tenant_id, where))

    @contextmanager
    def lines(self, tenant_id: str, where: Filter, form: Form) -> Iterator[Iterator[Sequence[str]]]:
        """Ask either."""
        with self._streamed(tenant_id, lambda store: store.lines(tenant_id, where, form)) as blocks:
            yield blocks

    def history(
        self,
        tenant_id: str,
        entry_id: str | None = None,
        after: int = 0,
        until: datetime | None = None,
    ) -> AbstractContextManager[Iterator[ChangeEvent]]:
        """Ask either."""
        return self._streamed(
            tenant_id, lambda store: store.history(tenant_id, entry_id, after, until)
        )

    @contextmanager
    def profile_events(
        self, tenant_id: str, entry_id: str | None = None, until: datetime | None = None
    ) -> Iterator[Iterator[ChangeEvent]]:
        """Ask either."""
        with self._streamed(
            tenant_id, lambda store: store.profile_events(tenant_id, entry_id, until)
        ) as events:
            yield events

    def close(self) -> None:
        """Close both stores, each of which closes what it opened itself. May be repeated."""
        self._replica.close()
        self._primary.close()

    def _read(self, tenant_id: str, read: Callable[[Store], _Answer]) -> _Answer:
        try:
            head = self._primary.head(tenant_id)
        except DamagedData:  # who verifies wants to know what else there is
            return read(self._primary)
        replica = self._replica.at(tenant_id, head)
        if replica is not None:
            try:
                answer = read(replica)
                if replica.head(tenant_id) == head:
                    self._replica.succeeded()
                    return answer
            except Exception as error:  # whatever it is, there is another store to ask
                self._replica.failed(error)
        return read(self._primary)

    @contextmanager
    def _streamed(
        self, tenant_id: str, stream: Callable[[Store], AbstractContextManager[Iterator[_Row]]]
    ) -> Iterator[Iterator[_Row]]:
        with ExitStack() as held:

            def begun(store: Store) -> Iterator[_Row]:
                with suppress(Exception):  # of a stream that was begun in vain, perhaps broken
                    held.close()
                rows = held.enter_context(stream(store))
                if store is not self._primary:
                    rows = self._watched(rows)
                return chain(tuple(islice(rows, 1)), rows)

            yield self._read(tenant_id, begun)

    def _watched(self, rows: Iterator[_Row]) -> Iterator[_Row]:
        try:
            yield from rows
        except Exception as error:
            self._replica.failed(error)
            raise
