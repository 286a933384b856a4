"""
A pytest plugin: a ready registry in memory, for the tests of those who embed one.

pytest loads it by itself where this library is installed. What a fixture needs is
imported when a test first asks for the fixture, so that nobody else waits for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from model_registry.domain.entry import ModelEntry
    from model_registry.registry import Registry
    from model_registry.tenant import TenantRegistry
    from model_registry.testing.fakes import TickingClock
    from model_registry.testing.recorded_requests import RecordedRequests


class RegisterModel(Protocol):
    """Puts a model into an inventory in a line."""

    def __call__(
        self, model_id: str = ..., *, tenant_id: str | None = None, **fields: Any
    ) -> ModelEntry:
        """
        Register a model, and return its entry.

        Args:
            model_id: which.
            tenant_id: whose; the test's own tenant if not given.
            fields: of a ``Registration``. Without them the provider is what the id
                tells, and the tier ``tier_4``.
        """


@pytest.fixture
def model_registry_tenant() -> str:
    """The test's own tenant, ``org_abc``; override it to have another."""
    return "org_abc"


@pytest.fixture
def model_registry_clock() -> TickingClock:
    """
    The registry's clock: 2026-03-13, and a microsecond later at each look.

    Set its ``now`` to travel, and its ``step`` to nothing for a clock that stands.
    """
    from model_registry.testing.fakes import TickingClock  # noqa: PLC0415  # see the module

    return TickingClock()


@pytest.fixture
def model_requests(
    model_registry_clock: TickingClock, model_registry_tenant: str
) -> RecordedRequests:
    """The registry's request log, empty: ``model_requests.add("gpt-4o", times=3)``."""
    from model_registry.testing.recorded_requests import (  # noqa: PLC0415  # see the module
        RecordedRequests,
    )

    return RecordedRequests(model_registry_clock, model_registry_tenant)


@pytest.fixture
def model_registry(
    model_registry_clock: TickingClock, model_requests: RecordedRequests
) -> Iterator[Registry]:
    """A registry in memory, new for each test; its UUIDs count up from one."""
    from model_registry.plugins import open_registry  # noqa: PLC0415  # see the module
    from model_registry.testing.fakes import CountedIds  # noqa: PLC0415  # see the module

    with open_registry(
        "memory://", model_requests, clock=model_registry_clock, new_id=CountedIds()
    ) as registry:
        yield registry


@pytest.fixture
def model_inventory(model_registry: Registry, model_registry_tenant: str) -> TenantRegistry:
    """The inventory of the test's own tenant, at work as ``tests``."""
    return model_registry.tenant(model_registry_tenant, actor="tests")


@pytest.fixture
def register_model(model_registry: Registry, model_registry_tenant: str) -> RegisterModel:
    """What puts a model into an inventory: ``register_model("gpt-4o", risk_tier="tier_1")``."""
    from model_registry.domain.entry import Registration  # noqa: PLC0415  # see the module
    from model_registry.domain.lifecycle import RiskTier  # noqa: PLC0415  # see the module
    from model_registry.domain.providers import infer_provider  # noqa: PLC0415  # see the module

    def register(
        model_id: str = "gpt-4o", *, tenant_id: str | None = None, **fields: Any
    ) -> ModelEntry:
        given = {"provider": infer_provider(model_id), "risk_tier": RiskTier.TIER_4, **fields}
        inventory = model_registry.tenant(tenant_id or model_registry_tenant, actor="tests")
        return inventory.register(Registration(model_id=model_id, **given))

    return register
