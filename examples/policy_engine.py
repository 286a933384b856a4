"""
A gateway's policy: which model may be asked, by the risk tier that the registry knows.

    python examples/policy_engine.py

Rules are data, as OPA and its like have them; the first whose conditions all hold decides.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from model_registry import (
    Amendment,
    Registration,
    Registry,
    RiskTier,
    StoreError,
    ValidationStatus,
    open_registry,
)

RULES = [
    {
        "id": "tier-1-only-when-validated",
        "effect": "deny",
        "conditions": {
            "model_risk_tier": ["tier_1"],
            "model_validation_status": sorted(set(ValidationStatus) - {"validated"}),
        },
    },
    {
        "id": "strangers-only-in-the-sandbox",
        "effect": "deny",
        "conditions": {"model_risk_tier": ["tier_4"], "environment": ["production"]},
    },
]


@attrs.frozen
class Decision:
    """What the policy says, and which rule said it."""

    allow: bool
    rule: str


class PolicyEngine:
    """Decides requests by rules; where the registry is out of reach, it denies."""

    def __init__(self, registry: Registry, rules: Sequence[Mapping[str, Any]]) -> None:
        self._registry = registry
        self._tiers = registry.risk_tiers()
        self._rules = rules
        self._values: dict[str, Callable[[Mapping[str, str]], str | None]] = {
            "model_risk_tier": self._tier,
            "model_validation_status": self._status,
        }

    def decide(self, asked: Mapping[str, str]) -> Decision:
        """
        Decide one request.

        Args:
            asked: its ``tenant_id`` and ``model``, and whatever else conditions name.

        Raises:
            KeyError: something of these is missing; a rule must not be passed over for that.
        """
        try:
            for rule in self._rules:
                if all(self._holds(asked, *each) for each in rule["conditions"].items()):
                    return Decision(rule["effect"] == "allow", rule["id"])
        except StoreError:
            return Decision(False, "registry-out-of-reach")
        return Decision(True, "default")

    def _holds(self, asked: Mapping[str, str], name: str, accepted: Sequence[str]) -> bool:
        value = self._values[name](asked) if name in self._values else asked[name]
        return value in accepted

    def _tier(self, asked: Mapping[str, str]) -> RiskTier:
        # From memory, in a fraction of a microsecond: may be asked at every request.
        return self._tiers(asked["tenant_id"], asked["model"])

    def _status(self, asked: Mapping[str, str]) -> ValidationStatus | None:
        # From the store. So rules name the tier first: few requests get as far as this.
        entry = self._registry.tenant(asked["tenant_id"]).find(asked["model"])
        return entry and entry.validation_status


def main() -> None:
    """Show what the policy makes of three models, and of one that is then validated."""
    with open_registry("memory://") as registry:
        inventory = registry.tenant("org_abc", actor="ana@abc.example")
        credit = inventory.register(
            Registration(model_id="credit-scorer", provider="self-hosted", risk_tier="tier_1")
        )
        inventory.register(Registration(model_id="gpt-4o", provider="openai", risk_tier="tier_2"))
        engine = PolicyEngine(registry, RULES)

        def show(model: str, environment: str) -> None:
            asked = {"tenant_id": "org_abc", "model": model, "environment": environment}
            print(f"{model} in {environment}: {engine.decide(asked)}")

        show("gpt-4o", "production")
        show("some-new-model", "production")
        show("some-new-model", "sandbox")
        show("credit-scorer", "production")
        for status in ("pending_validation", "in_validation", "validated"):
            inventory.update(credit.id, Amendment(validation_status=status))
        show("credit-scorer", "production")


if __name__ == "__main__":
    main()
