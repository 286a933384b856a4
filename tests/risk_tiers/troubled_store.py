"""A store whose reads can be late, refused or damaged, and short ways to fill it and to wait."""

from collections import Counter
from contextlib import contextmanager
from time import monotonic, sleep

from model_registry import DamagedData, Registration, StoreError
from model_registry.testing import Draft
from model_registry_memory import MemoryStore


def registration(model_id="gpt-4o", tier="tier_2"):
    return Registration(model_id=model_id, provider="acme", risk_tier=tier)


def fill(store, tenant_id, *model_ids, tier="tier_1"):
    draft = Draft(tenant_id)
    store.commit(tenant_id, [draft.insert(name, risk_tier=tier) for name in model_ids])


def until(condition, seconds=5.0):
    """Wait for a condition, and tell how long it took."""
    began = monotonic()
    while not condition():
        assert monotonic() - began < seconds, "it never came true"
        sleep(0.002)
    return monotonic() - began


class TroubledStore(MemoryStore):
    """Counts reads, and delays or refuses them on request; what a slow read gives is old."""

    def __init__(self):
        super().__init__()
        self.reads, self.down, self.damaged = Counter(), False, set()
        self.delay = lambda: None

    def trouble(self, name, *tenant_ids):
        self.reads[name] += 1
        self.delay()
        if self.down:
            raise StoreError("The store could not be read: nobody there")
        if self.damaged.intersection(tenant_ids):
            raise DamagedData("The stored entry is damaged")

    def head(self, tenant_id):
        head = super().head(tenant_id)
        self.trouble("head", tenant_id)
        return head

    def heads(self, tenant_ids):
        heads = {tenant_id: super(TroubledStore, self).head(tenant_id) for tenant_id in tenant_ids}
        self.trouble("heads")
        return heads

    @contextmanager
    def scan(self, tenant_id, where):
        with super().scan(tenant_id, where) as entries:
            self.trouble("scan", tenant_id)
            yield entries

    @contextmanager
    def history(self, tenant_id, entry_id=None, after=0, until=None):
        with super().history(tenant_id, entry_id, after, until) as events:
            self.trouble("history", tenant_id)
            yield events
