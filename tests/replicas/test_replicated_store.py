"""A store with a replica is a store like any other, and never shows what the primary would not."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lagging import Followed, Standing, states

from model_registry import Registry, ReplicatedStore, Store
from model_registry.domain.inventory import EVERYTHING
from model_registry.testing import Draft, StoreContract, store_state_machine
from model_registry.testing.fakes import listed, told
from model_registry.written import Form
from model_registry_memory import MemoryStore

TENANT = "org_abc"

_pages = Counter()


class _Told(MemoryStore):
    """Tells who was asked for pages, and moves the replica before each look."""

    def __init__(self, name, primary):
        super().__init__()
        self._name, self._primary = name, primary
        self._inventories = (primary if name == "primary" else primary.replica)._inventories

    def commit(self, tenant_id, changes):
        return self._primary.commit(tenant_id, changes)

    def head(self, tenant_id):
        self._primary.follow_somehow()
        return super().head(tenant_id)

    def page(self, *given):
        _pages[self._name] += 1
        return super().page(*given)


def lagging_store():
    primary = Followed()
    return ReplicatedStore(_Told("primary", primary), _Told("replica", primary))


class TestReplicatedStore(StoreContract):
    @pytest.fixture
    def store(self):
        with lagging_store() as store:
            yield store


TestReplicatedStateMachine = store_state_machine(lagging_store).TestCase
TestReplicatedStateMachine.settings = settings(
    max_examples=20, stateful_step_count=20, deadline=None
)


def test_both_were_asked():
    with lagging_store() as store:
        for _ in range(50):
            store.commit(TENANT, [Draft().insert(f"model-{_pages.total()}")])
            store.page(TENANT, EVERYTHING, 1, 0)
    assert min(_pages["primary"], _pages["replica"]) > 5


# Whatever happens between two steps of a read

READS = {
    "page": lambda store: store.page(TENANT, EVERYTHING, 200, 0).total,
    "documents": lambda store: store.documents(TENANT, EVERYTHING, 200, 0).total,
    "events": lambda store: len(store.events(TENANT, None, 200, 0)),
    "count_events": lambda store: store.count_events(TENANT),
    "scan": lambda store: len(listed(store)),
    "history": lambda store: len(told(store)),
    "lines": lambda store: sum(map(len, lines(store))),
}
STATES = states(4)


def lines(store):
    with store.lines(TENANT, EVERYTHING, Form.CSV) as blocks:
        return list(blocks)


MOVES = st.sampled_from([(0, 0)] * 6 + [(1, 0), (0, 1), (0, 2), (1, 1)])


@given(
    st.tuples(st.integers(0, 4), st.integers(0, 4)),
    st.lists(MOVES, min_size=30, max_size=30),
    st.lists(st.sampled_from(sorted(READS)), min_size=4, max_size=4),
)
@settings(max_examples=400, deadline=None)
def test_a_read_is_of_a_state_that_the_primary_had_meanwhile(starts, moves, names):
    """The replica may lag, and may be ahead of what the primary shows: both only move forward."""
    moves = iter(moves)

    def step(_asked):
        by_primary, by_replica = next(moves, (0, 0))
        primary.at = min(primary.at + by_primary, 4)
        replica.at = max(replica.at, min(replica.at + by_replica, primary.at + 1, 4))

    primary, replica = (Standing(STATES, at=start, step=step) for start in starts)
    with ReplicatedStore(primary, replica) as store:
        for name in names:
            before = primary.at
            seen = READS[name](store)
            assert before <= seen <= primary.at


@pytest.mark.parametrize("name", sorted(READS))
def test_a_replica_that_is_up_to_date_spares_the_primary_the_read(name):
    primary, replica = Standing(STATES, at=4), Standing(STATES, at=4)
    with ReplicatedStore(primary, replica) as store:
        assert READS[name](store) == 4
    assert primary.asked == ["head"]
    assert replica.asked[0] == replica.asked[-1] == "head"
    assert len(replica.asked) == 3


@pytest.mark.parametrize("name", sorted(READS))
def test_a_replica_that_falls_back_while_the_primary_is_asked_is_found_out(name):
    """A standby that is started again may: so the primary is asked first, and not in between."""

    def fall_back(_asked):
        replica.at = 1

    def catch_up(asked):
        if asked == "head" and len(replica.asked) > 2:
            replica.at = 4

    primary = Standing(STATES, at=4, step=fall_back)
    replica = Standing(STATES, at=4, step=catch_up)
    with ReplicatedStore(primary, replica) as store:
        assert READS[name](store) == 4


def test_a_verification_is_of_what_is_written_itself():
    primary, replica = Standing(STATES, at=4), Standing(STATES, at=4)
    with ReplicatedStore(primary, replica) as store:
        tenant = Registry(store).tenant(TENANT)
        tenant.verify()
        assert tenant.checkpoint().size == 4
    assert "history" in primary.asked
    assert "history" not in replica.asked
    assert "scan" not in replica.asked


def test_every_method_of_the_port_has_its_place():
    port = {name for name, method in vars(Store).items() if callable(method) and name[0] != "_"}
    assert port <= vars(ReplicatedStore).keys()


def test_what_costs_as_little_as_a_look_is_asked_of_the_primary():
    primary, replica = Standing([MemoryStore()]), Standing([MemoryStore()])
    insert = Draft().insert("gpt-4o")
    with ReplicatedStore(primary, replica) as store:
        assert not store.embedded
        store.commit(TENANT, [insert])
        assert store.get(TENANT, insert.entry.id) == insert.entry
        assert store.find(TENANT, ["gpt-4o"]) == {"gpt-4o": insert.entry}
        assert insert.entry.id in store.document(TENANT, insert.entry.id)
        assert store.head(TENANT) == store.heads([TENANT])[TENANT] != store.head("org_xyz")
        assert list(store.stored_faults(TENANT)) == ["a fault of org_abc"]
    assert replica.asked == []
    assert (primary.closed, replica.closed) == (1, 1)
