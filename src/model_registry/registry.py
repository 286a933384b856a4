"""The registry: the inventories of all tenants in one store, and how they are reached."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from types import TracebackType
from typing import Self
from uuid import uuid4

from model_registry.domain.cadence import DEFAULT_CADENCE, Cadence
from model_registry.domain.entry import IDENTITY, TENANT
from model_registry.domain.lifecycle import DEFAULT_LIFECYCLE, Lifecycle, RiskTier
from model_registry.domain.providers import infer_provider
from model_registry.domain.rules import Refused
from model_registry.errors import Fault, ValidationError
from model_registry.live_sightings import LiveSightings
from model_registry.observing.observer import Observer
from model_registry.observing.watch import Watch
from model_registry.ports import RequestLog, Store
from model_registry.risk_tiers import Afterwards, RiskTiers
from model_registry.tenant import TenantRegistry
from model_registry.workings import Subscriber, Subscription, Workings


def _now() -> datetime:
    return datetime.now(UTC)


def _new_id() -> str:
    return str(uuid4())


class Registry:
    """
    The inventories of all tenants in one store.

    Safe to use from many threads. Closing it closes the store and the log, which
    close only what they opened themselves.

    Args:
        store: where inventories and histories are kept.
        request_log: what discovery scans; without one, discovery is refused.
        lifecycle: which validation status may follow which.
        cadence: how often the models of each tier are validated.
        infer_provider: gives the provider of a model id that discovery met.
        clock: tells the time, aware; for tests and replays.
        new_id: makes the UUIDs of new entries, canonical text; likewise.
        observer: is told of writes and scans, and by ``create_app`` of requests.
    """

    def __init__(
        self,
        store: Store,
        request_log: RequestLog | None = None,
        *,
        lifecycle: Lifecycle = DEFAULT_LIFECYCLE,
        cadence: Cadence = DEFAULT_CADENCE,
        infer_provider: Callable[[str], str] = infer_provider,
        clock: Callable[[], datetime] = _now,
        new_id: Callable[[], str] = _new_id,
        observer: Observer | None = None,
    ) -> None:
        self.watch = Watch(observer)
        self._workings = Workings(
            store=store,
            request_log=request_log,
            lifecycle=lifecycle,
            cadence=cadence,
            infer_provider=infer_provider,
            clock=clock,
            new_id=new_id,
            watch=self.watch,
        )

    def tenant(self, tenant_id: str, actor: str = "system") -> TenantRegistry:
        """
        Return a handle on one tenant's inventory; the only way to one.

        Args:
            tenant_id: whose inventory, 1 to 128 characters.
            actor: who is at work, for the history: a person or a system, 1 to 512.

        Raises:
            ValidationError: either is blank, too long or not text.
        """
        faults: list[Fault] = []
        for name, rule, value in (("tenant_id", TENANT, tenant_id), ("actor", IDENTITY, actor)):
            try:
                rule.parse(name, value)
            except Refused as refused:
                faults.extend(refused.faults)
        if faults:
            raise ValidationError(faults)
        return TenantRegistry(self._workings, tenant_id, actor)

    def risk_tiers(
        self,
        *,
        within: float = 1.0,
        outage: float = 60.0,
        afterwards: Afterwards | RiskTier = Afterwards.ERROR,
        most_tenants: int = 10_000,
        most_models: int = 1_000_000,
    ) -> RiskTiers:
        """
        Return a look-up of risk tiers in memory, for all tenants: one for the process.

        It has two threads, from the first look-up until it or the registry is closed.
        For what the options mean see ``RiskTiers``.
        """
        return RiskTiers(
            self._workings,
            within=within,
            outage=outage,
            afterwards=afterwards,
            most_tenants=most_tenants,
            most_models=most_models,
        )

    @property
    def lifecycle(self) -> Lifecycle:
        """Which validation status may follow which."""
        return self._workings.lifecycle

    def observe(
        self, tenant_id: str, model_id: str, at: datetime | None = None, requests: int = 1
    ) -> None:
        """
        Take note of a request, for gateways; never raises, and never waits.

        It is counted in memory. Within seconds the model's ``last_seen_at`` moves, or
        it becomes a draft of ``tier_4``. This is ``live_sightings().observe`` with
        everything as it is by default.

        Args:
            tenant_id: who used the model.
            model_id: which one, as it is to be registered.
            at: when, aware; now if it is not given.
            requests: how many times, 1 or more.
        """
        self._sightings.observe(tenant_id, model_id, at, requests)

    @cached_property
    def _sightings(self) -> LiveSightings:
        """What ``observe`` tells, made when it is first told anything."""
        return self.live_sightings()

    def live_sightings(
        self,
        *,
        within: float = 2.0,
        actor: str = "live-observation",
        most_held: int = 10_000,
        most_new: int = 100,
    ) -> LiveSightings:
        """
        Return what takes note of requests as they are made: one for the process.

        It has one thread, from the first request until it or the registry is closed.
        For what the options mean see ``LiveSightings``.
        """
        return LiveSightings(
            self._workings,
            within=within,
            actor=actor,
            most_held=most_held,
            most_new=most_new,
        )

    def subscribe(self, tell: Subscriber) -> Subscription:
        """
        Have a function told of every commit that goes through this registry.

        It is called with the tenant and the sealed events, on the thread that wrote
        them, once they are durable: it should be quick. What it raises is logged, and
        neither undoes the commit nor keeps others from being told. Two threads' commits
        may be told in either order, and those of other processes not at all: ``drain``
        has every event, in order.

        Returns:
            What ends it, by ``close`` or as a context.
        """
        return Subscription(self._workings, tell)

    def tenants(self) -> Sequence[str]:
        """
        Return the ids of all tenants that ever had an entry, sorted.

        Raises:
            StoreError: the store could not be read, or cannot tell.
        """
        return self._workings.store.tenants()

    def drain(
        self, positions: MutableMapping[str, int], handle: Subscriber, *, at_once: int = 500
    ) -> int:
        """
        Hand over the events of all tenants that were not handed over yet.

        At least once, and each tenant's in order: a position moves when ``handle`` has
        returned, and so what raises or dies is handed the same events again.

        Args:
            positions: of each tenant, the sequence of the last event that was taken;
                the host's own, which lasts as long as the host wants it to.
            handle: takes a tenant's events, some at once.
            at_once: most events that it is given.

        Returns:
            How many events were handed over.

        Raises:
            DamagedData: a history ends before its position: another one was restored.
            StoreError: the store could not be read, or cannot tell its tenants.
        """
        count = 0
        tenant_ids = self.tenants()
        heads = self._workings.store.heads(tenant_ids)
        for tenant_id in tenant_ids:
            if positions.get(tenant_id, 0) == heads[tenant_id].sequence:
                continue
            tenant = TenantRegistry(self._workings, tenant_id, "system")
            while events := tenant.events_after(positions.get(tenant_id, 0), at_once):
                handle(tenant_id, events)
                positions[tenant_id] = events[-1].sequence
                count += len(events)
        return count

    def close(self) -> None:
        """Close the store and the request log; before, what looks up and counts in memory."""
        self._sightings.close()
        for follower in tuple(self._workings.followers):
            follower.close()
        self._workings.store.close()
        if self._workings.request_log is not None:
            self._workings.request_log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
