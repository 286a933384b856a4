"""The history: canonical bytes, links that break when touched, and the inventory it rebuilds."""

import hashlib
import json

import attrs
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from model_registry import (
    Amendment,
    Registration,
    Registry,
    RegistryError,
    first_broken_link,
    rebuild,
)
from model_registry.codec import (
    entry_from_json,
    entry_to_json,
    event_from_json,
    event_to_json,
)
from model_registry.domain.chain import GENESIS_HASH, canonical
from model_registry.domain.changes import Action, FieldChange
from model_registry.testing import CountedIds, TickingClock, store_state_machine
from model_registry.testing.strategies import amendments, registrations
from model_registry_memory import MemoryStore


@pytest.fixture
def tenant():
    registry = Registry(MemoryStore(), clock=TickingClock(), new_id=CountedIds())
    return registry.tenant("org_abc", actor="alice@example.com")


@pytest.fixture
def events(tenant):
    one = tenant.register(Registration(model_id="one", provider="p", risk_tier="tier_1"))
    two = tenant.register(Registration(model_id="two", provider="p", risk_tier="tier_2"))
    tenant.update(one.id, Amendment(owner="risk", tags={"ü": "1"}))
    tenant.update(two.id, Amendment())
    tenant.delete(two.id)
    return tenant.history().events


def test_canonical_form_of_the_rfc():
    # RFC 8785, sections 3.2.2 and 3.2.3, without its numbers.
    given_value = {
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    expected = '{"literals":[null,true,false],"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    assert canonical(given_value).decode() == expected
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    ordered = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical(dict.fromkeys(keys)))) == ordered


texts = st.text(st.characters(codec="utf-8"))


@given(st.dictionaries(texts, texts | st.none()))
def test_canonical_keys_are_in_the_order_of_their_utf_16_units(value):
    written = list(json.loads(canonical(value)))
    assert written == sorted(value, key=lambda key: key.encode("utf-16-be"))


def test_anybody_can_check_a_hash_from_outside(events):
    previous = "0" * 64
    for event in events:
        served = json.loads(json.dumps(event_to_json(event)))
        claimed = served.pop("hash")
        text = json.dumps(served, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert hashlib.sha256(text.encode()).hexdigest() == claimed
        assert served["previous_hash"] == previous
        previous = claimed


def test_the_first_link_and_what_events_say(events):
    assert events[0].previous_hash == GENESIS_HASH
    assert [event.action for event in events] == [
        Action.REGISTERED, Action.REGISTERED, Action.UPDATED, Action.UPDATED, Action.DELETED
    ]  # fmt: skip
    assert events[2].changes == {
        "owner": FieldChange(None, "risk"),
        "tags": FieldChange({}, {"ü": "1"}),
    }
    assert events[3].changes == {}
    assert len(events[0].changes) == len(events[4].changes) == 13
    assert events[0].changes["owner"] == FieldChange(None, None)
    assert events[4].changes["risk_tier"] == FieldChange("tier_2", None)


@pytest.mark.parametrize(
    "edit",
    [
        {"actor": "mallory"},
        {"at": TickingClock()()},
        {"action": Action.DISCOVERED},
        {"entry_id": "x"},
        {"model_id": "x"},
        {"changes": {}},
        {"tenant_id": "org_xyz"},
        {"sequence": 9},
        {"previous_hash": "1" * 64},
        {"hash": "1" * 64},
    ],
    ids=lambda edit: next(iter(edit)),
)
def test_an_edited_event_is_found(events, edit):
    history = list(events)
    history[2] = attrs.evolve(history[2], **edit)
    assert first_broken_link(events) is None
    assert first_broken_link(history) == 3


def test_a_dropped_doubled_or_moved_event_is_found(events):
    one, two, three, four, five = events
    assert first_broken_link([one, two, four, five]) == 3
    assert first_broken_link([two, three, four, five]) == 1
    assert first_broken_link([one, two, two, three, four, five]) == 3
    assert first_broken_link([one, three, two, four, five]) == 2


@given(
    st.lists(registrations(), max_size=4, unique_by=lambda given: given.model_id),
    st.lists(st.tuples(st.integers(0, 3), st.none() | amendments()), max_size=8),
)
@settings(deadline=None)
def test_a_history_rebuilds_its_inventory_and_survives_json(made, steps):
    tenant = Registry(MemoryStore(), clock=TickingClock()).tenant("org_abc")
    ids = [tenant.register(given).id for given in made]
    for number, amendment in steps:
        try:
            if amendment is None:
                tenant.delete(ids[number])
            else:
                tenant.update(ids[number], amendment)
        except (IndexError, RegistryError):
            continue
    history = tenant.history(limit=200).events
    entries = {entry.id: entry for entry in tenant.list(limit=200).entries}
    assert rebuild(history) == entries
    for event in history:
        assert event_from_json(json.loads(json.dumps(event_to_json(event)))) == event
    for entry in entries.values():
        assert entry_from_json(json.loads(json.dumps(entry_to_json(entry)))) == entry


def test_the_state_machine_finds_a_store_that_forgets():
    class Forgetful(MemoryStore):
        def commit(self, tenant_id, changes):
            sealed = super().commit(tenant_id, changes)
            self._inventories = dict(list(self._inventories.items())[:1])
            return sealed

    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            store_state_machine(Forgetful),
            settings=settings(deadline=None, database=None, phases=[Phase.generate]),
        )
