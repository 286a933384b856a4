"""Risk profiles on every kind of store."""

import threading
from datetime import date, datetime

import pytest

from model_registry import (
    Amendment,
    ModelNotFound,
    PreconditionFailed,
    ProfileAmendment,
    Registration,
    ValidationError,
)


def model(inventory, model_id="gpt-4o", tier="tier_1", **fields):
    return inventory.register(
        Registration(model_id=model_id, provider="acme", risk_tier=tier, **fields)
    )


FINDING = {"title": "=drift", "severity": "high", "due_on": "2026-03-01"}


def test_a_profile_lies_in_the_history_and_is_verified_with_it(inventory):
    entry = model(inventory)
    assert inventory.risk_profile(entry.id).findings == ()
    changes = {"purpose": "chat", "last_validated_on": "2025-08-31", "findings": [FINDING]}
    profile = inventory.update_risk_profile(entry.id, ProfileAmendment(**changes))
    then = inventory.get(entry.id).updated_at
    assert inventory.risk_profile(entry.id.upper()) == profile
    assert profile.validation_due_on == date(2026, 2, 28)
    later = inventory.update_risk_profile(entry.id, ProfileAmendment(purpose=None))
    inventory.update(entry.id, Amendment(risk_tier="tier_2"))

    assert inventory.risk_profile(entry.id).validation_due_on == date(2026, 8, 31)
    assert inventory.risk_profile(entry.id, as_of=then) == profile
    assert inventory.as_of(then).risk_profile(entry.id) == profile
    past = inventory.risk_profile(entry.id, as_of=inventory.get(entry.id).created_at)
    assert past.purpose is None
    assert later.findings == profile.findings
    assert inventory.verify().intact
    history = inventory.history(entry.id).events
    assert list(history[1].changes) == [
        "risk_profile.purpose",
        "risk_profile.last_validated_on",
        f"risk_profile.findings.{profile.findings[0].id}",
    ]
    assert not any("validation_due_on" in name for event in history for name in event.changes)


def test_it_ends_with_its_entry(inventory):
    entry = model(inventory)
    inventory.update_risk_profile(entry.id, ProfileAmendment(purpose="chat"))
    then = inventory.get(entry.id).updated_at
    inventory.delete(entry.id)
    again = model(inventory)
    assert inventory.risk_profile(again.id).purpose is None
    assert inventory.risk_profile(entry.id, as_of=then).purpose == "chat"
    unknown = "00000000-0000-0000-0000-00000000abcd"
    for entry_id, as_of in ((entry.id, None), ("x", None), (unknown, then), ("x", then)):
        with pytest.raises(ModelNotFound):
            inventory.risk_profile(entry_id, as_of=as_of)
    with pytest.raises(ModelNotFound):
        inventory.update_risk_profile(entry.id, ProfileAmendment(purpose="x"))
    with pytest.raises(ValidationError):
        inventory.risk_profile(again.id, as_of=datetime(2026, 1, 1))  # noqa: DTZ001  # the point
    assert inventory.verify().intact


def test_nothing_is_lost_when_many_write_at_once(registry, inventory):
    entry = model(inventory)

    def raise_finding(number):
        own = registry.tenant("org_abc", actor=f"writer-{number}")
        finding = {"id": f"F-{number}", "title": "x", "severity": "low"}
        own.update_risk_profile(entry.id, ProfileAmendment(findings=[finding]))
        own.update(entry.id, Amendment(tags={f"{number}": "x"}))

    threads = [threading.Thread(target=raise_finding, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {f.id for f in inventory.risk_profile(entry.id).findings} == {f"F-{n}" for n in range(4)}
    assert inventory.verify().intact
    head = inventory.head()
    with pytest.raises(PreconditionFailed):
        inventory.update_risk_profile(
            entry.id, ProfileAmendment(purpose="x"), unless=lambda profile: bool(profile.findings)
        )
    assert inventory.head() == head
