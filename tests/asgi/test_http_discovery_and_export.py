"""The HTTP contract on discovery and export, word for word, over a real socket."""

import csv
import io
import json
from datetime import datetime

import pytest
from contract_examples import (
    COLUMNS,
    GPT_4O,
    error,
    register,
    row,
    with_gpt_4o,
)
from http_service import EXPORT, MODELS


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
