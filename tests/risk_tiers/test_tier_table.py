"""In whatever order events arrive, the latest that has arrived decides each model's tier."""

from hypothesis import given
from hypothesis import strategies as st

from model_registry.domain.chain import Head
from model_registry.domain.changes import Action
from model_registry.testing import Draft
from model_registry.testing.fakes import TENANT, told
from model_registry.tier_table import TierTable
from model_registry_memory import MemoryStore

MODELS = ("a", "b", "c")
TIERS = ("tier_1", "tier_2", "tier_3", "tier_4")


@st.composite
def histories(draw):
    """Sealed events of three models that come, change, go and come back."""
    store, draft = MemoryStore(), Draft()
    for _ in range(draw(st.integers(1, 25))):
        model_id, tier = draw(st.sampled_from(MODELS)), draw(st.sampled_from(TIERS))
        entry = store.find(TENANT, [model_id]).get(model_id)
        if entry is None:
            change = draft.insert(model_id, risk_tier=tier)
        elif draw(st.integers(0, 3)) == 0:
            change = draft.remove(entry)
        elif draw(st.booleans()):
            change = draft.replace(entry, risk_tier=tier)
        else:
            change = draft.replace(entry, owner=tier)
        store.commit(TENANT, [change])
    return told(store)


def tiers_after(events):
    tiers = {}
    for event in events:
        if event.action is Action.DELETED:
            tiers.pop(event.model_id, None)
        elif "risk_tier" in event.changes:
            tiers[event.model_id] = event.changes["risk_tier"].after
    return tiers


def head_after(events):
    return Head(len(events), events[-1].sequence, events[-1].hash) if events else Head()


@given(events=histories(), data=st.data())
def test_the_latest_event_that_arrived_wins(events, data):
    table, arrived = TierTable(), set()
    read_at = data.draw(st.integers(0, 10), label="steps before the inventory was read")
    for step in range(data.draw(st.integers(read_at + 1, 30))):
        if step == read_at:
            upto = data.draw(st.integers(0, len(events)), label="read after")
            fresh = TierTable(tiers_after(events[:upto]), head_after(events[:upto]))
            table.replace(fresh)
            arrived |= set(range(upto))
        elif table.head is not None and data.draw(st.booleans(), label="look"):
            since = table.head.sequence
            some = events[since : since + data.draw(st.integers(1, 5))]
            table.take(some)
            arrived |= {event.sequence - 1 for event in some}
        else:
            own = data.draw(st.integers(0, len(events) - 1), label="own commit")
            table.take([events[own]])
            arrived.add(own)
        assert table.known == tiers_after(events[index] for index in sorted(arrived))
        assert table.reach <= len(events)

    table.take(events[table.head.sequence :])
    assert table.known == tiers_after(events)
    assert (table.head.hash, table.ahead) == (events[-1].hash, {})
    assert table.agrees_with(head_after(events))
    assert table.agrees_with(head_after(events[:-1]))
    assert not table.agrees_with(Head(0, len(events), "f" * 64))
    assert not table.agrees_with(Head(0, len(events) + 1, events[-1].hash))


@given(events=histories(), data=st.data())
def test_of_another_history_nothing_is_kept_but_what_arrived_since(events, data):
    table = TierTable()
    table.replace(TierTable({"a": "tier_1", "gone": "tier_1"}, Head(0, 999, "e" * 64)))
    table.distrust()
    assert table.known == {"a": "tier_1", "gone": "tier_1"}
    own = data.draw(st.sampled_from(events))
    table.take([own])
    upto = data.draw(st.integers(0, own.sequence - 1))
    table.replace(TierTable(tiers_after(events[:upto]), head_after(events[:upto])))
    assert table.known == tiers_after([*events[:upto], own])
