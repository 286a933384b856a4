"""JSON Schema (2020-12) of rules and of types: what the validator checks, written down."""

from __future__ import annotations

import types
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from functools import singledispatch
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

import attrs

from model_registry.domain.objects import Objects
from model_registry.domain.rules import (
    Choice,
    Date,
    Flag,
    Instant,
    Nullable,
    Rule,
    TagMap,
    Tags,
    Text,
    Whole,
    required_of,
    rules_of,
)

Schema = dict[str, Any]

NULL: Final[Schema] = {"type": "null"}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}

# What Text refuses, in words that every regular expression engine reads alike:
# their \s differ, and Text means Python's.
_SPACE: Final = r"\t-\r\u001C-\u0020\u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000"
ANY_TEXT: Final = r"^[^\u0000]*$"
NOT_BLANK: Final = rf"^[^\u0000]*[^\u0000{_SPACE}][^\u0000]*$"


@singledispatch
def schema_of(rule: Rule) -> Schema:
    """Return the schema of what a rule accepts; of a stranger's rule, anything."""
    return {}


@schema_of.register
def _(rule: Text) -> Schema:
    described: Schema = {"type": "string", "maxLength": rule.longest}
    if rule.may_be_blank:
        return {**described, "pattern": ANY_TEXT}
    return {**described, "minLength": 1, "pattern": NOT_BLANK}


@schema_of.register
def _(rule: Choice) -> Schema:
    return {"type": "string", "enum": list(rule.allowed)}


@schema_of.register
def _(rule: Whole) -> Schema:
    return {"type": "integer", "minimum": rule.least, "maximum": rule.most}


@schema_of.register
def _(rule: Flag) -> Schema:
    return {"type": "boolean"}


@schema_of.register
def _(rule: Instant) -> Schema:
    return {"type": "string", "format": "date-time"}


@schema_of.register
def _(rule: Date) -> Schema:
    return {"type": "string", "format": "date"}


@schema_of.register
def _(rule: Objects) -> Schema:
    items = object_schema(rule.declared, null_is_absent=False, read_only=frozenset())
    return {"type": "array", "maxItems": rule.most, "items": items}


@schema_of.register
def _(rule: TagMap) -> Schema:
    return {
        "type": "object",
        "maxProperties": rule.most,
        "propertyNames": schema_of(rule.key),
        "additionalProperties": schema_of(rule.value),
    }


@schema_of.register
def _(rule: Nullable) -> Schema:
    return nullable(schema_of(rule.rule))


def nullable(schema: Schema) -> Schema:
    """Return the schema of what another describes, or null."""
    if NULL in schema.get("anyOf", ()):
        return schema
    return {"anyOf": [schema, NULL]}


def object_schema(
    declared: type[attrs.AttrsInstance], *, null_is_absent: bool, read_only: frozenset[str]
) -> Schema:
    """
    Return the schema of a JSON object that describes an instance of a class with ruled fields.

    Args:
        declared: the class.
        null_is_absent: whether null in an optional field means absent.
        read_only: the fields that may be sent back but not changed.
    """
    required = required_of(declared)
    properties: Schema = {}
    for field in attrs.fields(declared):
        if field.name not in rules_of(declared):
            continue
        schema = schema_of(rules_of(declared)[field.name])
        if null_is_absent and field.name not in required:
            schema = nullable(schema)
        if field.name in read_only:
            schema = {**schema, "readOnly": True}
        properties[field.name] = {**schema, **default_of(field)}
    described: Schema = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    return {**described, "required": list(required)} if required else described


def default_of(field: attrs.Attribute[Any]) -> Schema:
    """Return the ``default`` of a field, if it has one that JSON can say."""
    default = field.default
    if isinstance(default, Enum) and isinstance(default, str):
        return {"default": str(default.value)}
    return {"default": default} if isinstance(default, bool | int | str) else {}


def result_schema(
    result: type[attrs.AttrsInstance],
    known: Mapping[str, Schema],
    also: Mapping[str, Schema] | None = None,
) -> Schema:
    """
    Return the schema of an attrs class as it is answered: every field, always.

    Args:
        result: the class.
        known: schemas that say more of a field than its type does.
        also: further properties, after its own.
    """
    hints = get_type_hints(result)
    properties = {
        field.name: known.get(field.name) or _of_type(hints[field.name])
        for field in attrs.fields(result)
    } | dict(also or {})
    return {"type": "object", "properties": properties, "required": list(properties)}


def _of_type(hint: Any) -> Schema:
    if get_origin(hint) in (Union, types.UnionType):
        (inner,) = (part for part in get_args(hint) if part is not type(None))
        return nullable(_of_type(inner))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"type": "string", "enum": [member.value for member in hint]}
    return dict(_PLAIN[hint])


_PLAIN: Final[Mapping[Any, Schema]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    Tags: {"type": "object", "additionalProperties": {"type": "string"}},
}
