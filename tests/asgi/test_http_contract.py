"""Every example and every table row of the HTTP contract, word for word, over a real socket."""

import csv
import io
import json
from datetime import datetime

import pytest
from http_service import EXPORT, MODELS

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


class TestReading:
    def test_the_list_is_the_contracts_document(self, service, client):
        service.at("2026-01-01T00:00:00+00:00")
        service.ids.value = "00000000-0000-4000-8000-000000000001"
        for number in range(13):
            register(client, f"older-{number}")
        with_gpt_4o(service, client)
        answer = client.get(MODELS)
        body = answer.json()
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert list(body) == ["total", "limit", "offset", "models"]
        assert (body["total"], body["limit"], body["offset"]) == (14, 50, 0)
        assert body["models"][0] == GPT_4O
        assert list(body["models"][0]) == list(GPT_4O)
        created = [model["created_at"] for model in body["models"]]
        assert created == sorted(created, reverse=True)
        page = client.get(MODELS, params={"limit": 5, "offset": 10}).json()
        assert (page["total"], page["limit"], page["offset"]) == (14, 5, 10)
        assert page["models"] == body["models"][10:]
        assert client.get(MODELS, params={"limit": 200, "offset": 14}).json()["models"] == []

    def test_one_entry_is_the_contracts_document(self, service, client):
        with_gpt_4o(service, client)
        answer = client.get(f"{MODELS}/{GPT_4O['id']}")
        assert (answer.status_code, answer.json()) == (200, GPT_4O)
        assert list(answer.json()) == list(GPT_4O)
        upper = client.get(f"{MODELS}/{GPT_4O['id'].upper()}")
        assert upper.json() == GPT_4O

    def test_every_filter(self, service, client):
        with_gpt_4o(service, client)
        register(client, **CLAUDE_SENT)
        register(client, "llm-router-2", provider="Self-Hosted", risk_tier="tier_4")

        def found(**params):
            answer = client.get(MODELS, params=params)
            assert answer.status_code == 200, answer.text
            return {model["model_id"] for model in answer.json()["models"]}

        for tier in TIERS:
            expected = {"tier_2": {"gpt-4o", CLAUDE["model_id"]}, "tier_4": {"llm-router-2"}}
            assert found(risk_tier=tier) == expected.get(tier, set())
        for status in STATUSES:
            expected = {
                "validated": {"gpt-4o"},
                "pending_validation": {CLAUDE["model_id"]},
                "draft": {"llm-router-2"},
            }
            assert found(validation_status=status) == expected.get(status, set())
        assert found(provider="OPEN") == {"gpt-4o"}
        assert found(provider="hosted") == {"llm-router-2"}
        assert found(search="CLAUDE") == {CLAUDE["model_id"]}  # model_id
        assert found(search="(Oct 2024)") == {CLAUDE["model_id"]}  # display_name
        assert found(search="customer WORKFLOWS") == {"gpt-4o"}  # description
        assert found(search="o", provider="anthropic", risk_tier="tier_2") == {CLAUDE["model_id"]}
        assert found(search="customer knowledge") == set()


class TestRegistering:
    def test_the_example(self, service, client):
        service.ids.value = CLAUDE["id"]
        answer = client.post(MODELS, json=CLAUDE_SENT)
        assert (answer.status_code, answer.json()) == (201, CLAUDE)
        assert list(answer.json()) == list(CLAUDE)
        assert answer.headers["location"] == f"{MODELS}/{CLAUDE['id']}"
        assert client.get(answer.headers["location"]).json() == CLAUDE

    def test_what_is_left_out_has_its_default_and_null_is_left_out(self, client):
        least = {"model_id": "m-1", "provider": "acme", "risk_tier": "tier_1"}
        nulls = dict.fromkeys(["display_name", "validation_status", "owner", "description", "tags"])
        for body in (least, {**least, "model_id": "m-2", **nulls}):
            entry = client.post(MODELS, json=body).json()
            assert entry["display_name"] == body["model_id"]
            assert entry["validation_status"] == "draft"
            assert entry["owner"] is entry["description"] is None
            assert entry["tags"] == {}

    def test_every_status_may_be_the_first(self, client):
        for status in STATUSES:
            entry = register(client, f"m-{status}", validation_status=status)
            assert entry["validation_status"] == status

    def test_a_model_id_is_unique_in_the_organization_only(self, service, client):
        register(client, **CLAUDE_SENT)
        again = client.post(MODELS, json=CLAUDE_SENT)
        assert error(again) == (409, "model_already_exists")
        with service.client(tenant_id="org_other") as other:
            assert other.post(MODELS, json=CLAUDE_SENT).status_code == 201

    def test_missing_required_fields_and_invalid_enum_values(self, client):
        answer = client.post(MODELS, json={"validation_status": "Draft"})
        assert error(answer) == (400, "validation_error")
        details = answer.json()["error"]["details"]
        assert {fault["field"] for fault in details} == {
            "model_id",
            "provider",
            "risk_tier",
            "validation_status",
        }
        (status,) = [fault for fault in details if fault["field"] == "validation_status"]
        assert (status["given"], status["allowed"]) == ("Draft", STATUSES)
        assert client.get(MODELS).json()["total"] == 0


