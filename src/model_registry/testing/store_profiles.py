"""What every store must keep of risk profiles, which lie in the history; and whose it has."""

from __future__ import annotations

from datetime import datetime

import pytest

from model_registry.domain.changes import Seen
from model_registry.domain.replay import rebuild
from model_registry.errors import ConcurrentUpdate, StoreError
from model_registry.ports import Store
from model_registry.testing.fakes import TENANT, Draft, told


class ProfileStoreContract:
    """The part of ``StoreContract`` about risk profiles and tenants."""

    def test_a_risk_profile_is_a_change_of_its_entry(self, store: Store, draft: Draft) -> None:
        store.commit(TENANT, [insert := draft.insert("gpt-4o")])
        finding = {"id": "a.b", "title": 'a "risk_profile. é', "severity": "high"}
        first = draft.profile(insert.entry, purpose="\u202eSTRASSE", findings=[finding])
        (event,) = store.commit(TENANT, [first])

        assert list(event.changes) == ["risk_profile.purpose", "risk_profile.findings.a.b"]
        assert store.get(TENANT, insert.entry.id) == first.after
        assert first.after.updated_at > insert.entry.updated_at
        assert told(store)[1] == event
        assert rebuild(told(store)) == {insert.entry.id: first.after}
        # Whoever decides upon an entry decides upon its profile too.
        for stale in (draft.profile(insert.entry, purpose="x"), draft.replace(insert.entry)):
            with pytest.raises(ConcurrentUpdate):
                store.commit(TENANT, [stale])

    def test_the_events_of_risk_profiles_are_told_alone(self, store: Store, draft: Draft) -> None:
        quoting = '"risk_profile.purpose"'
        inserts = [draft.insert(name, description=quoting) for name in ("gpt-4o", "claude-2")]
        changes = [draft.profile(each.entry, purpose=quoting) for each in inserts]
        one, other = (each.after for each in changes)
        amended = draft.replace(one, description="x", tags={"risk_profile.purpose": ""})
        sealed = store.commit(TENANT, [*inserts, *changes, amended])
        store.commit("org_xyz", [Draft("org_xyz").insert("gpt-4o", description=quoting)])
        store.commit(TENANT, [draft.remove(other)])

        def told_of(entry_id: str | None = None, until: datetime | None = None) -> list[int]:
            with store.profile_events(TENANT, entry_id, until) as events:
                found = list(events)
            assert all(event in sealed for event in found)
            return [event.sequence for event in found]

        assert told_of() == [3, 4]
        assert (told_of(one.id), told_of(other.id)) == ([3], [4])
        assert told_of(until=sealed[2].at) == [3]
        with store.profile_events("org_xyz") as events:
            assert list(events) == []

    # Tenants

    def test_the_tenants_are_those_that_had_an_entry_or_cannot_be_told(self, store: Store) -> None:
        for tenant in ("é", "org_xyz", "ORG_ABC", "org_abc"):
            store.commit(tenant, [insert := Draft(tenant).insert()])
        store.commit("unheard-of", [Seen("gpt-4o", insert.entry.created_at)])
        if type(store).tenants is Store.tenants:
            with pytest.raises(StoreError):
                store.tenants()
            return
        assert list(store.tenants()) == ["ORG_ABC", "org_abc", "org_xyz", "é"]
