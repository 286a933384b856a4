"""What every store must keep when it is read: order, filters, streams, history."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain

import pytest
from hypothesis import given, settings

from model_registry.domain.chain import Head, first_broken_link
from model_registry.domain.entry import ModelEntry
from model_registry.domain.inventory import EVERYTHING, Documents, Filter, in_order
from model_registry.domain.replay import rebuild
from model_registry.ports import Store
from model_registry.testing.fakes import START, TENANT, Draft, listed, told
from model_registry.testing.strategies import TELLING, filters
from model_registry.written import Form, entry_document, written


class ReadStoreContract:
    """The part of ``StoreContract`` about reading."""

    def test_newest_first_and_ties_by_id(self, store: Store) -> None:
        for batch, day in enumerate((2, 1, 2, 3, 1)):
            draft = Draft(TENANT, lambda day=day: START + timedelta(days=day))  # type: ignore[misc]  # mypy does not infer a lambda with a default
            store.commit(TENANT, [draft.insert(f"{batch}-{n}") for n in range(3)])
        expected = in_order(listed(store))

        assert listed(store) == expected
        pages = [store.page(TENANT, EVERYTHING, 4, offset) for offset in range(0, 16, 4)]
        assert [entry for page in pages for entry in page.entries] == expected
        assert {page.total for page in pages} == {15}
        assert store.page(TENANT, EVERYTHING, 200, 2**31).entries == ()

    @pytest.fixture
    def varied(self, store: Store, draft: Draft) -> list[ModelEntry]:
        """Give a store with entries that are hard to tell apart."""
        inserts = [
            draft.insert(
                f"{text} {tier}",
                provider=text[::-1],
                display_name=text.upper(),
                description=None if tier == "tier_1" else f"of {text} and İ",
                risk_tier=tier,
                validation_status=status,
            )
            for text in TELLING
            for tier, status in (("tier_1", "draft"), ("tier_2", "validated"))
        ]
        store.commit(TENANT, inserts)
        return [insert.entry for insert in inserts]

    def test_filters_mean_what_they_mean_in_python(
        self, store: Store, varied: list[ModelEntry]
    ) -> None:
        @given(where=filters())
        @settings(max_examples=60, deadline=None)
        def agrees(where: Filter) -> None:
            expected = in_order(filter(where.matches, varied))
            assert listed(store, where=where) == expected
            page = store.page(TENANT, where, 3, 1)
            assert (page.total, list(page.entries)) == (len(expected), expected[1:4])
            texts = tuple(map(entry_document, expected[1:4]))
            assert store.documents(TENANT, where, 3, 1) == Documents(len(expected), texts)

        agrees()

    @pytest.mark.parametrize("text", [*TELLING, "%", "_", "*", "(", "strasse", "i̇", "fi", "of and"])
    def test_search_and_provider_take_every_character_as_it_is(
        self, store: Store, varied: list[ModelEntry], text: str
    ) -> None:
        for where in (Filter(search=text), Filter(provider=text), Filter(provider=text[::-1])):
            assert listed(store, where=where) == in_order(filter(where.matches, varied))

    # Streams

    def test_a_scan_is_one_consistent_state(self, store: Store, draft: Draft) -> None:
        inserts = [draft.insert(f"model-{number}") for number in range(300)]
        store.commit(TENANT, inserts)

        with store.scan(TENANT, EVERYTHING) as entries:
            seen = [next(entries)]
            store.commit(TENANT, [draft.remove(inserts[0].entry), draft.insert("late")])
            seen.extend(entries)
        assert seen == in_order(insert.entry for insert in inserts)

    def test_texts_are_those_of_their_entries(self, store: Store, varied: list[ModelEntry]) -> None:
        expected = in_order(varied)
        for form in Form:
            with store.lines(TENANT, EVERYTHING, form) as blocks:
                assert list(chain(*blocks)) == [written(entry, form) for entry in expected]
        for entry in expected:
            assert store.document(TENANT, entry.id) == entry_document(entry)
            assert store.document("org_xyz", entry.id) is None

    def test_streams_may_be_left_early(self, store: Store, draft: Draft) -> None:
        store.commit(TENANT, [draft.insert(f"model-{number}") for number in range(300)])
        for _ in range(40):
            with store.scan(TENANT, EVERYTHING) as entries:
                next(entries)
            with store.history(TENANT) as events:
                next(events)
        store.commit(TENANT, [draft.insert("late")])
        assert store.head(TENANT).sequence == 301

    # History

    def test_the_heads_of_many_tenants_are_those_of_each(self, store: Store) -> None:
        tenants = ["org_abc", "org_xyz", "ünï's %_\"tenant", *(f"org_{n}" for n in range(3_000))]
        for count, tenant_id in enumerate(tenants[:3], 1):
            draft = Draft(tenant_id)
            store.commit(tenant_id, [draft.insert(f"model-{n}") for n in range(count)])

        heads = store.heads(tenants)
        assert list(heads) == tenants
        assert [heads[tenant_id] for tenant_id in tenants[:3]] == [
            store.head(tenant_id) for tenant_id in tenants[:3]
        ]
        assert set(map(heads.get, tenants[3:])) == {Head()}
        assert store.heads([]) == {}

    def test_the_history_is_a_chain_that_rebuilds_the_inventory(
        self, store: Store, draft: Draft
    ) -> None:
        store.commit(TENANT, [kept := draft.insert("kept"), gone := draft.insert("gone")])
        store.commit(TENANT, [draft.adopt("adopted", START)])
        store.commit(TENANT, [draft.replace(kept.entry, owner="risk", description="d")])
        store.commit(TENANT, [draft.remove(gone.entry)])

        history = told(store)
        assert [event.sequence for event in history] == [1, 2, 3, 4, 5]
        assert first_broken_link(history) is None
        assert rebuild(history) == {entry.id: entry for entry in listed(store)}

    def test_part_of_a_history(self, store: Store, draft: Draft) -> None:
        store.commit(TENANT, [one := draft.insert("one"), draft.insert("two")])
        store.commit(TENANT, [two := draft.replace(one.entry, owner="a")])
        store.commit(TENANT, [draft.replace(two.after, owner="b")])

        def sequences(**part: object) -> list[int]:
            with store.history(TENANT, **part) as events:  # type: ignore[arg-type]  # keyword options of several types
                return [event.sequence for event in events]

        assert sequences(entry_id=one.entry.id) == [1, 3, 4]
        assert sequences(after=2) == [3, 4]
        assert sequences(entry_id=one.entry.id, after=1, until=two.event.at) == [3]
        assert sequences(until=START - timedelta(1)) == []
        assert (store.count_events(TENANT), store.count_events(TENANT, one.entry.id)) == (4, 3)
