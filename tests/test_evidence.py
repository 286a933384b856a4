"""As of, verification and checkpoints, through the use cases."""

import csv
import io
from contextlib import contextmanager
from datetime import datetime, timedelta

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_registry import (
    Amendment,
    Checkpoint,
    DamagedData,
    Filter,
    ModelNotFound,
    Registration,
    Registry,
    RegistryError,
    ValidationError,
)
from model_registry.domain.chain import Head
from model_registry.domain.entry import ENTRY_FIELDS
from model_registry.testing import CountedIds, TickingClock
from model_registry.testing.strategies import amendments, filters, registrations
from model_registry_memory import MemoryStore


def opened(store=None):
    registry = Registry(store or MemoryStore(), clock=TickingClock(), new_id=CountedIds())
    return registry.tenant("org_abc", actor="alice")


steps = st.lists(
    st.one_of(
        registrations(st.sampled_from(["gpt-4o", "claude-2", "scorer"])),
        st.tuples(st.integers(0, 4), st.none() | amendments()),
    ),
    max_size=12,
)


@given(steps=steps, where=filters())
@settings(deadline=None)
def test_as_of_an_instant_is_what_the_list_said_then(steps, where):
    tenant = opened()
    clock = tenant.workings.clock
    ids = []
    said = []
    for step in steps:
        try:
            if isinstance(step, Registration):
                ids.append(tenant.register(step).id)
            elif step[1] is None:
                tenant.delete(ids[step[0]])
            else:
                tenant.update(ids[step[0]], step[1])
        except (IndexError, RegistryError):
            pass
        listed = tenant.list(where, limit=200)
        said.append((clock(), listed, b"".join(tenant.export(where=where))))
    for at, listed, exported in said:
        past = tenant.as_of(at)
        assert past.list(where, limit=200) == listed
        assert b"".join(past.export(where=where)) == exported
        for entry in listed.entries:
            assert past.get(entry.id.upper()) == entry


def test_as_of_has_deleted_entries_back_and_later_ones_gone():
    tenant = opened()
    entry = tenant.register(Registration(model_id="a", provider="p", risk_tier="tier_1"))
    then = tenant.workings.clock()
    tenant.update(entry.id, Amendment(risk_tier="tier_4"))
    tenant.delete(entry.id)
    tenant.register(Registration(model_id="b", provider="p", risk_tier="tier_1"))

    past = tenant.as_of(then)
    assert past.get(entry.id) == entry
    assert past.list(Filter(risk_tier="tier_1")).entries == (entry,)
    text = b"".join(past.export()).decode()
    assert [row["model_id"] for row in csv.DictReader(io.StringIO(text))] == ["a"]
    before = tenant.as_of(then - timedelta(days=1))
    assert before.list().total == 0
    with pytest.raises(ModelNotFound):
        before.get(entry.id)
    with pytest.raises(ModelNotFound):
        past.get("no-uuid")
    with pytest.raises(ValidationError, match="with a zone"):
        tenant.as_of(datetime(2026, 1, 1))  # noqa: DTZ001  # a time without a zone on purpose


class Tampered(MemoryStore):
    """A store whose rows somebody can edit behind our back."""

    def __init__(self):
        super().__init__()
        self.edit_events = self.edit_entries = lambda rows: rows
        self.edited_head = None
        self.faults = ()

    @contextmanager
    def history(self, tenant_id, entry_id=None, after=0, until=None):
        with super().history(tenant_id) as events:
            rows = self.edit_events(list(events))

        def stream():
            for row in rows:
                if isinstance(row, DamagedData):
                    if after < row.sequence:
                        raise row
                elif row.sequence > after:
                    yield row

        yield stream()

    @contextmanager
    def scan(self, tenant_id, where):
        with super().scan(tenant_id, where) as entries:
            yield iter(self.edit_entries(list(entries)))

    def head(self, tenant_id):
        return self.edited_head or super().head(tenant_id)

    def stored_faults(self, tenant_id):
        return iter(self.faults)


@pytest.fixture
def tenant():
    tenant = opened(Tampered())
    for name in ("one", "two", "three"):
        tenant.register(Registration(model_id=name, provider="p", risk_tier="tier_1"))
    entry = tenant.find("one")
    tenant.update(entry.id, Amendment(owner="risk"))
    tenant.delete(tenant.find("three").id)
    return tenant


def messages(tenant, **edits):
    for name, edit in edits.items():
        setattr(tenant.workings.store, name, edit)
    verification = tenant.verify()
    assert verification.intact is (verification.found == 0)
    return [found.message for found in verification.discrepancies]


def test_what_is_as_it_was_written_is_intact(tenant):
    verification = tenant.verify()
    assert (verification.intact, verification.complete) == (True, None)
    assert (verification.events, verification.entries) == (5, 2)
    assert opened().verify().intact


def other(value):
    if isinstance(value, dict):
        return type(value)({**value, "edited": "x"})
    if isinstance(value, datetime):
        return value + timedelta(microseconds=1)
    return f"{value or ''}x"


@pytest.mark.parametrize("field", [f for f in ENTRY_FIELDS if f != "last_seen_at"])
def test_an_edited_entry_is_found(tenant, field):
    def edit(rows):
        return [attrs.evolve(rows[0], **{field: other(getattr(rows[0], field))}), *rows[1:]]

    assert messages(tenant, edit_entries=edit)