class TestChanging:
    def test_the_example(self, service, client):
        service.ids.value = CLAUDE["id"]
        register(client, **CLAUDE_SENT)
        service.at("2026-03-14T08:00:00+00:00")
        answer = client.put(f"{MODELS}/{CLAUDE['id']}", json=PUT_SENT)
        expected = {**CLAUDE, **PUT_SENT, "updated_at": "2026-03-14T08:00:00Z"}
        assert (answer.status_code, answer.json()) == (200, expected)
        assert client.get(f"{MODELS}/{CLAUDE['id']}").json() == expected

    def test_only_supplied_fields_change_and_tags_are_replaced(self, client):
        entry = register(client, **CLAUDE_SENT)
        place = f"{MODELS}/{entry['id']}"
        for change in (
            {"display_name": "Claude"},
            {"risk_tier": "tier_3"},
            {"validation_status": "in_validation"},
            {"owner": "team"},
            {"description": "text"},
            {"tags": {"only": "this"}},
            {"tags": {}},
        ):
            changed = client.put(place, json=change).json()
            assert changed == {**entry, **change}
            entry = changed

    def test_null_clears_and_what_was_read_may_be_put_back(self, client):
        entry = register(client, **CLAUDE_SENT)
        place = f"{MODELS}/{entry['id']}"
        assert client.put(place, json=entry).json() == entry
        cleared = {"owner": None, "description": None, "display_name": None}
        changed = client.put(place, json=cleared).json()
        assert changed == {**entry, **cleared, "display_name": entry["model_id"]}
        refused = client.put(place, json={"tags": None, "risk_tier": None, "model_id": "other"})
        assert error(refused) == (400, "validation_error")
        fields = {fault["field"] for fault in refused.json()["error"]["details"]}
        assert fields == {"tags", "risk_tier"}
        refused = client.put(place, json={"model_id": "other"})
        assert error(refused) == (400, "validation_error")

    def test_every_put_is_audited_with_what_changed(self, service, client):
        service.ids.value = CLAUDE["id"]
        register(client, **CLAUDE_SENT)
        place = f"{MODELS}/{CLAUDE['id']}"
        client.put(place, json=PUT_SENT)
        client.put(place, json={})
        with service.client(sub="bob@example.com") as bob:
            bob.delete(place)
        answer = client.get(f"{place}/history")
        body = answer.json()
        assert (answer.status_code, list(body), body["total"]) == (200, ["total", "events"], 4)
        seen = [(e["sequence"], e["action"], e["actor"]) for e in body["events"]]
        assert seen == [
            (1, "registered", "alice@example.com"),
            (2, "updated", "alice@example.com"),
            (3, "updated", "alice@example.com"),
            (4, "deleted", "bob@example.com"),
        ]
        assert body["events"][1]["changes"] == {
            name: {"from": CLAUDE[name], "to": value} for name, value in PUT_SENT.items()
        }
        assert body["events"][2]["changes"] == {}
        window = client.get(f"{place}/history", params={"limit": 2, "offset": 1}).json()
        assert window == {"total": 4, "events": body["events"][1:3]}
        assert error(client.get(f"{MODELS}/{GPT_4O['id']}/history")) == (404, "model_not_found")

    def test_a_transition_that_is_not_permitted(self, client):
        entry = register(client, "m", validation_status="draft")
        place = f"{MODELS}/{entry['id']}"
        answer = client.put(place, json={"validation_status": "validated", "owner": "nobody"})
        assert error(answer) == (422, "invalid_status_transition")
        assert answer.json()["error"]["details"] == [
            {
                "field": "validation_status",
                "message": "is draft and cannot become validated",
                "given": "validated",
                "allowed": ["pending_validation", "deprecated"],
                "current": "draft",
            }
        ]
        assert client.get(place).json() == entry

    def test_deleting(self, client):
        entry = register(client, "m")
        place = f"{MODELS}/{entry['id']}"
        answer = client.delete(place)
        assert (answer.status_code, answer.content) == (204, b"")
        for gone in (client.get(place), client.put(place, json={}), client.delete(place)):
            assert error(gone) == (404, "model_not_found")
        assert register(client, "m")["id"] != entry["id"]


