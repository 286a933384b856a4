"""The tenants whose risk tiers are held in memory, and how they follow the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from threading import Event, Lock
from time import monotonic
from typing import Final

from model_registry.domain.chain import Head
from model_registry.domain.changes import ChangeEvent
from model_registry.domain.inventory import EVERYTHING
from model_registry.domain.lifecycle import RiskTier
from model_registry.errors import TiersUnknown
from model_registry.observing.watch import Watch
from model_registry.ports import Store
from model_registry.tier_table import TierTable

_EVENTS_AT_ONCE: Final = 1_000


Find = Callable[[str, RiskTier], RiskTier]
"""Finds a model's tier by its model_id, and gives the other where the model is unknown."""


class Shown(dict[str, Find]):
    """
    What look-ups go through, by tenant.

    Args:
        missed: makes, or raises, what is to be given for a tenant that is not in it.
    """

    __slots__ = ("_missed",)

    def __init__(self, missed: Callable[[str], Find]) -> None:
        super().__init__()
        self._missed = missed

    def __missing__(self, tenant_id: str) -> Find:
        return self._missed(tenant_id)


class Followed:
    """
    A tenant whose tiers are held.

    Attributes:
        table: the tiers.
        tried: set once the first reading has ended, well or not.
        looked: the time at which they were right, by ``monotonic``; None before
            the first reading that succeeded.
        error: what kept the last look from succeeding.
    """

    __slots__ = ("error", "looked", "table", "tried")

    def __init__(self) -> None:
        self.table = TierTable()
        self.tried = Event()
        self.looked: float | None = None
        self.error: BaseException | None = None


class Following:
    """
    Holds the tiers of the tenants that were asked for, and keeps them right.

    Whoever reads ``shown`` takes no lock; whoever changes it holds the one lock
    that there is, and never while the store is asked.

    Args:
        store: what is followed.
        watch: is told of every look.
        shown: filled and emptied by this, and by nobody else.
        lasting: seconds for which tiers may be shown after they were right.
        most_tenants: how many are held.
        most_models: how many are held of all tenants together, one tenant's always.
    """

    def __init__(
        self,
        store: Store,
        watch: Watch,
        shown: Shown,
        *,
        lasting: float,
        most_tenants: int,
        most_models: int,
    ) -> None:
        self._store = store
        self._watch = watch
        self._shown = shown
        self._lasting = lasting
        self._most_tenants = most_tenants
        self._most_models = most_models
        self._lock = Lock()
        self._tenants: dict[str, Followed] = {}
        self._models = 0
        self._failing = False
        self._stopped = False

    def tenant(self, tenant_id: str) -> Followed:
        """
        Return a tenant once it was tried to read it; the first to ask reads it.

        Raises:
            TiersUnknown: it was stopped.
        """
        with self._lock:
            if self._stopped:
                raise TiersUnknown(tenant_id)
            followed = self._tenants.get(tenant_id)
            first = followed is None
            if followed is None:
                followed = self._tenants[tenant_id] = Followed()
        if not first:
            followed.tried.wait()
            return followed
        began = monotonic()
        try:
            self._read(tenant_id, followed)
        except BaseException as error:
            followed.error = error
            if not isinstance(error, Exception):
                raise
        finally:
            followed.tried.set()
        errors = [] if followed.error is None else [followed.error]
        self._tell(1, errors, began, news=bool(errors))
        return followed

    def find(self, followed: Followed) -> Find | None:
        """Return what finds a tenant's tiers, None if they are too old or were never read."""
        if followed.looked is None or monotonic() - followed.looked >= self._lasting:
            return None
        return followed.table.known.get

    def committed(self, tenant_id: str, events: Sequence[ChangeEvent]) -> None:
        """Take the events of a commit of this process."""
        with self._lock:
            followed = self._tenants.get(tenant_id)
            if followed is not None:
                followed.table.take(events)

    def look(self) -> None:
        """Look at the heads of all tenants, and read what is new; an error is told, not raised."""
        with self._lock:
            asked = {
                tenant_id: (followed, followed.table.reach)
                for tenant_id, followed in self._tenants.items()
                if followed.tried.is_set()
            }
        if not asked:
            return
        began = monotonic()
        errors: list[BaseException] = []
        try:
            heads = self._store.heads(list(asked))
        except Exception as error:  # one look that fails must not end all looks
            errors.extend([error] * len(asked))
            for followed, _ in asked.values():
                followed.error = error
        else:
            for tenant_id, (followed, reach) in asked.items():
                try:
                    self._follow(tenant_id, followed, heads[tenant_id], reach, began)
                except Exception as error:  # nor one tenant the others'
                    followed.error = error
                    errors.append(error)
        failing = bool(errors)
        self._tell(len(asked), errors, began, news=failing is not self._failing)
        self._failing = failing

    def withdraw(self) -> None:
        """Show no longer what is too old; asks the store nothing, and so never hangs with it."""
        with self._lock:
            for tenant_id, followed in self._tenants.items():
                if self.find(followed) is None:
                    self._shown.pop(tenant_id, None)

    def stop(self) -> None:
        """Hold and show nothing any more, even if a look is still under way."""
        with self._lock:
            self._stopped = True
            self._tenants.clear()
            self._shown.clear()

    def _follow(
        self, tenant_id: str, followed: Followed, head: Head, reach: int, began: float
    ) -> None:
        """
        Bring a tenant's tiers up to a head.

        A history that has fewer events than were known of (``reach``) before its
        head was asked for, or others, is another one: a backup was restored.
        """
        table = followed.table
        if table.head is not None and table.head.sequence < head.sequence:
            with self._store.history(tenant_id, after=table.head.sequence) as events:
                while some := tuple(islice(events, _EVENTS_AT_ONCE)):
                    with self._lock:
                        table.take(some)
        with self._lock:
            if reach <= head.sequence and table.agrees_with(head):
                self._succeeded(tenant_id, followed, began)
                return
            table.distrust()
        self._read(tenant_id, followed)

    def _read(self, tenant_id: str, followed: Followed) -> None:
        """Read a tenant's whole inventory, and then what was written while it was read."""
        head = self._store.head(tenant_id)
        with self._store.scan(tenant_id, EVERYTHING) as entries:
            known = {entry.model_id: entry.risk_tier for entry in entries}
        fresh = TierTable(known, head)
        right = monotonic()
        with self._store.history(tenant_id, after=head.sequence) as events:
            fresh.take(events)
        with self._lock:
            followed.table.replace(fresh)
            self._succeeded(tenant_id, followed, right)
            self._models += len(known)
            if len(self._tenants) > self._most_tenants or self._models > self._most_models:
                self._make_room()

    def _succeeded(self, tenant_id: str, followed: Followed, right: float) -> None:
        followed.looked, followed.error = right, None
        if self._tenants.get(tenant_id) is followed:
            self._shown[tenant_id] = followed.table.known.get

    def _make_room(self) -> None:
        """Forget tenants, the first that was asked for first, until the bounds are kept."""
        self._models = sum(len(followed.table.known) for followed in self._tenants.values())
        for tenant_id in list(self._tenants)[:-1]:
            if len(self._tenants) <= self._most_tenants and self._models <= self._most_models:
                return
            self._models -= len(self._tenants.pop(tenant_id).table.known)
            self._shown.pop(tenant_id, None)

    def _tell(
        self, tenants: int, errors: Sequence[BaseException], began: float, *, news: bool
    ) -> None:
        if not self._stopped:  # else it may have failed because of that
            error = errors[0] if errors else None
            self._watch.looked(tenants, len(errors), monotonic() - began, error, news=news)
