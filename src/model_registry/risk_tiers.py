"""
Risk tiers in this process's memory, for policies that ask at every request.

A look-up is one in each of two dicts: no lock, no clock, no look at the store.
Two threads keep the dicts right: one looks at the store and may hang with it,
the other withdraws what has become too old, and never waits for the store.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from math import inf
from threading import Event, Lock, Thread
from typing import Final
from weakref import WeakSet

from model_registry.domain.changes import ChangeEvent
from model_registry.domain.entry import TENANT
from model_registry.domain.lifecycle import UNREGISTERED_TIER, RiskTier
from model_registry.domain.rules import Refused
from model_registry.errors import TiersUnknown, ValidationError
from model_registry.following import Find, Following, Shown
from model_registry.workings import Workings


class Afterwards(StrEnum):
    """What look-ups give once the store could not be read for longer than the host allows."""

    LAST_KNOWN = "last_known"
    ERROR = "error"


class RiskTiers:
    """
    Looks up the tier of a tenant's model in memory; ``tier_4`` if it is not registered.

    Made by ``Registry.risk_tiers``, once for a process. The first look-up of a
    tenant reads its inventory, and others wait for that; ``ready`` does so for an
    event loop. While a tenant is held, no look-up waits for anything. It may be used
    from any thread, and after a fork, where everything is read anew.

    A write through the same registry is seen by every look-up that begins after
    the write returned; a write of anybody else ``within`` so many seconds, as long
    as a look takes less than a quarter of that. An older tier never comes back.

    Args:
        workings: of the registry.
        within: seconds in which another process's write is seen.
        outage: seconds for which tiers are given on, at most, after the begin of the
            last look that succeeded; that they are too old is seen up to half of
            ``within`` later.
        afterwards: what is given then, and for a tenant that could not be read yet:
            an error (``TiersUnknown``), a tier for every model, or what was last
            known (an error if nothing ever was).
        most_tenants: how many are held; the one that was asked for first makes room.
        most_models: how many are held of all tenants together; likewise, but one
            tenant is held however many it has.

    Raises:
        ValueError: a number makes no sense, or ``afterwards`` is none of these.
    """

    _lock: Lock
    _closing: Event
    _threads: tuple[Thread, ...]
    _following: Following

    def __init__(
        self,
        workings: Workings,
        *,
        within: float = 1.0,
        outage: float = 60.0,
        afterwards: Afterwards | RiskTier = Afterwards.ERROR,
        most_tenants: int = 10_000,
        most_models: int = 1_000_000,
    ) -> None:
        if not 0 < within <= outage:
            raise ValueError("within must be more than nothing, and outage not less than within")
        if most_tenants < 1 or most_models < 1:
            raise ValueError("most_tenants and most_models must be 1 or more")
        if not isinstance(afterwards, Afterwards | RiskTier):
            raise ValueError("afterwards must be a RiskTier, or one of Afterwards")
        self._workings = workings
        self._pause = within / 2
        self._afterwards = afterwards
        self._lasting = inf if afterwards is Afterwards.LAST_KNOWN else outage
        self._most = {"most_tenants": most_tenants, "most_models": most_models}
        self._shown = Shown(self._missed)
        self._begin()
        _ALL.add(self)
        workings.followers.append(self)

    def __call__(self, tenant_id: str, model_id: str) -> RiskTier:
        """
        Return a model's tier; ``tier_4`` if it is not in the tenant's inventory.

        Raises:
            TiersUnknown: nothing recent enough is known, and the host wants an error.
            ValidationError: the tenant's id is blank, too long or not text.
        """
        return self._shown[tenant_id](model_id, UNREGISTERED_TIER)

    def of(self, tenant_id: str, model_ids: Iterable[str]) -> dict[str, RiskTier]:
        """Return the tiers of many models of a tenant; raises what a single look-up does."""
        find = self._shown[tenant_id]
        return {model_id: find(model_id, UNREGISTERED_TIER) for model_id in model_ids}

    def load(self, tenant_id: str) -> None:
        """Read a tenant now unless it is held, so that no look-up has to; raises likewise."""
        self._shown[tenant_id]

    async def ready(self, tenant_id: str) -> None:
        """Do what ``load`` does, on a thread if there is anything to read; raises likewise."""
        if tenant_id not in self._shown:
            # Where there is an event loop, this is loaded already; elsewhere it never is.
            import asyncio  # noqa: PLC0415  # see above

            await asyncio.to_thread(self.load, tenant_id)

    def committed(self, tenant_id: str, events: Sequence[ChangeEvent]) -> None:
        """Hear of a commit of this process."""
        self._following.committed(tenant_id, events)

    def close(self) -> None:
        """
        End the threads; look-ups raise ``TiersUnknown`` from then on. May be repeated.

        Waits for a look that is under way, but not for long.
        """
        with self._lock:
            self._closing.set()
            threads, self._threads = self._threads, ()
            if self in self._workings.followers:
                self._workings.followers.remove(self)
        self._following.stop()
        for thread in threads:
            thread.join(self._pause)

    def _missed(self, tenant_id: str) -> Find:
        """Return what finds the tiers of a tenant that is not shown."""
        try:
            TENANT.parse("tenant_id", tenant_id)
        except Refused as refused:
            raise ValidationError(refused.faults) from None
        with self._lock:
            if self._closing.is_set():
                raise TiersUnknown(tenant_id)
            self._start()
            following = self._following
        followed = following.tenant(tenant_id)
        find = following.find(followed)
        if find is not None:
            return find
        tier = self._afterwards
        if isinstance(tier, RiskTier):
            return lambda _model_id, _unregistered: tier
        raise TiersUnknown(tenant_id) from followed.error

    def _begin(self) -> None:
        """Hold nothing yet; after a fork nothing again, as the threads that would care are gone."""
        self._lock = Lock()
        self._closing = Event()
        self._threads = ()
        self._shown.clear()
        self._following = Following(
            self._workings.store,
            self._workings.watch,
            self._shown,
            lasting=self._lasting,
            **self._most,
        )

    def _start(self) -> None:
        if self._threads:
            return
        threads = []
        for work in (self._following.look, self._following.withdraw):
            name = f"model-registry-tiers-{work.__name__}"
            again = (work, self._closing, self._pause)
            threads.append(Thread(target=_repeat, args=again, name=name, daemon=True))
            threads[-1].start()
        self._threads = tuple(threads)


def _repeat(work: Callable[[], None], closing: Event, pause: float) -> None:
    while not closing.wait(pause):
        work()


_ALL: Final[WeakSet[RiskTiers]] = WeakSet()


def _begin_anew() -> None:
    for tiers in tuple(_ALL):
        if not tiers._closing.is_set():
            tiers._begin()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
