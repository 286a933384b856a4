"""The reference of the HTTP API, written from the OpenAPI document that the app serves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from typing import Any, Final

from model_registry import open_registry
from model_registry.asgi import Principal, create_app

_PREFIX: Final = "/api/admin"
_ANYWHERE: Final = frozenset({"401", "403", "500"})
"""Statuses that every operation may answer; the introduction tells of them once."""

_Schema = dict[str, Any]


def document() -> _Schema:
    """Ask an app for its description, as a client would."""
    parts: list[bytes] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        parts.append(message.get("body", b""))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": f"{_PREFIX}/openapi.json",
        "raw_path": f"{_PREFIX}/openapi.json".encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [],
    }
    reader = Principal(tenant_id="documentation", subject="reader", roles=["admin"])
    with open_registry("memory://") as registry:
        app = create_app(registry, authenticate=lambda scope: reader, prefix=_PREFIX)

        async def ask() -> None:
            await app(scope, receive, send)

        asyncio.run(ask())
    described: _Schema = json.loads(b"".join(parts))
    return described


def written() -> str:
    """Return the whole reference in Markdown, below the page's own title."""
    described = document()
    lines = ["## Operations", ""]
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            lines += _operation(method.upper(), path, operation)
    lines += ["## Schemas", ""]
    for name, schema in described["components"]["schemas"].items():
        if "properties" in schema:
            lines += [f"### {name}", "", *_fields(schema), ""]
    return "\n".join(lines)


def _operation(method: str, path: str, operation: _Schema) -> Iterable[str]:
    yield from (f"### {method} {path}", "", operation["summary"], "")
    if parameters := operation.get("parameters"):
        rows = [
            (f"`{each['name']}`", each["in"], _told(each["schema"], each.get("required", False)))
            for each in parameters
        ]
        yield from _table(("parameter", "in", "is"), rows)
    if body := operation.get("requestBody"):
        schema = next(iter(body["content"].values()))["schema"]
        may = "" if body["required"] else ", or nothing"
        yield from (f"Body: {_kind(schema)}{may}.", "")
    answers = [
        (status, _answer(answer))
        for status, answer in operation["responses"].items()
        if status not in _ANYWHERE
    ]
    yield from _table(("status", "answer"), answers)


def _answer(answer: _Schema) -> str:
    content = answer.get("content", {})
    if answer["description"] != "Success":
        codes = answer["description"]
        return ", ".join(f"`{code}`" for code in codes.split(", ")) if content else codes.lower()
    kinds = [f"{_kind(media['schema'])} (`{name}`)" for name, media in content.items()]
    return " or ".join(kinds) or "nothing"


def _fields(schema: _Schema) -> Iterable[str]:
    required = schema.get("required", ())
    rows = [
        (f"`{name}`", _told(field, name in required))
        for name, field in schema["properties"].items()
    ]
    return _table(("field", "is"), rows)


def _told(schema: _Schema, required: bool) -> str:
    facts = [_kind(schema), *_bounds(schema)]
    if "default" in schema:
        facts.append(f"default `{json.dumps(schema['default'])}`")
    return ", ".join(facts) + (" (required)" if required else "")


def _kind(schema: _Schema) -> str:
    """Return in words what a value is."""
    match schema:
        case {"$ref": place}:
            name = place.rpartition("/")[2]
            words = {"File": "file", "Document": "object"}.get(name, f"[{name}](#{name.lower()})")
        case {"anyOf": choices}:
            words = " or ".join(map(_kind, choices))
        case {"enum": values}:
            words = " \\| ".join(f"`{value}`" for value in values)
        case {"const": value}:
            words = f"`{json.dumps(value)}`"
        case {"type": "array", "items": items}:
            words = f"list of {_kind(items)}"
        case {"type": "object", "properties": properties}:
            words = f"object with {', '.join(f'`{name}`' for name in properties)}"
        case {"type": "object", "additionalProperties": values} if values:
            words = f"object, each value {_kind(values)}"
        case {"type": kind}:
            words = str(schema.get("format", kind))
        case _:
            words = "any JSON value"
    return words


def _bounds(schema: _Schema) -> Iterable[str]:
    bounded = next((choice for choice in schema.get("anyOf", ()) if len(choice) > 1), schema)
    match bounded:
        case {"minimum": least, "maximum": most}:
            yield f"{least} to {most}"
        case {"minimum": least}:
            yield f"{least} or more"
        case {"minLength": least, "maxLength": most}:
            yield f"{least} to {most} characters"
        case {"maxLength": most}:
            yield f"up to {most} characters"
        case {"maxProperties": most}:
            yield f"at most {most}"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterable[str]:
    for row in (heads, ("---",) * len(heads), *rows):
        yield f"| {' | '.join(row)} |"
    yield ""
