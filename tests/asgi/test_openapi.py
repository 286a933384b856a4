"""The OpenAPI document: well-formed, and it says what the validator does."""

import re

import httpx
import pytest
from http_service import MODELS

from model_registry import RiskTier, ValidationStatus
from model_registry.asgi.app import OPERATIONS
from model_registry.asgi.schemas import ANY_TEXT, NOT_BLANK
from model_registry.domain.discovery import LOOKBACK
from model_registry.domain.entry import DESCRIPTION, ENTRY_FIELDS, NAME, TAGS
from model_registry.domain.inventory import PAGE_LIMIT, PAGE_OFFSET
from model_registry.domain.rules import Text

SCHEMA_WORDS = {
    "$ref", "additionalProperties", "anyOf", "const", "default", "enum", "format", "items",
    "maxItems", "maxLength", "maxProperties", "maximum", "minLength", "minimum", "pattern",
    "properties", "propertyNames", "readOnly", "required", "type",
}  # fmt: skip


@pytest.fixture(scope="module")
def document(memory_service):
    with memory_service.client() as client:
        return client.get("/api/admin/openapi.json").json()


@pytest.fixture
def schemas(document):
    return document["components"]["schemas"]


def resolved(document, reference):
    found = document
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found


def walk(node):
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)


def check_schema(schema):
    assert set(schema) <= SCHEMA_WORDS, schema
    for inner in schema.get("properties", {}).values():
        check_schema(inner)
    for name in ("items", "additionalProperties", "propertyNames"):
        if isinstance(schema.get(name), dict):
            check_schema(schema[name])
    for inner in schema.get("anyOf", ()):
        check_schema(inner)
    assert set(schema.get("required", ())) <= set(schema.get("properties", ()))


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_its_structure(document):
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"]
    assert document["info"]["version"]
    assert set(document) == {"openapi", "info", "security", "servers", "paths", "components"}
    assert document["security"] == [{"bearer": []}]
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names)) == len(OPERATIONS) + 1
    for node in walk(document):
        if "$ref" in node:
            assert resolved(document, node["$ref"])
    for schema in document["components"]["schemas"].values():
        check_schema(schema)
    for path, _, operation in operations(document):
        assert operation["summary"].endswith(".")
        declared = [p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"]
        assert declared == (["id"] if "{id}" in path else [])
        for parameter in operation.get("parameters", ()):
            check_schema(parameter["schema"])
        assert {"401", "403", "500", "503"} <= set(operation["responses"])
        for status, response in operation["responses"].items():
            assert status.isdigit()
            assert response["description"]


def test_every_operation_is_served_and_no_other(document, memory_service):
    found = {(path, method.upper()) for path, method, _ in operations(document)}
    declared = {(f"/api/admin{o.path}", o.method) for o in OPERATIONS}
    assert found == declared | {("/api/admin/openapi.json", "GET")}
    with memory_service.client() as client:
        for path, method in found:
            answer = client.request(method, path.replace("{id}", "x"), content=b"")
            assert answer.status_code not in {404, 405} or (
                answer.json()["error"]["code"] == "model_not_found"
            )
            assert str(answer.status_code) in document["paths"][path][method.lower()]["responses"]


def test_what_may_be_sent_is_what_the_rules_say(schemas):
    registration = schemas["Registration"]
    assert registration["required"] == ["model_id", "provider", "risk_tier"]
    assert registration["additionalProperties"] is False
    assert registration["properties"]["model_id"] == {
        "type": "string",
        "maxLength": NAME.longest,
        "minLength": 1,
        "pattern": NOT_BLANK,
    }
    status = registration["properties"]["validation_status"]
    assert status["anyOf"][0]["enum"] == [status.value for status in ValidationStatus]
    assert status["default"] == "draft"
    assert registration["properties"]["risk_tier"]["enum"] == [tier.value for tier in RiskTier]
    described = registration["properties"]["description"]["anyOf"][0]
    assert described == {
        "type": "string",
        "maxLength": DESCRIPTION.longest,
        "pattern": ANY_TEXT,
    }
    tags = registration["properties"]["tags"]["anyOf"][0]
    assert tags["maxProperties"] == TAGS.most
    assert tags["propertyNames"]["maxLength"] == TAGS.key.longest
    amendment = schemas["Amendment"]
    assert "required" not in amendment
    assert set(amendment["properties"]) == set(ENTRY_FIELDS)
    assert amendment["properties"]["id"]["readOnly"] is True
    days = schemas["DiscoveryRequest"]["properties"]["lookback_days"]["anyOf"][0]
    assert days == {"type": "integer", "minimum": LOOKBACK.least, "maximum": LOOKBACK.most}
    assert schemas["DiscoveryRequest"]["properties"]["lookback_days"]["default"] == 30


def test_what_is_blank_to_the_document_is_blank_to_the_validator():
    text = Text(9)
    for number in range(0x10000):
        if not 0xD800 <= number < 0xE000:
            character = chr(number)
            documented = re.search(NOT_BLANK, character) is not None
            assert documented == text.accepts(character), hex(number)
            assert re.fullmatch(ANY_TEXT, character) or character == "\x00"


def test_parameters_are_what_the_rules_say(document):
    listed = document["paths"][MODELS]["get"]["parameters"]
    by_name = {parameter["name"]: parameter["schema"] for parameter in listed}
    assert list(by_name) == [
        "risk_tier",
        "validation_status",
        "provider",
        "search",
        "limit",
        "offset",
        "as_of",
        "If-None-Match",
    ]
    assert by_name["limit"] == {
        "type": "integer",
        "minimum": PAGE_LIMIT.least,
        "maximum": PAGE_LIMIT.most,
        "default": 50,
    }
    assert by_name["offset"]["maximum"] == PAGE_OFFSET.most
    assert by_name["risk_tier"]["enum"] == [tier.value for tier in RiskTier]
    export = document["paths"]["/api/admin/model-inventory-export"]["get"]
    assert export["parameters"][0]["schema"] == {
        "type": "string",
        "enum": ["csv", "json"],
        "default": "csv",
    }
    assert set(export["responses"]["200"]["content"]) == {"text/csv", "application/json"}


def test_answers_have_the_documented_shape(schemas, service, client):
    service.rows.append({"timestamp": "2026-03-12T00:00:00Z", "model": "n", "tenant_id": "org_abc"})
    sent = {"model_id": "m", "provider": "acme", "risk_tier": "tier_1"}
    entry = client.post(MODELS, json=sent).json()
    found = client.post(f"{MODELS}/discover").json()
    history = client.get(f"{MODELS}/{entry['id']}/history").json()
    problem = client.post(MODELS, json={}).json()
    answers = {
        "ModelEntry": entry,
        "ModelPage": client.get(MODELS).json(),
        "WholeInventory": client.get(
            "/api/admin/model-inventory-export", params={"format": "json"}
        ).json(),
        "DiscoveryReport": found,
        "DiscoveredModel": found["models"][0],
        "History": history,
        "ChangeEvent": history["events"][0],
        "Error": problem,
    }
    for name, answer in answers.items():
        assert set(answer) == set(schemas[name]["properties"]), name
    assert list(schemas["ModelEntry"]["properties"]) == list(ENTRY_FIELDS)


def test_it_is_behind_the_gate(memory_service):
    assert httpx.get(f"{memory_service.url}/api/admin/openapi.json").status_code == 401
