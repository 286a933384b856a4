"""Whatever way a SQL store takes to a page, it finds what the filter means."""

from __future__ import annotations

import random
from collections import Counter
from itertools import count

import pytest
from agreement import assert_found
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import create_engine, text

from model_registry.domain.inventory import EVERYTHING, Filter
from model_registry.domain.lifecycle import RiskTier
from model_registry.errors import DamagedData
from model_registry.plugins import open_store
from model_registry.testing import Draft
from model_registry.testing.fakes import listed
from model_registry.testing.strategies import TELLING, filters, texts, tiers
from model_registry_memory import MemoryStore
from model_registry_sql import derived, kept_totals, pages, positions, sqlite_listings
from model_registry_sql.pages import Pages
from model_registry_sql.positions import Positions
from model_registry_sql.sqlite_listings import SqliteListings

TENANTS = ("org_abc", "org_xyz", "Öрг 🦙")
ENTRIES = 120
WORDS = (
    *TELLING,
    "credit risk",
    "欺诈检测模型",
    "a\x01b\x7f\x85c",
    "on\ufffde",
    "on\uffffe",
    "x" * 400,
    "fraud-detector-of-cards",
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def new_url(request, tmp_path_factory):
    if request.param == "postgresql":
        return request.getfixturevalue("new_postgresql_url")
    folder, numbers = tmp_path_factory.mktemp("searches"), count()
    return lambda: f"sqlite:///{folder}/{next(numbers)}.db"


@pytest.fixture
def ways(monkeypatch):
    """Make small inventories go the ways of large ones, and count which ways are gone."""
    monkeypatch.setattr(derived, "_WAITING", 8)
    monkeypatch.setattr(kept_totals, "WORTH_KEEPING", 4)
    for module in (positions, pages):
        monkeypatch.setattr(module, "STEP", 10)
    gone = Counter()

    def counted(kind, name):
        way = getattr(kind, name)

        def followed(*given, **named):
            found = way(*given, **named)
            gone[name] += found is not None
            return found

        monkeypatch.setattr(kind, name, followed)

    monkeypatch.setattr(sqlite_listings, "_FEW", 8)
    for name in ("_walk", "_gather", "_pick", "_count_picked", "_pick_found", "_count_found"):
        counted(SqliteListings, f"{name}_statement")
    counted(kept_totals.KeptTotals, "known")
    counted(Pages, "_far")
    counted(Positions, "nearest")
    return gone


def _fill(stores, tenant_id, chance):
    draft = Draft(tenant_id)

    def some():
        return " ".join(chance.choices(WORDS, k=chance.randrange(1, 4)))

    inserts = [
        draft.insert(
            f"{number} {some()}"[:512],
            display_name=some()[:512],
            description=chance.choice((None, some())),
            provider=chance.choice(("acme", "ACME GmbH", "ﬁrst")),
            risk_tier=chance.choices(list(RiskTier), (1, 2, 20, 100))[0],
        )
        for number in range(ENTRIES)
    ]
    for part in (inserts[:50], inserts[50:53], inserts[53:]):
        for store in stores:
            store.commit(tenant_id, part)
    return draft


class Searching(RuleBasedStateMachine):
    """A SQL store and one in memory, filled alike, searched and changed alike."""

    new_url = None
    tenants = st.sampled_from(TENANTS)

    @initialize(seed=st.integers(0, 10))
    def fill(self, seed):
        self.store, self.other = open_store(type(self).new_url()), MemoryStore()
        both, chance = (self.store, self.other), random.Random(seed)
        self.drafts = {tenant_id: _fill(both, tenant_id, chance) for tenant_id in TENANTS}
        self.numbers = count(ENTRIES)

    def teardown(self):
        if hasattr(self, "store"):
            for tenant_id in TENANTS:
                assert list(self.store.stored_faults(tenant_id)) == []
            self.store.close()

    @rule(tenant_id=tenants, where=filters())
    def search_for_anything(self, tenant_id, where):
        assert_found(self.store, self.other, tenant_id, where)

    @rule(
        tenant_id=tenants,
        word=st.sampled_from(WORDS),
        begin=st.integers(0, 5),
        length=st.integers(1, 8) | st.just(500),
        further=st.sampled_from(["", "risk", "ß", "😀"]) | texts(3),
    )
    def search_for_what_is_there(self, tenant_id, word, begin, length, further):
        where = Filter(search=f"{word[begin : begin + length]} {further}")
        assert_found(self.store, self.other, tenant_id, where)

    @rule(tenant_id=tenants, provider=st.sampled_from([None, "ACME"]), tier=tiers())
    def list_groups(self, tenant_id, provider, tier):
        where = Filter(provider=provider, risk_tier=tier)
        assert_found(self.store, self.other, tenant_id, where)

    @rule(tenant_id=tenants, limit=st.integers(1, 200), offset=st.integers(0, ENTRIES + 20))
    def page_far(self, tenant_id, limit, offset):
        for of in ("page", "documents"):
            asked = (tenant_id, EVERYTHING, limit, offset)
            assert getattr(self.store, of)(*asked) == getattr(self.other, of)(*asked)

    @rule(tenant_id=tenants, words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=3))
    def register(self, tenant_id, words):
        name = f"{next(self.numbers)} {' '.join(words)}"[:512]
        self._commit(tenant_id, self.drafts[tenant_id].insert(name))

    @rule(tenant_id=tenants, place=st.integers(0, ENTRIES), word=st.sampled_from(WORDS))
    def amend(self, tenant_id, place, word):
        entry = self._entry(tenant_id, place)
        if entry is not None:
            change = self.drafts[tenant_id].replace(entry, description=word, provider=word)
            self._commit(tenant_id, change)

    @rule(tenant_id=tenants, place=st.integers(0, ENTRIES), number=st.integers(1, 30))
    def remove(self, tenant_id, place, number):
        found = self.other.page(tenant_id, EVERYTHING, number, place).entries
        self._commit(tenant_id, *map(self.drafts[tenant_id].remove, found))

    @rule(tenant_id=tenants)
    def remove_all(self, tenant_id):
        self._commit(tenant_id, *map(self.drafts[tenant_id].remove, listed(self.other, tenant_id)))

    def _entry(self, tenant_id, place):
        found = self.other.page(tenant_id, EVERYTHING, 1, place).entries
        return found[0] if found else None

    def _commit(self, tenant_id, *changes):
        assert self.store.commit(tenant_id, changes) == self.other.commit(tenant_id, changes)


