"""All that a store answers, held against what the store in memory answers."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from model_registry.domain.inventory import EVERYTHING, Filter
from model_registry.domain.lifecycle import RiskTier, ValidationStatus
from model_registry.ports import Store
from model_registry.registry import Registry
from model_registry.testing.fakes import listed, told
from model_registry.written import Form

FILTERS = (
    EVERYTHING,
    *(Filter(risk_tier=tier) for tier in RiskTier),
    Filter(validation_status=ValidationStatus.DRAFT, provider="AC"),
    Filter(provider="ﬁ"),
    Filter(search="strasse"),
    Filter(search="% _"),
    Filter(search="🦙"),
    Filter(search='"(*', risk_tier=RiskTier.TIER_4),
    Filter(search="nobody"),
)


def assert_agreed(store: Store, other: Store, tenants: Iterable[str]) -> None:
    """Hold everything that two stores say of some tenants against each other."""
    for tenant_id in tenants:
        for where in FILTERS:
            assert_found(store, other, tenant_id, where)
        assert told(store, tenant_id) == told(other, tenant_id)
        assert store.head(tenant_id) == other.head(tenant_id)
        for entry in listed(other, tenant_id):
            assert store.get(tenant_id, entry.id) == entry
            assert store.document(tenant_id, entry.id) == other.document(tenant_id, entry.id)
            assert store.count_events(tenant_id, entry.id) == other.count_events(
                tenant_id, entry.id
            )
        report = Registry(store).tenant(tenant_id).verify()
        assert report.intact, report


def assert_found(store: Store, other: Store, tenant_id: str, where: Filter) -> None:
    """Hold what two stores find for a filter against each other."""
    assert listed(store, tenant_id, where) == listed(other, tenant_id, where)
    for limit, offset in ((200, 0), (2, 0), (2, 3), (1, 1_000)):
        asked = (tenant_id, where, limit, offset)
        assert store.page(*asked) == other.page(*asked), asked
        assert store.documents(*asked) == other.documents(*asked), asked
    for form in Form:
        assert _lines(store, tenant_id, where, form) == _lines(other, tenant_id, where, form)


def _lines(store: Store, tenant_id: str, where: Filter, form: Form) -> list[str]:
    with store.lines(tenant_id, where, form) as lines:
        return list(chain.from_iterable(lines))