def test_last_seen_may_move_forward_and_not_back(tenant):
    def seen(at):
        return lambda rows: [attrs.evolve(row, last_seen_at=at) for row in rows]

    now = tenant.workings.clock()
    assert messages(tenant, edit_entries=seen(now)) == []
    adopted = opened(Tampered())
    registry_rows = [{"timestamp": now, "model": "m", "tenant_id": "org_abc"}]
    from model_registry_memory import IterableRequestLog

    registry = Registry(
        adopted.workings.store, IterableRequestLog(registry_rows), clock=lambda: now
    )
    adopted = registry.tenant("org_abc")
    adopted.discover()
    assert messages(adopted, edit_entries=seen(now + timedelta(1))) == []
    for back in (None, now - timedelta(1)):
        assert "last_seen_at" in messages(adopted, edit_entries=seen(back))[0]


def test_missing_and_unexplained_entries_are_found(tenant):
    assert "is not there" in messages(tenant, edit_entries=lambda rows: rows[1:])[0]

    def add(rows):
        return [*rows, attrs.evolve(rows[0], id="f" * 36)]

    assert "no event explains" in messages(tenant, edit_entries=add)[0]


def test_events_missing_doubled_or_moved_are_told_by_sequence(tenant):
    def found(edit):
        return messages(tenant, edit_events=edit)

    assert found(lambda rows: [rows[0], *rows[2:]])[0] == "event 2 is missing"
    assert found(lambda rows: [rows[0], *rows[3:]])[0] == "events 2 to 3 are missing"
    assert found(lambda rows: rows[1:])[0] == "event 1 is missing"
    assert "ends with event 5, and it ends with event 4" in found(lambda rows: rows[:-1])[0]
    doubled = found(lambda rows: [*rows[:2], rows[1], *rows[2:]])
    assert doubled[0] == "event 2 is out of its place"
    swapped = found(lambda rows: [rows[0], rows[2], rows[1], *rows[3:]])
    assert "event 2 is missing" in swapped


@pytest.mark.parametrize("field", [a.name for a in attrs.fields(type(opened().head()))])
def test_an_edited_head_is_found(tenant, field):
    head = tenant.head()
    edited = attrs.evolve(head, **{field: 9 if field != "hash" else "f" * 64})
    found = messages(tenant, edited_head=edited)
    assert bool(found) is (field != "revision")


def test_a_chain_that_was_written_anew_looks_intact_and_is_not_complete(tenant):
    checkpoint = tenant.checkpoint()
    assert tenant.verify(checkpoint).complete is True
    tenant.update(tenant.find("one").id, Amendment(owner="later"))
    assert tenant.verify(checkpoint).complete is True

    rewritten = opened()
    for name in ("one", "two", "three", "four", "five", "six"):
        rewritten.register(Registration(model_id=name, provider="p", risk_tier="tier_1"))
    verification = rewritten.verify(checkpoint)
    assert (verification.intact, verification.complete) == (True, False)


def test_a_tail_that_was_cut_with_its_head_is_seen_by_a_checkpoint_only(tenant):
    checkpoint = tenant.checkpoint()
    store = tenant.workings.store
    store.edit_events = lambda rows: rows[:3]
    store.edit_entries = lambda rows: list(originals.values())
    with MemoryStore.history(store, "org_abc") as events:
        three = list(events)[:3]
    from model_registry import rebuild

    originals = rebuild(three)
    store.edited_head = Head(3, 3, three[-1].hash)
    assert tenant.verify().intact
    verification = tenant.verify(checkpoint)
    assert (verification.intact, verification.complete) == (True, False)


def test_an_edited_event_is_not_what_the_checkpoint_states(tenant):
    checkpoint = tenant.checkpoint()

    def edit(rows):
        return [rows[0], attrs.evolve(rows[1], actor="mallory"), *rows[2:]]

    tenant.workings.store.edit_events = edit
    verification = tenant.verify(checkpoint)
    assert [found.sequence for found in verification.discrepancies] == [2]
    assert verification.complete is False


def test_another_tenants_checkpoint_proves_nothing(tenant):
    own = tenant.checkpoint()
    assert tenant.verify(Checkpoint("org_xyz", own.size, own.root)).complete is False


def test_what_cannot_be_read_is_told_and_passed_over(tenant):
    def damaged(sequence):
        error = DamagedData("the action is none")
        error.sequence = sequence
        return error

    def edit(rows):
        return [rows[0], damaged(2), *rows[2:]]

    found = messages(tenant, edit_events=edit)
    assert found[0] == "event 2 cannot be read: the action is none"
    last = messages(tenant, edit_events=lambda rows: [*rows[:4], damaged(5)])
    assert last[0] == "event 5 cannot be read: the action is none"

    def unreadable(_rows):
        raise DamagedData("the tier is none")

    found = messages(tenant, edit_events=list, edit_entries=unreadable)
    assert found[0] == "the inventory cannot be read: the tier is none"


def test_as_of_does_not_guess_upon_a_damaged_history(tenant):
    tenant.workings.store.edit_events = lambda rows: rows[1:]
    with pytest.raises(DamagedData, match="event 4 does not follow"):
        tenant.as_of(tenant.workings.clock())


def test_a_stores_own_faults_are_told(tenant):
    assert messages(tenant, faults=["folded text differs"]) == ["folded text differs"]


def test_changes_during_a_verification_raise_no_alarm(tenant):
    store = tenant.workings.store

    def meanwhile(rows):
        store.edit_entries = list
        entry = tenant.update(tenant.find("one").id, Amendment(owner="in between"))
        tenant.delete(tenant.find("two").id)
        added = tenant.register(Registration(model_id="four", provider="p", risk_tier="tier_2"))
        return [entry, added]

    assert messages(tenant, edit_entries=meanwhile) == []


def test_of_many_discrepancies_the_first_hundred_are_kept(tenant):
    def many(rows):
        return [attrs.evolve(rows[0], id=str(number)) for number in range(150)]

    store = tenant.workings.store
    store.edit_entries = many
    verification = tenant.verify()
    assert (len(verification.discrepancies), verification.found) == (100, 152)
