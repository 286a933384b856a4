"""A clock and ids that tests control, and short ways to decide changes and to read a store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any
from uuid import UUID, uuid4

import attrs

from model_registry.domain import changes
from model_registry.domain.cadence import DEFAULT_CADENCE
from model_registry.domain.changes import ChangeEvent, Insert, Remove, Replace
from model_registry.domain.entry import Amendment, ModelEntry, Registration
from model_registry.domain.inventory import EVERYTHING, Filter
from model_registry.domain.lifecycle import DEFAULT_LIFECYCLE, RiskTier
from model_registry.domain.profile_changes import amend_profile, profile_of
from model_registry.domain.replay import Told
from model_registry.domain.risk_profile import ProfileAmendment
from model_registry.ports import Store

START = datetime(2026, 3, 13, tzinfo=UTC)

TENANT = "org_abc"


def listed(store: Store, tenant_id: str = TENANT, where: Filter = EVERYTHING) -> list[ModelEntry]:
    """Return all that a scan gives."""
    with store.scan(tenant_id, where) as entries:
        return list(entries)


def told(store: Store, tenant_id: str = TENANT) -> list[ChangeEvent]:
    """Return a tenant's whole history."""
    with store.history(tenant_id) as events:
        return list(events)


class TickingClock:
    """
    A clock that moves one step at each look; safe from many threads.

    Args:
        start: what it shows at the first look.
        step: how far it moves after each; nothing, for a clock that stands.
    """

    def __init__(
        self, start: datetime = START, step: timedelta = timedelta(microseconds=1)
    ) -> None:
        self.now = start
        self.step = step
        self._lock = Lock()

    def __call__(self) -> datetime:
        with self._lock:
            shown = self.now
            self.now += self.step
            return shown


class CountedIds:
    """UUIDs that count up from one; safe from many threads."""

    def __init__(self) -> None:
        self._made = 0
        self._lock = Lock()

    def __call__(self) -> str:
        with self._lock:
            self._made += 1
            return str(UUID(int=self._made))


@attrs.frozen
class Draft:
    """Decides changes for tests: what the registry would do, without a registry."""

    tenant_id: str = TENANT
    clock: Callable[[], datetime] = attrs.field(factory=TickingClock)

    def insert(self, model_id: str = "gpt-4o", **fields: Any) -> Insert:
        """Decide a registration, tier_4 of ``acme`` unless told otherwise."""
        given = {"provider": "acme", "risk_tier": RiskTier.TIER_4, **fields}
        return changes.register(
            Registration(model_id=model_id, **given),
            tenant_id=self.tenant_id,
            entry_id=str(uuid4()),
            actor="alice@example.com",
            at=self.clock(),
        )

    def adopt(self, model_id: str, last_seen_at: datetime) -> Insert:
        """Decide the draft entry of a discovered model."""
        return changes.adopt(
            tenant_id=self.tenant_id,
            entry_id=str(uuid4()),
            model_id=model_id,
            provider="acme",
            risk_tier=RiskTier.TIER_4,
            last_seen_at=last_seen_at,
            actor="nightly",
            at=self.clock(),
        )

    def replace(self, before: ModelEntry, **fields: Any) -> Replace:
        """Decide an amendment."""
        return changes.amend(
            before,
            Amendment(**fields),
            lifecycle=DEFAULT_LIFECYCLE,
            actor="bob@example.com",
            at=self.clock(),
        )

    def profile(self, before: ModelEntry, told: Told | None = None, **fields: Any) -> Replace:
        """Decide an amendment of a risk profile, upon what its history tells so far."""
        return amend_profile(
            before,
            profile_of(before, told or {}, DEFAULT_CADENCE),
            ProfileAmendment(**fields),
            actor="dora@example.com",
            at=self.clock(),
        )

    def remove(self, before: ModelEntry) -> Remove:
        """Decide the end of an entry."""
        return changes.remove(before, actor="carol@example.com", at=self.clock())
