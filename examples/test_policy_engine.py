"""
A host's own tests, with the registry in memory that the pytest plugin gives.

    pytest examples/test_policy_engine.py
"""
# ruff: noqa: D103, S101  # tests assert, and their names say what

import pytest
from policy_engine import RULES, PolicyEngine

from model_registry import Amendment


@pytest.fixture
def engine(model_registry):
    """Give the engine of the host on an empty registry."""
    return PolicyEngine(model_registry, RULES)


def asked(model, environment="production", tenant_id="org_abc"):
    """Return a request as the gateway describes it."""
    return {"tenant_id": tenant_id, "model": model, "environment": environment}


def test_a_model_of_tier_1_must_be_validated(engine, register_model, model_inventory):
    entry = register_model("scorer", risk_tier="tier_1", validation_status="in_validation")
    assert engine.decide(asked("scorer")).rule == "tier-1-only-when-validated"
    model_inventory.update(entry.id, Amendment(validation_status="validated"))
    assert engine.decide(asked("scorer")).allow
    assert not engine.decide(asked("scorer", tenant_id="org_xyz")).allow


def test_what_was_only_seen_stays_in_the_sandbox(engine, model_requests, model_inventory):
    model_requests.add("new-model", times=3)
    assert model_inventory.discover().created == 1
    assert engine.decide(asked("new-model")).rule == "strangers-only-in-the-sandbox"
    assert engine.decide(asked("new-model", environment="sandbox")).allow


def test_nothing_passes_while_the_registry_is_out_of_reach(engine, model_registry):
    model_registry.close()
    assert engine.decide(asked("gpt-4o")).rule == "registry-out-of-reach"


def test_a_request_that_is_not_described_is_a_mistake(engine):
    with pytest.raises(KeyError, match="environment"):
        engine.decide({"tenant_id": "org_abc", "model": "never-registered"})
