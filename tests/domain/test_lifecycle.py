"""The validation lifecycle: what is permitted, and that nothing else ever happens."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_registry import (
    DEFAULT_LIFECYCLE,
    Amendment,
    InvalidStatusTransition,
    Lifecycle,
    Registration,
    Registry,
    ValidationStatus,
)
from model_registry.testing import TickingClock
from model_registry.testing.strategies import statuses
from model_registry_memory import MemoryStore

D, P, I, R, V, X = ValidationStatus  # noqa: E741  # one letter a status keeps the table readable

# Written out a second time on purpose: the table is the specification.
LEGAL = {
    (D, P), (D, X),
    (P, I), (P, D), (P, X),
    (I, V), (I, R), (I, P), (I, X),
    (R, P), (R, I), (R, X),
    (V, P), (V, I), (V, R), (V, X),
}  # fmt: skip


@pytest.mark.parametrize("current", ValidationStatus)
@pytest.mark.parametrize("following", ValidationStatus)
def test_every_pair_of_statuses(current, following):
    legal = current is following or (current, following) in LEGAL
    assert DEFAULT_LIFECYCLE.may_move(current, following) is legal
    if not legal:
        with pytest.raises(InvalidStatusTransition) as caught:
            DEFAULT_LIFECYCLE.require(current, following)
        assert set(caught.value.allowed) == {str(b) for a, b in LEGAL if a is current}


@given(first=statuses(), wishes=st.lists(statuses(), max_size=30))
@settings(deadline=None)
def test_on_any_path_legal_moves_happen_and_illegal_ones_change_nothing(first, wishes):
    registry = Registry(MemoryStore(), clock=TickingClock())
    tenant = registry.tenant("org_abc")
    entry = tenant.register(
        Registration(model_id="m", provider="p", risk_tier="tier_1", validation_status=first)
    )
    path = [first]
    for wish in wishes:
        head = tenant.head()
        amendment = Amendment(validation_status=wish)
        if path[-1] is wish or (path[-1], wish) in LEGAL:
            entry = tenant.update(entry.id, amendment)
            path.append(wish)
            assert tenant.head().sequence == head.sequence + 1
        else:
            with pytest.raises(InvalidStatusTransition) as caught:
                tenant.update(entry.id, amendment)
            assert (caught.value.current, caught.value.requested) == (path[-1], wish)
            assert tenant.head() == head
        assert tenant.get(entry.id).validation_status is path[-1]
    moves = [
        event.changes["validation_status"]
        for event in tenant.history(limit=200).events[1:]
        if event.changes
    ]
    walked = [status for n, status in enumerate(path) if n == 0 or path[n - 1] is not status]
    assert [(move.before, move.after) for move in moves] == list(pairwise(walked))


tables = st.dictionaries(statuses(), st.frozensets(statuses()), max_size=6).map(
    lambda table: {current: after - {current} for current, after in table.items()}
)


@given(table=tables, current=statuses(), following=statuses())
def test_a_hosts_own_table_is_obeyed(table, current, following):
    lifecycle = Lifecycle(table)
    permitted = following in table.get(current, ()) or current is following
    assert lifecycle.may_move(current, following) is permitted
    assert set(lifecycle.allowed(current)) == set(table.get(current, ()))


def test_a_hosts_own_table_reaches_the_use_cases():
    lifecycle = Lifecycle({"draft": ["validated"]})
    tenant = Registry(MemoryStore(), lifecycle=lifecycle).tenant("org_abc")
    entry = tenant.register(Registration(model_id="m", provider="p", risk_tier="tier_1"))

    assert tenant.update(entry.id, Amendment(validation_status="validated"))
    with pytest.raises(InvalidStatusTransition, match="none, it is final"):
        tenant.update(entry.id, Amendment(validation_status="draft"))


def test_a_table_with_a_loop_or_an_unknown_status_is_refused():
    with pytest.raises(ValueError, match="cannot move to itself: draft"):
        Lifecycle({"draft": ["draft"]})
    with pytest.raises(ValueError, match="approved"):
        Lifecycle({"draft": ["approved"]})
