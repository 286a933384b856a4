"""What every store must keep when it is written: inserts, changes, observations, tenants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import attrs
import pytest

from model_registry.domain.chain import Head, event_hash
from model_registry.domain.changes import Action, Seen
from model_registry.domain.entry import ENTRY_FIELDS
from model_registry.domain.inventory import EVERYTHING, in_order
from model_registry.errors import ConcurrentUpdate, ModelAlreadyExists, ModelNotFound
from model_registry.ports import Store
from model_registry.testing.fakes import START, TENANT, Draft, listed, told
from model_registry.testing.strategies import TELLING


class WrittenStoreContract:
    """The part of ``StoreContract`` about writing."""

    # Nothing yet

    def test_a_new_tenant_has_nothing(self, store: Store) -> None:
        assert store.head(TENANT) == Head()
        assert store.page(TENANT, EVERYTHING, 50, 0).total == 0
        assert store.get(TENANT, "00000000-0000-0000-0000-000000000001") is None
        assert store.find(TENANT, ["gpt-4o"]) == {}
        assert (listed(store), told(store), store.count_events(TENANT)) == ([], [], 0)

    def test_a_commit_of_nothing_changes_nothing(self, store: Store) -> None:
        assert store.commit(TENANT, []) == ()
        assert store.head(TENANT) == Head()

    # Insert

    def test_an_inserted_entry_is_found_in_every_way(self, store: Store, draft: Draft) -> None:
        insert = draft.insert("gpt-4o", owner="risk", description="x", tags={"b": "2", "a": "1"})
        events = store.commit(TENANT, [insert])

        entry = insert.entry
        assert store.get(TENANT, entry.id) == entry
        assert store.find(TENANT, ["gpt-4o", "other"]) == {"gpt-4o": entry}
        assert store.page(TENANT, EVERYTHING, 50, 0).entries == (entry,)
        assert listed(store) == [entry]
        assert told(store) == list(events)
        assert store.head(TENANT) == Head(1, 1, events[0].hash)
        found = store.get(TENANT, entry.id)
        for name in ENTRY_FIELDS:
            assert type(getattr(found, name)) is type(getattr(entry, name)), name
        assert found is not None
        assert found.created_at.tzinfo is UTC

    def test_a_model_id_is_unique_in_its_tenant(self, store: Store, draft: Draft) -> None:
        store.commit(TENANT, [draft.insert("gpt-4o")])
        before = store.head(TENANT)

        with pytest.raises(ModelAlreadyExists) as caught:
            store.commit(TENANT, [draft.insert("new"), draft.insert("gpt-4o")])
        assert caught.value.model_id == "gpt-4o"
        assert store.head(TENANT) == before
        assert store.find(TENANT, ["new"]) == {}

    def test_a_batch_cannot_insert_one_model_id_twice(self, store: Store, draft: Draft) -> None:
        with pytest.raises(ModelAlreadyExists):
            store.commit(TENANT, [draft.insert("gpt-4o"), draft.insert("gpt-4o")])
        assert store.head(TENANT) == Head()

    def test_model_ids_are_compared_character_by_character(
        self, store: Store, draft: Draft
    ) -> None:
        ids = [
            "gpt-4o",
            "GPT-4o",
            "gpt-4o ",
            "é",
            "e\u0301",
            "ß",
            "ss",
            "%",
            "_",
            "'",
            "\\",
        ]  # look-alikes are the point
        store.commit(TENANT, [draft.insert(model_id) for model_id in ids])

        assert set(store.find(TENANT, [*ids, "Gpt-4o", "E", "gpt-4o  "])) == set(ids)

    def test_what_is_stored_comes_back_equal(self, store: Store) -> None:
        at = datetime(2026, 3, 13, 23, 59, 59, 999_999, tzinfo=UTC)
        draft = Draft(TENANT, lambda: at)
        texts = [*TELLING, "a\tb\r\nc", "\u202eabc", "e\u0301", "\ufeffx", "x\u2028y", "x" * 512]
        inserts = [
            draft.insert(
                text, provider=text, display_name=text, owner=text, tags={text[:128]: text}
            )
            for text in texts
        ]
        inserts.append(draft.insert("long", description="é" * 10_000))
        inserts.append(draft.insert("empty", description="", tags={"empty": ""}))
        sealed = store.commit(TENANT, inserts)

        assert [store.get(TENANT, i.entry.id) for i in inserts] == [i.entry for i in inserts]
        assert told(store) == list(sealed)
        assert all(event.hash == event_hash(event) for event in told(store))

    def test_the_longest_ids_have_room(self, store: Store) -> None:
        # Four bytes a character, and nothing for a compression to get hold of.
        random = Random(1)
        tenant, model_id = (
            "".join(chr(random.randrange(0x20000, 0x2A000)) for _ in range(length))
            for length in (128, 512)
        )
        store.commit(tenant, [insert := Draft(tenant).insert(model_id)])
        assert store.find(tenant, [model_id]) == {model_id: insert.entry}

    def test_a_large_commit_is_one_commit(self, store: Store, draft: Draft) -> None:
        inserts = [draft.insert(f"model-{number}") for number in range(2_500)]
        store.commit(TENANT, inserts)

        head = store.head(TENANT)
        assert (head.revision, head.sequence) == (1, 2_500)
        assert listed(store) == in_order(insert.entry for insert in inserts)
        many = [f"model-{number}" for number in range(0, 40_000, 2)]
        assert len(store.find(TENANT, many)) == 1_250

    # Replace and remove

    def test_a_replaced_entry_is_the_new_one(self, store: Store, draft: Draft) -> None:
        store.commit(TENANT, [insert := draft.insert("gpt-4o")])
        before = insert.entry
        replace = draft.replace(before, owner="risk", risk_tier="tier_1", tags={"a": "1"})
        (event,) = store.commit(TENANT, [replace])

        assert store.get(TENANT, before.id) == replace.after
        assert listed(store) == [replace.after]
        assert (event.action, set(event.changes)) == (
            Action.UPDATED,
            {"owner", "risk_tier", "tags"},
        )

    def test_a_change_without_a_difference_still_has_its_event(
        self, store: Store, draft: Draft
    ) -> None:
        store.commit(TENANT, [insert := draft.insert("gpt-4o")])
        (event,) = store.commit(TENANT, [draft.replace(insert.entry)])

        assert event.changes == {}
        assert store.get(TENANT, insert.entry.id) == insert.entry

    def test_a_decision_upon_an_outdated_entry_is_refused(self, store: Store, draft: Draft) -> None:
        store.commit(TENANT, [insert := draft.insert("gpt-4o")])
        store.commit(TENANT, [replace := draft.replace(insert.entry, owner="risk")])
        head = store.head(TENANT)

        for stale in (draft.replace(insert.entry, owner="me"), draft.remove(insert.entry)):
            with pytest.raises(ConcurrentUpdate):
                store.commit(TENANT, [draft.insert("other"), stale])
        assert store.head(TENANT) == head
        assert listed(store) == [replace.after]

    def test_an_observation_is_no_conflict_and_is_kept(self, store: Store, draft: Draft) -> None:
        store.commit(TENANT, [insert := draft.insert("gpt-4o")])
        store.commit(TENANT, [Seen("gpt-4o", START)])
        replace = draft.replace(insert.entry, owner="risk")
        store.commit(TENANT, [replace])

        kept = attrs.evolve(replace.after, last_seen_at=START)
        assert store.get(TENANT, insert.entry.id) == kept
        store.commit(TENANT, [draft.remove(replace.after), draft.insert("gpt-4o")])

    def test_a_removed_entry_is_gone_and_its_history_stays(
        self, store: Store, draft: Draft
    ) -> None:
        store.commit(TENANT, [insert := draft.insert("gpt-4o")])
        store.commit(TENANT, [draft.remove(insert.entry)])

        assert store.get(TENANT, insert.entry.id) is None
        assert (listed(store), store.find(TENANT, ["gpt-4o"])) == ([], {})
        assert [event.action for event in told(store)] == [Action.REGISTERED, Action.DELETED]
        for change in (draft.replace(insert.entry, owner="x"), draft.remove(insert.entry)):
            with pytest.raises(ModelNotFound):
                store.commit(TENANT, [change])

    def test_changes_take_effect_in_their_order(self, store: Store, draft: Draft) -> None:
        store.commit(TENANT, [first := draft.insert("gpt-4o")])
        again = draft.insert("gpt-4o")
        amended = draft.replace(again.entry, owner="risk")
        events = store.commit(TENANT, [draft.remove(first.entry), again, amended])

        assert [event.sequence for event in events] == [2, 3, 4]
        assert store.find(TENANT, ["gpt-4o"]) == {"gpt-4o": amended.after}
        assert store.count_events(TENANT, first.entry.id) == 2

    # Observations

    def test_last_seen_moves_forward_only_and_makes_no_event(
        self, store: Store, draft: Draft
    ) -> None:
        store.commit(TENANT, [insert := draft.insert("gpt-4o")])
        later, earlier = START + timedelta(days=1), START - timedelta(days=1)

        assert store.commit(TENANT, [Seen("gpt-4o", later)]) == ()
        head = store.head(TENANT)
        assert (head.revision, head.sequence) == (2, 1)
        assert store.commit(TENANT, [Seen("gpt-4o", earlier), Seen("unheard-of", later)]) == ()
        assert store.head(TENANT) == head
        seen = attrs.evolve(insert.entry, last_seen_at=later)
        assert store.get(TENANT, insert.entry.id) == seen
        assert store.count_events(TENANT) == 1

    # Tenants

    def test_tenants_never_see_each_other(self, store: Store) -> None:
        tenants = ["org_abc", "ORG_ABC", "org_abc ", "org", "../../etc", "a'b\"", "é", "%"]
        inserts = {tenant: Draft(tenant).insert("gpt-4o", owner=tenant) for tenant in tenants}
        for tenant, insert in inserts.items():
            store.commit(tenant, [insert])

        for tenant, insert in inserts.items():
            assert listed(store, tenant) == [insert.entry]
            assert store.find(tenant, ["gpt-4o"]) == {"gpt-4o": insert.entry}
            assert [event.entry_id for event in told(store, tenant)] == [insert.entry.id]
            assert store.head(tenant).sequence == 1
            for other in set(tenants) - {tenant}:
                assert store.get(other, insert.entry.id) is None
                assert store.count_events(other, insert.entry.id) == 0

    def test_a_tenant_cannot_change_anothers_entry(self, store: Store, draft: Draft) -> None:
        store.commit(TENANT, [insert := draft.insert("gpt-4o")])
        for change in (draft.replace(insert.entry, owner="x"), draft.remove(insert.entry)):
            with pytest.raises(ModelNotFound):
                store.commit("org_xyz", [change])
        store.commit("org_xyz", [Seen("gpt-4o", START)])

        assert listed(store) == [insert.entry]
        assert store.head("org_xyz") == Head()

    # Closing

    def test_closing_twice_is_no_error(self, store: Store) -> None:
        store.close()
        store.close()
