"""A third party's backend, as short as one can be: a pickle of all it holds, in one file."""

import pickle
from contextlib import nullcontext
from pathlib import Path
from threading import RLock

from model_registry.domain.chain import Head, advanced, seal
from model_registry.domain.inventory import Page, in_order
from model_registry.domain.outcome import outcome_of
from model_registry.ports import Store


class AcmeStore(Store):
    def __init__(self, url):
        self.path, self.lock = Path(url.removeprefix("acme://")), RLock()

    def tenant(self, tenant_id):
        held = pickle.loads(self.path.read_bytes()) if self.path.exists() else {}
        return held, *held.get(tenant_id, ({}, (), Head()))

    def commit(self, tenant_id, changes):
        with self.lock:
            held, entries, events, head = self.tenant(tenant_id)
            named = {entry.model_id: entry for entry in entries.values()}
            if not (outcome := outcome_of(changes, entries.get, named.get)):
                return ()
            merged = {**entries, **outcome.entries}
            entries = {key: entry for key, entry in merged.items() if entry}
            sealed = seal(outcome.events, tenant_id, head)
            held[tenant_id] = (entries, events + sealed, advanced(head, sealed))
            self.path.with_suffix(".new").write_bytes(pickle.dumps(held))
            self.path.with_suffix(".new").replace(self.path)
            return sealed

    def get(self, tenant_id, entry_id):
        return self.tenant(tenant_id)[1].get(entry_id)

    def find(self, tenant_id, model_ids):
        entries = {entry.model_id: entry for entry in self.tenant(tenant_id)[1].values()}
        return {model_id: entries[model_id] for model_id in model_ids if model_id in entries}

    def page(self, tenant_id, where, limit, offset):
        found = in_order(filter(where.matches, self.tenant(tenant_id)[1].values()))
        return Page(len(found), tuple(found[offset : offset + limit]))

    def scan(self, tenant_id, where):
        return nullcontext(
            iter(in_order(filter(where.matches, self.tenant(tenant_id)[1].values())))
        )

    def history(self, tenant_id, entry_id=None, after=0, until=None):
        events = [e for e in self.tenant(tenant_id)[2][after:] if entry_id in (None, e.entry_id)]
        return nullcontext(iter([e for e in events if until is None or e.at <= until]))

    def count_events(self, tenant_id, entry_id=None):
        return sum(entry_id in (None, event.entry_id) for event in self.tenant(tenant_id)[2])

    def head(self, tenant_id):
        return self.tenant(tenant_id)[3]

    def close(self):
        pass