class TestDiscovering:
    SPAN = ("2026-02-14T10:23:00Z", "2026-03-12T18:45:00Z")

    def test_the_example(self, service, client):
        with_gpt_4o(service, client)
        register(client, "claude-3-5-sonnet-20241022", provider="anthropic")
        first, last = self.SPAN
        service.rows += [row("gpt-4o-mini", first), row("gpt-4o-mini", last)]
        service.rows += [row("gpt-4o-mini", "2026-03-01T00:00:00Z")] * 1241
        others = ["claude-3-5-sonnet-20241022", "command-r-plus", "gemini-1.5-pro", "our-own"]
        service.rows += [row(model, last) for model in (*others, "llama-3.1-70b")]
        service.rows += [row("too-old", "2026-02-10T00:00:00Z"), row("theirs", last, "org_other")]
        asked = {"lookback_days": 30, "auto_assign_tier": "tier_4", "dry_run": False}
        created = {
            "model_id": "gpt-4o-mini",
            "provider": "openai",
            "status": "created",
            "validation_status": "draft",
            "risk_tier": "tier_4",
            "first_seen_at": first,
            "last_seen_at": last,
            "request_count_30d": 1243,
        }
        existing = {
            "model_id": "gpt-4o",
            "provider": "openai",
            "status": "existing",
            "validation_status": "validated",
            "risk_tier": "tier_2",
        }
        trial = client.post(f"{MODELS}/discover", json={**asked, "dry_run": True}).json()
        assert client.get(MODELS).json()["total"] == 2
        answer = client.post(f"{MODELS}/discover", json=asked)
        body = answer.json()
        assert answer.status_code == 200
        assert list(body) == ["discovered", "created", "existing", "dry_run", "models"]
        counts = (body["discovered"], body["created"], body["existing"], body["dry_run"])
        assert counts == (7, 5, 2, False)
        assert trial == {**body, "dry_run": True}
        assert body["models"][0] == created
        assert list(body["models"][0]) == list(created)
        assert existing in body["models"]
        providers = {model["model_id"]: model["provider"] for model in body["models"]}
        assert providers == {
            "gpt-4o-mini": "openai",
            "gpt-4o": "openai",
            "claude-3-5-sonnet-20241022": "anthropic",
            "command-r-plus": "cohere",
            "gemini-1.5-pro": "google",
            "llama-3.1-70b": "meta",
            "our-own": "unknown",
        }
        listed = client.get(MODELS, params={"validation_status": "draft"}).json()["models"]
        mini = next(model for model in listed if model["model_id"] == "gpt-4o-mini")
        assert (mini["risk_tier"], mini["last_seen_at"]) == ("tier_4", last)

    @pytest.mark.parametrize("body", [b"", b"{}", b'{"lookback_days": null}'])
    def test_all_fields_are_optional_and_so_is_the_body(self, memory_client, body):
        answer = memory_client.post(f"{MODELS}/discover", content=body)
        assert (answer.status_code, answer.json()["dry_run"]) == (200, False)

    def test_lookback_and_tier(self, service, client):
        service.rows += [row("new", "2026-03-12T00:00:00Z"), row("old", "2025-03-14T00:00:00Z")]
        one = client.post(f"{MODELS}/discover", json={"lookback_days": 1}).json()
        assert [model["model_id"] for model in one["models"]] == ["new"]
        asked = {"lookback_days": 365, "auto_assign_tier": "tier_1"}
        year = client.post(f"{MODELS}/discover", json=asked).json()
        found = [(model["model_id"], model["risk_tier"]) for model in year["models"]]
        assert found == [("old", "tier_1"), ("new", "tier_4")]
        for days in (0, 366, -1, "30", 1.5, True):
            refused = client.post(f"{MODELS}/discover", json={"lookback_days": days})
            assert error(refused) == (400, "validation_error")


