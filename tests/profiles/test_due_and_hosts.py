"""What is due, exports with risk profiles, and what hosts hear; the kit covers the stores."""

import csv
import io
import json
from datetime import date

import pytest

from model_registry import (
    Amendment,
    DamagedData,
    ExportFormat,
    ModelNotFound,
    ProfileAmendment,
    Registration,
    ValidationError,
    open_store,
)
from model_registry.written import CSV_COLUMNS, PROFILE_COLUMNS


@pytest.fixture
def store():
    return open_store("memory://")


def model(inventory, model_id="gpt-4o", tier="tier_1", **fields):
    return inventory.register(
        Registration(model_id=model_id, provider="acme", risk_tier=tier, **fields)
    )


FINDING = {"title": "=drift", "severity": "high", "due_on": "2026-03-01"}


def test_an_export_with_profiles_has_their_columns_after_its_own(inventory):
    entry = model(inventory)
    model(inventory, "other", tier="tier_4")
    inventory.update_risk_profile(
        entry.id,
        ProfileAmendment(purpose="=1+1", findings=[FINDING], last_validated_on="2026-01-01"),
    )
    then = inventory.get(entry.id).updated_at
    plain = b"".join(inventory.export()).decode()
    exported = b"".join(inventory.export(risk_profile=True)).decode()
    rows = list(csv.DictReader(io.StringIO(exported)))
    assert list(rows[0]) == [*CSV_COLUMNS, *PROFILE_COLUMNS]
    assert [{name: row[name] for name in CSV_COLUMNS} for row in rows] == list(
        csv.DictReader(io.StringIO(plain))
    )
    other, own = rows
    assert not any(other[name] for name in PROFILE_COLUMNS)
    assert own["risk_profile_purpose"] == "'=1+1"
    assert own["risk_profile_validation_due_on"] == "2026-07-01"
    assert json.loads(own["risk_profile_findings"])[0]["title"] == "=drift"

    past = inventory.as_of(then).export(risk_profile=True)
    assert b"".join(past).decode() == exported
    as_json = json.loads(b"".join(inventory.export(ExportFormat.JSON, risk_profile=True)))
    assert as_json["models"][1]["risk_profile"]["findings"][0]["due_on"] == "2026-03-01"
    assert "risk_profile" not in b"".join(inventory.export(ExportFormat.JSON)).decode()


def test_what_is_due(inventory):
    late, undated = model(inventory, "late"), model(inventory, "undated", tier="tier_2")
    gone = model(inventory, "gone")
    model(inventory, "minor", tier="tier_4")
    inventory.update_risk_profile(
        late.id, ProfileAmendment(last_validated_on="2025-09-20", validator="mv")
    )
    inventory.delete(gone.id)
    assert [due.entry.id for due in inventory.due()] == [undated.id]
    first, second = inventory.due(within=7)
    assert (first.entry.id, first.due_on, first.validator) == (late.id, date(2026, 3, 20), "mv")
    assert (second.entry.id, second.due_on) == (undated.id, None)
    assert len(inventory.due(date(2026, 3, 20))) == 2
    with pytest.raises(ValidationError):
        inventory.due("soon", within=-1)


class TestHosts:
    def test_a_subscriber_hears_of_every_commit_and_can_break_none(
        self, registry, inventory, caplog
    ):
        heard = []
        # A broken one first: those after it are told nevertheless.
        broken = registry.subscribe(lambda tenant_id, events: heard.missing)
        with registry.subscribe(lambda *told: heard.append(told)):
            entry = model(inventory)
            inventory.update_risk_profile(entry.id, ProfileAmendment(purpose="a secret"))
            with pytest.raises(ModelNotFound):
                inventory.delete("x")
        broken.close()
        broken.close()
        inventory.delete(entry.id)
        assert [tenant for tenant, _ in heard] == ["org_abc", "org_abc"]
        told = tuple(event for _, events in heard for event in events)
        assert told == inventory.history().events[:2]
        lines = [record.getMessage() for record in caplog.records]
        assert [line.startswith("A subscriber failed: ") for line in lines] == [True, True]
        assert "AttributeError" in lines[0]
        assert "a secret" not in caplog.text

    def test_a_subscriber_may_write_itself(self, registry, inventory):
        def tag(tenant_id, events):
            for event in events:
                if event.action == "registered":
                    own = registry.tenant(tenant_id, actor="tagger")
                    own.update(event.entry_id, Amendment(tags={"new": "yes"}))

        with registry.subscribe(tag):
            entry = model(inventory)
        assert inventory.get(entry.id).tags == {"new": "yes"}

    def test_a_drain_hands_over_every_event_in_order_at_least_once(self, registry, inventory):
        other = registry.tenant("org_xyz")
        for number in range(5):
            model(inventory, f"m-{number}")
        model(other)
        taken, positions = [], {}

        def fail_at_four(tenant_id, events):
            if events[-1].sequence >= 4:
                raise OSError("the broker is away")
            taken.append((tenant_id, [event.sequence for event in events]))

        with pytest.raises(OSError, match="away"):
            registry.drain(positions, fail_at_four, at_once=2)
        assert (taken, positions) == ([("org_abc", [1, 2])], {"org_abc": 2})

        def take(tenant_id, events):
            taken.append((tenant_id, [event.sequence for event in events]))

        assert registry.drain(positions, take, at_once=2) == 4
        assert taken[1:] == [("org_abc", [3, 4]), ("org_abc", [5]), ("org_xyz", [1])]
        assert positions == {"org_abc": 5, "org_xyz": 1}
        assert registry.drain(positions, take) == 0
        assert registry.tenants() == ["org_abc", "org_xyz"]

    def test_a_position_beyond_the_history_is_told(self, registry, inventory):
        model(inventory)
        assert inventory.events_after(1) == ()
        with pytest.raises(DamagedData, match="restored"):
            inventory.events_after(2)
        with pytest.raises(DamagedData, match="restored"):
            registry.drain({"org_abc": 2}, lambda *_: None)
