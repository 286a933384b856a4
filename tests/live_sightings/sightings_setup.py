"""A store that can be down, late or damaged for one tenant, and an observer that adds up."""

from collections import Counter
from time import monotonic, sleep

from model_registry import DamagedData, StoreError
from model_registry.observing import Observer
from model_registry_memory import MemoryStore


class TroubledStore(MemoryStore):
    def __init__(self):
        super().__init__()
        self.down, self.damaged, self.asked = False, set(), []
        self.delay = lambda: None

    def commit(self, tenant_id, changes):
        self.asked.append((tenant_id, monotonic()))
        self.delay()
        if self.down:
            raise StoreError("The store could not be written: nobody there")
        if tenant_id in self.damaged:
            raise DamagedData("The stored entry is damaged")
        return super().commit(tenant_id, changes)


class Flushes(Observer):
    """Adds up what flushes tell."""

    def __init__(self):
        self.events = []

    def on_flush(self, event):
        self.events.append(event)

    @property
    def total(self):
        names = ("requests", "dropped", "unusable", "postponed")
        return +Counter({n: sum(getattr(e, n) for e in self.events) for n in names})


def until(condition, seconds=10.0):
    """Wait for a condition, and tell how long it took."""
    began = monotonic()
    while not condition():
        assert monotonic() - began < seconds, "it never came true"
        sleep(0.005)
    return monotonic() - began