def test_what_is_found_is_what_the_filter_means(new_url, ways):
    machine = type("SearchMachine", (Searching,), {"new_url": staticmethod(new_url)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_every_way_is_taken_and_finds_the_same(new_url, ways):
    other = MemoryStore()
    with open_store(new_url()) as store:
        draft = _fill((store, other), "org_abc", random.Random(1))
        rare = [
            draft.insert(f"rare {number} {'unheard-of' * (number < 5)}", risk_tier=RiskTier.TIER_1)
            for number in range(9)
        ]
        for each in (store, other):
            each.commit("org_abc", rare)
        for where in (
            Filter(search="credit"),
            Filter(search="credit"),  # now it is known how many there are
            Filter(search="rare 3"),
            Filter(search="rare", risk_tier=RiskTier.TIER_1),
            Filter(search="unheard-of"),
            Filter(search="fraud-detector-of"),
            Filter(risk_tier=RiskTier.TIER_1),
            Filter(risk_tier=RiskTier.TIER_2),
            Filter(risk_tier=RiskTier.TIER_4),
        ):
            assert_found(store, other, "org_abc", where)
        for offset in (0, 11, 50, 128, 500):
            asked = ("org_abc", EVERYTHING, 7, offset)
            assert store.page(*asked) == other.page(*asked)
        expected = {"_far", "nearest"}
        if store.embedded:
            expected |= {"_walk_statement", "_gather_statement", "_pick_statement"}
            expected |= {"_count_picked_statement", "known"}
            expected |= {"_pick_found_statement", "_count_found_statement"}
        assert {way for way, times in ways.items() if times} == expected


def test_every_character_of_a_search_is_itself(new_url, ways):
    other = MemoryStore()
    with open_store(new_url()) as store:
        _fill((store, other), "org_abc", random.Random(1))
        for word in WORDS:
            for length in (1, 2, 3, 1_000):
                where = Filter(search=word[:length])
                assert store.page("org_abc", where, 9, 1) == other.page("org_abc", where, 9, 1), (
                    where
                )
        many = Filter(search=" ".join(f"{number:03}" for number in range(256)))
        assert store.page("org_abc", many, 9, 0).total == 0


def test_an_event_that_tells_too_little_is_damage_and_nothing_else(new_url, ways):
    """What is kept in memory is moved on by the history, which somebody may have edited."""
    url = new_url()
    with open_store(url) as store:
        draft = _fill((store,), "org_abc", random.Random(1))
        search = Filter(search="credit")
        first = store.page("org_abc", search, 9, 0).total, store.page("org_abc", EVERYTHING, 9, 50)
        store.commit("org_abc", [draft.insert("credit")])
        engine = create_engine(url)
        with engine.begin() as connection:
            cut = "UPDATE model_registry_events SET changes = '{}' WHERE sequence > 120"
            connection.execute(text(cut))
        engine.dispose()
        for asked in ((search, 9, 0), (EVERYTHING, 9, 50)):
            try:
                page = store.page("org_abc", *asked)
            except DamagedData:
                continue
            assert page.total in {first[0] + 1, first[1].total + 1}
