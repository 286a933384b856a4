"""A registry at whose door adapters tell of requests."""

from time import monotonic, sleep

import pytest

from model_registry import Registry
from model_registry_memory import MemoryStore


class Seen:
    """A registry, and what it has of a tenant's once everything is written."""

    def __init__(self, registry):
        self.observe = registry.observe
        self._registry = registry

    def __call__(self, tenant_id="org_abc"):
        self._registry._sightings.flush()
        entries = self._registry.tenant(tenant_id).list(limit=200).entries
        return {entry.model_id: entry.last_seen_at for entry in entries}

    def until(self, *model_ids, tenant_id="org_abc"):
        """Wait until just these models were seen: some tell after their caller has its answer."""
        deadline = monotonic() + 10
        while set(self(tenant_id)) != set(model_ids):
            assert monotonic() < deadline, self(tenant_id)
            sleep(0.01)
        return self(tenant_id)


@pytest.fixture
def seen():
    with Registry(MemoryStore()) as registry:
        yield Seen(registry)
