"""The examples of the HTTP contract, and how its first one comes about."""

from http_service import MODELS

GPT_4O = {
    "id": "550e8400-e29b-41d4-a716-446655440001",
    "tenant_id": "org_abc",
    "model_id": "gpt-4o",
    "provider": "openai",
    "display_name": "GPT-4o",
    "risk_tier": "tier_2",
    "validation_status": "validated",
    "owner": "ml-risk-team@example.com",
    "description": "Primary production model for customer service workflows",
    "tags": {"business_unit": "retail_banking", "use_case": "customer_service"},
    "last_seen_at": "2026-03-12T23:00:00Z",
    "created_at": "2026-01-15T09:00:00Z",
    "updated_at": "2026-03-01T14:30:00Z",
}
CLAUDE_SENT = {
    "model_id": "claude-3-5-sonnet-20241022",
    "provider": "anthropic",
    "display_name": "Claude 3.5 Sonnet (Oct 2024)",
    "risk_tier": "tier_2",
    "validation_status": "pending_validation",
    "owner": "ai-risk-team@example.com",
    "description": "Conversational model for internal knowledge base queries",
    "tags": {"business_unit": "operations", "environment": "production"},
}
CLAUDE = {
    "id": "550e8400-e29b-41d4-a716-446655440002",
    "tenant_id": "org_abc",
    **CLAUDE_SENT,
    "last_seen_at": None,
    "created_at": "2026-03-13T00:00:00Z",
    "updated_at": "2026-03-13T00:00:00Z",
}
PUT_SENT = {
    "risk_tier": "tier_1",
    "validation_status": "in_validation",
    "owner": "sr-ml-risk@example.com",
    "description": "Reclassified to Tier 1 after production impact review",
}
COLUMNS = (
    "id,model_id,provider,display_name,risk_tier,validation_status,"
    "owner,description,tags,last_seen_at,created_at,updated_at"
)
TIERS = ["tier_1", "tier_2", "tier_3", "tier_4"]
STATUSES = [
    "draft",
    "pending_validation",
    "in_validation",
    "needs_remediation",
    "validated",
    "deprecated",
]


def row(model, at, tenant="org_abc"):
    return {"timestamp": at, "model": model, "tenant_id": tenant}


def register(client, model_id, **fields):
    body = {"model_id": model_id, "provider": "acme", "risk_tier": "tier_3", **fields}
    answer = client.post(MODELS, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def with_gpt_4o(service, client):
    """Bring the contract's first example about, as it would have come about."""
    service.at("2026-01-15T09:00:00+00:00")
    service.ids.value = GPT_4O["id"]
    sent = {"model_id", "provider", "display_name", "risk_tier", "owner", "tags"}
    register(
        client,
        **{name: GPT_4O[name] for name in sent},
        validation_status="in_validation",
    )
    service.at("2026-03-01T14:30:00+00:00")
    change = {"validation_status": "validated", "description": GPT_4O["description"]}
    assert client.put(f"{MODELS}/{GPT_4O['id']}", json=change).status_code == 200
    service.at("2026-03-13T00:00:00+00:00")
    service.rows.append(row("gpt-4o", "2026-03-12T23:00:00Z"))
    found = client.post(f"{MODELS}/discover", json={}).json()
    assert (found["existing"], found["created"]) == (1, 0)


def error(answer):
    return answer.status_code, answer.json()["error"]["code"]