class TestExporting:
    def test_csv(self, service, client):
        with_gpt_4o(service, client)
        register(client, "=cmd|' /C calc'!A0", description='a "quoted", line\nbreak')
        for params in ({}, {"format": "csv"}):
            answer = client.get(EXPORT, params=params)
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "text/csv"
            assert answer.headers["content-disposition"] == (
                'attachment; filename="model-inventory-2026-03-13.csv"'
            )
            lines = answer.content.decode().split("\r\n")
            assert lines[0] == COLUMNS
            rows = list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))
            assert [line["model_id"] for line in rows] == ["'=cmd|' /C calc'!A0", "gpt-4o"]
            assert rows[0]["description"] == 'a "quoted", line\nbreak'
            expected = {name: value for name, value in GPT_4O.items() if name != "tenant_id"}
            assert {**rows[1], "tags": json.loads(rows[1]["tags"])} == expected

    def test_json_is_the_list_with_every_record(self, client):
        for number in range(60):
            register(client, f"m-{number}")
        answer = client.get(EXPORT, params={"format": "json"})
        assert answer.headers["content-type"] == "application/json"
        listed = client.get(MODELS, params={"limit": 200}).json()
        assert answer.json() == {**listed, "limit": 60}

    def test_filters(self, service, client):
        with_gpt_4o(service, client)
        register(client, "m-1", risk_tier="tier_1")
        register(client, "m-2", validation_status="deprecated")

        def exported(**params):
            answer = client.get(EXPORT, params={"format": "json", **params})
            return [model["model_id"] for model in answer.json()["models"]]

        assert exported(risk_tier="tier_1") == ["m-1"]
        assert exported(validation_status="deprecated") == ["m-2"]
        assert exported(provider="OPENAI", search="gpt") == ["gpt-4o"]
        assert error(client.get(EXPORT, params={"format": "xml"})) == (400, "validation_error")

    def test_the_files_date_is_the_clocks_in_utc(self, memory_service, memory_client):
        memory_service.clock.value = datetime.fromisoformat("2026-12-31T23:30:00-05:00")
        name = memory_client.get(EXPORT, params={"format": "json"}).headers["content-disposition"]
        memory_service.at("2026-03-13T00:00:00+00:00")
        assert name == 'attachment; filename="model-inventory-2027-01-01.json"'


class TestConditions:
    def test_an_entry_that_has_changed_is_neither_overwritten_nor_deleted(self, client):
        entry = register(client, "m")
        place = f"{MODELS}/{entry['id']}"
        seen = client.get(place).headers["etag"]
        assert client.get(place, headers={"If-None-Match": seen}).status_code == 304
        assert client.get(place, headers={"If-None-Match": f'"x", W/{seen}'}).status_code == 304
        changed = client.put(place, json={"owner": "a"}, headers={"If-Match": f'"x", {seen}'})
        assert changed.status_code == 200
        now = changed.headers["etag"]
        assert now != seen
        for stale in (seen, f"W/{now}", "nonsense", '""'):
            for method in ("PUT", "DELETE"):
                body = b"{}" if method == "PUT" else None
                answer = client.request(method, place, content=body, headers={"If-Match": stale})
                assert error(answer) == (412, "precondition_failed")
        again = client.get(place, headers={"If-None-Match": seen})
        assert (again.status_code, again.headers["etag"]) == (200, now)
        assert client.put(place, json={}, headers={"If-Match": "*"}).status_code == 200
        assert client.delete(place, headers={"If-Match": now}).status_code == 204
        assert error(client.delete(place, headers={"If-Match": "*"})) == (404, "model_not_found")

    def test_head_is_get_without_the_body(self, memory_client):
        entry = register(memory_client, "headed")
        for path in (MODELS, f"{MODELS}/{entry['id']}", f"{MODELS}/{entry['id']}/history", EXPORT):
            head, get = memory_client.head(path), memory_client.get(path)
            assert (head.status_code, head.content) == (200, b"")
            kept = ("content-type", "etag", "cache-control", "x-content-type-options")
            assert [head.headers.get(k) for k in kept] == [get.headers.get(k) for k in kept]
            assert get.headers["x-content-type-options"] == "nosniff"
            assert get.headers["cache-control"] in ("no-store", "private, no-cache")
