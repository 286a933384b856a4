"""The OpenAPI 3.1 document, written from the declarations that serve and validate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import attrs

from model_registry.asgi.answers import Answer, json_answer
from model_registry.asgi.auth import AuthenticationUnavailable, Unauthenticated
from model_registry.asgi.handlers import Asked
from model_registry.asgi.operations import Operation
from model_registry.asgi.problems import STATUSES, BodyTooLarge, Forbidden
from model_registry.asgi.schemas import (
    COUNT,
    Schema,
    default_of,
    nullable,
    object_schema,
    result_schema,
    schema_of,
)
from model_registry.domain.changes import ChangeEvent
from model_registry.domain.discovery import DiscoveredModel
from model_registry.domain.entry import ModelEntry
from model_registry.domain.inventory import Window
from model_registry.domain.risk_profile import RiskFinding, RiskProfile
from model_registry.domain.rules import rules_of
from model_registry.errors import RegistryError, StoreError, ValidationError

_JSON: Final = "application/json"
_ALWAYS: Final = (
    ValidationError,
    Unauthenticated,
    Forbidden,
    StoreError,
    AuthenticationUnavailable,
)
_UUID: Final[Schema] = {"type": "string", "format": "uuid"}
_HEX: Final[Schema] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


def with_document(operations: Sequence[Operation], prefix: str) -> tuple[Operation, ...]:
    """Return the operations, and one more that serves the document of them all."""

    def openapi_document(asked: Asked) -> Answer:
        """Describe this API."""
        root = asked.place.removesuffix(prefix) or "/"
        return json_answer(200, {**document, "servers": [{"url": root}]})

    own = Operation(
        method="GET",
        path="/openapi.json",
        handler=openapi_document,
        content={_JSON: "Document"},
    )
    every = (*operations, own)
    document = describe(every, prefix)
    return every


def describe(operations: Sequence[Operation], prefix: str) -> dict[str, Any]:
    """Return the document of these operations."""
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for operation in operations:
        paths[prefix + operation.path][operation.method.lower()] = _operation(operation)
    bodies = (operation.body for operation in operations if operation.body is not None)
    requests = {
        body.declared.__name__: object_schema(
            body.declared, null_is_absent=body.null_is_absent, read_only=body.read_only
        )
        for body in bodies
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Model registry", "version": "1"},
        "security": [{"bearer": []}],
        "paths": dict(paths),
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
            "schemas": {**requests, **_answers()},
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "responses": _responses(operation),
    }
    if parameters := _parameters(operation):
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = {
            "required": not operation.body.may_be_empty,
            "content": {_JSON: {"schema": _ref(operation.body.declared.__name__)}},
        }
    return described


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = []
    if "{id}" in operation.path:
        parameters.append({"name": "id", "in": "path", "required": True, "schema": _UUID})
    for declared in operation.query:
        fields = attrs.fields_dict(declared)
        for name, rule in rules_of(declared).items():
            schema = {**_not_null(schema_of(rule)), **default_of(fields[name])}
            parameters.append({"name": name, "in": "query", "schema": schema})
    if operation.conditional is not None:
        header = {"name": operation.conditional, "in": "header", "schema": {"type": "string"}}
        parameters.append(header)
    return parameters


def _not_null(schema: Schema) -> Schema:
    """Return what a parameter may hold: text has no way to say null."""
    first: Schema = schema.get("anyOf", [schema])[0]
    return first


def _responses(operation: Operation) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "Success"}
    if operation.content:
        success["content"] = {
            media: {"schema": _ref(schema)} for media, schema in operation.content.items()
        }
    responses: dict[str, Any] = {str(operation.status): success}
    if operation.conditional == "If-None-Match":
        responses["304"] = {"description": "Not changed"}
    for status, codes in sorted(_codes(operation).items()):
        responses[str(status)] = {
            "description": ", ".join(codes),
            "content": {_JSON: {"schema": _ref("Error")}},
        }
    return responses


def _codes(operation: Operation) -> dict[int, list[str]]:
    bodily: tuple[type[RegistryError], ...] = (BodyTooLarge,) if operation.body else ()
    codes: dict[int, list[str]] = defaultdict(list)
    errors: tuple[type[RegistryError], ...] = (*_ALWAYS, *bodily, *operation.errors)
    for error in errors:
        codes[STATUSES[error]].append(error.code)
    codes[500].append("internal_error")
    return codes


def _answers() -> dict[str, Schema]:
    window = {name: schema_of(rule) for name, rule in rules_of(Window).items()}
    found = result_schema(DiscoveredModel, {})
    for name in ("first_seen_at", "last_seen_at", "requests"):
        found["required"].remove(name)
    found["properties"]["request_count_30d"] = found["properties"].pop("requests")
    change = _object({"from": {}, "to": {}})
    changes = {"type": "object", "additionalProperties": change}
    fault = _object(
        {
            "field": {"type": "string"},
            "message": {"type": "string"},
            "given": {},
            "allowed": _list({"type": "string"}),
            "current": {"type": "string"},
        },
        optional=("given", "allowed", "current"),
    )
    error = _object(
        {"code": {"type": "string"}, "message": {"type": "string"}, "details": _list(fault)}
    )
    return {
        "ModelEntry": result_schema(ModelEntry, {"id": _UUID}),
        "ModelPage": _object({"total": COUNT, **window, "models": _list(_ref("ModelEntry"))}),
        "WholeInventory": _object(
            {
                "models": _list(_ref("ModelEntry")),
                "total": COUNT,
                "limit": COUNT,
                "offset": {"const": 0},
            }
        ),
        "DiscoveredModel": found,
        "DiscoveryReport": _object(
            {
                "discovered": COUNT,
                "created": COUNT,
                "existing": COUNT,
                "dry_run": {"type": "boolean"},
                "models": _list(_ref("DiscoveredModel")),
            }
        ),
        "ChangeEvent": result_schema(
            ChangeEvent,
            {"entry_id": _UUID, "changes": changes, "previous_hash": _HEX, "hash": _HEX},
        ),
        "History": _object({"total": COUNT, "events": _list(_ref("ChangeEvent"))}),
        "RiskProfile": result_schema(
            RiskProfile, {"id": _UUID, "findings": _list(_ref("RiskFinding"))}
        ),
        "RiskFinding": result_schema(RiskFinding, {}),
        "Checkpoint": _object(
            {
                "tenant_id": {"type": "string"},
                "size": COUNT,
                "root": {"type": "string"},
                "note": nullable({"type": "string"}),
            }
        ),
        "Error": _object({"error": error}),
        "File": {"type": "string"},
        "Document": {"type": "object"},
    }


def _object(properties: Schema, optional: Sequence[str] = ()) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
