"""The registry inside a Python program: from requests to an inventory, and one model validated."""

from datetime import UTC, datetime

from model_registry import Amendment, Filter, RiskTier, open_registry
from model_registry import ValidationStatus as Status
from model_registry_memory import IterableRequestLog

requests = [
    {"timestamp": datetime.now(UTC), "tenant_id": "org_abc", "model": "gpt-4o"},
    {"timestamp": datetime.now(UTC), "tenant_id": "org_abc", "model": "credit-risk-scorer-v3"},
    {"timestamp": datetime.now(UTC), "tenant_id": "org_xyz", "model": "gemini-2.5-flash"},
]

with open_registry("memory://", IterableRequestLog(requests)) as registry:
    inventory = registry.tenant("org_abc", actor="ana@abc.example")
    report = inventory.discover()
    print(f"{report.created} models found: {', '.join(m.model_id for m in report.models)}")

    model = inventory.find("gpt-4o")
    if model is not None:
        inventory.update(model.id, Amendment(risk_tier=RiskTier.TIER_2, owner="ml-risk"))
        for step in (Status.PENDING_VALIDATION, Status.IN_VALIDATION, Status.VALIDATED):
            inventory.update(model.id, Amendment(validation_status=step))

    for entry in inventory.list(Filter(validation_status=Status.VALIDATED)).entries:
        print(f"{entry.model_id} ({entry.provider}) is {entry.validation_status}")
    print(f"{inventory.history().total} changes are on record")
    print(f"a policy sees gpt-4o as {inventory.risk_tier('gpt-4o')}")
