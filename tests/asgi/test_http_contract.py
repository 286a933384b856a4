"""Every example and table row of the HTTP contract on models, word for word, over a real socket."""

from contract_examples import (
    CLAUDE,
    CLAUDE_SENT,
    GPT_4O,
    PUT_SENT,
    STATUSES,
    TIERS,
    error,
    register,
    with_gpt_4o,
)
from http_service import EXPORT, MODELS


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
