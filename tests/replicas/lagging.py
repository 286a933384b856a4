"""Stores that stand at one of several states, and move on when a test says so."""

import random
from contextlib import contextmanager
from threading import RLock

from model_registry.ports import Store
from model_registry.testing import Draft
from model_registry_memory import MemoryStore


def states(count, tenant_id="org_abc"):
    """Return a tenant's stores after no commit, one, two …, each of which inserts a model."""
    draft = Draft(tenant_id)
    inserts = [draft.insert(f"model-{number}") for number in range(count)]
    stores = [MemoryStore() for _ in range(count + 1)]
    for reach, store in enumerate(stores):
        for insert in inserts[:reach]:
            store.commit(tenant_id, [insert])
    return stores


class Standing(Store):
    """
    Answers as one of several states; before each answer ``step`` is called with what was asked.

    The rows of a stream come from the state at its beginning, each announced as "row".
    """

    def __init__(self, stores, at=0, step=lambda asked: None):
        self.stores, self.at, self.step, self.asked = stores, at, step, []
        self.closed = 0

    def _now(self, asked):
        self.asked.append(asked)
        self.step(asked)
        return self.stores[self.at]

    @contextmanager
    def _rows(self, asked, stream):
        with stream(self._now(asked)) as rows:
            yield (self.step("row") or row for row in rows)

    def commit(self, *given):
        return self._now("commit").commit(*given)

    def get(self, *given):
        return self._now("get").get(*given)

    def find(self, *given):
        return self._now("find").find(*given)

    def page(self, *given):
        return self._now("page").page(*given)

    def count_events(self, *given):
        return self._now("count_events").count_events(*given)

    def head(self, *given):
        return self._now("head").head(*given)

    def stored_faults(self, tenant_id):
        self._now("stored_faults")
        yield f"a fault of {tenant_id}"

    def scan(self, *given):
        return self._rows("scan", lambda store: store.scan(*given))

    def history(self, *given, **part):
        return self._rows("history", lambda store: store.history(*given, **part))

    def close(self):
        self.closed += 1


class Followed(MemoryStore):
    """A primary whose commits wait for a replica to take them."""

    def __init__(self):
        super().__init__()
        self.replica = MemoryStore()
        self._waiting = []
        self._one_at_a_time = RLock()

    def commit(self, tenant_id, changes):
        with self._one_at_a_time:
            sealed = super().commit(tenant_id, changes)
            self._waiting.append((tenant_id, changes))
            return sealed

    def follow(self, most=None):
        """Let the replica take some of the commits that wait, the oldest first."""
        with self._one_at_a_time:
            taken, self._waiting = self._waiting[:most], self._waiting[most:] if most else []
            for tenant_id, changes in taken:
                self.replica.commit(tenant_id, changes)

    def follow_somehow(self):
        """Let the replica take none, one or all of them, by chance."""
        chance = random.random()
        if chance < 0.5:
            self.follow(None if chance < 0.25 else 1)
