"""
Entities and events as plain JSON values, and back.

What a person sends is read with every fault gathered, each with its path. What
this library wrote itself is read by cattrs, and is trusted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from model_registry.domain.chain import document
from model_registry.domain.changes import ChangeEvent, FieldChange
from model_registry.domain.entry import ModelEntry
from model_registry.domain.instants import read_instant, write_instant
from model_registry.domain.inventory import Page, Window
from model_registry.domain.rules import Refused, Tags, required_of, rules_of
from model_registry.errors import Fault, ValidationError

if TYPE_CHECKING:
    from cattrs import Converter

    from model_registry.domain.discovery import DiscoveredModel, DiscoveryReport
    from model_registry.domain.due import Due
    from model_registry.domain.risk_profile import RiskFinding, RiskProfile

_Declared = TypeVar("_Declared", bound=attrs.AttrsInstance)


def read_object(
    declared: type[_Declared], given: object, *, null_is_absent: bool = False
) -> _Declared:
    """
    Build what a JSON object describes, or tell everything that is wrong with it.

    Args:
        declared: a class with ruled fields, such as ``Registration``.
        given: what came out of a JSON parser.
        null_is_absent: whether null in a field that has a default means absent.

    Raises:
        ValidationError: not an object; unknown, missing and unacceptable fields.
    """
    if not isinstance(given, dict):
        raise ValidationError([Fault("body", "must be a JSON object", given)])
    rules = rules_of(declared)
    required = required_of(declared)
    faults: list[Fault] = []
    values: dict[str, Any] = {}
    for name, value in given.items():
        rule = rules.get(name)
        if rule is None:
            message = f"is not a known field; known are {', '.join(rules)}"
            faults.append(Fault(_path(name), message, value))
        elif (value is None and name in required) or (value is None and null_is_absent):
            continue
        else:
            try:
                values[name] = rule.parse(name, value)
            except Refused as refused:
                faults.extend(refused.faults)
    faults.extend(Fault(name, "is required") for name in required if given.get(name) is None)
    if faults:
        raise ValidationError(faults)
    return declared(**values)


def read_text(declared: type[_Declared], given: Mapping[str, str]) -> _Declared:
    """
    Build what a query string or a command line describes: every value is text.

    Raises:
        ValidationError: unknown and unacceptable parameters.
    """
    rules = rules_of(declared)
    faults: list[Fault] = []
    values: dict[str, Any] = {}
    for name, text in given.items():
        rule = rules.get(name)
        if rule is None:
            message = f"is not a known parameter; known are {', '.join(rules) or 'none'}"
            faults.append(Fault(_path(name), message, text))
            continue
        try:
            values[name] = rule.read(name, text)
        except Refused as refused:
            faults.extend(refused.faults)
    if faults:
        raise ValidationError(faults)
    return declared(**values)


def _path(name: object) -> str:
    return str(name)[:200].encode("utf-8", "backslashreplace").decode()


def entry_to_json(entry: ModelEntry) -> dict[str, Any]:
    """Return an entry as the contract shows it."""
    return {
        "id": entry.id,
        "tenant_id": entry.tenant_id,
        "model_id": entry.model_id,
        "provider": entry.provider,
        "display_name": entry.display_name,
        "risk_tier": entry.risk_tier.value,
        "validation_status": entry.validation_status.value,
        "owner": entry.owner,
        "description": entry.description,
        "tags": dict(entry.tags),
        "last_seen_at": entry.last_seen_at and write_instant(entry.last_seen_at),
        "created_at": write_instant(entry.created_at),
        "updated_at": write_instant(entry.updated_at),
    }


def entry_from_json(stored: Mapping[str, Any]) -> ModelEntry:
    """Return the entry that ``entry_to_json`` wrote."""
    return _converter().structure(stored, ModelEntry)


def profile_to_json(profile: RiskProfile) -> dict[str, Any]:
    """Return a risk profile as the API serves it."""
    return {
        "id": profile.id,
        "model_id": profile.model_id,
        "purpose": profile.purpose,
        "restrictions": profile.restrictions,
        "tier_rationale": profile.tier_rationale,
        "validator": profile.validator,
        "last_validated_on": _day(profile.last_validated_on),
        "next_validation_on": _day(profile.next_validation_on),
        "validation_due_on": _day(profile.validation_due_on),
        "findings": [finding_to_json(finding) for finding in profile.findings],
        "evidence": dict(profile.evidence),
    }


def finding_to_json(finding: RiskFinding) -> dict[str, Any]:
    """Return a finding as the API serves it."""
    return {
        "id": finding.id,
        "title": finding.title,
        "severity": finding.severity.value,
        "status": finding.status.value,
        "opened_on": _day(finding.opened_on),
        "due_on": _day(finding.due_on),
        "closed_on": _day(finding.closed_on),
        "owner": finding.owner,
    }


def due_to_json(due: Due) -> dict[str, Any]:
    """Return something that is due, as the command line shows it."""
    return {
        "kind": due.kind.value,
        "due_on": _day(due.due_on),
        "id": due.entry.id,
        "model_id": due.entry.model_id,
        "risk_tier": due.entry.risk_tier.value,
        "validation_status": due.entry.validation_status.value,
        "owner": due.owner,
        "validator": due.validator,
        "finding": None if due.finding is None else finding_to_json(due.finding),
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def event_to_json(event: ChangeEvent) -> dict[str, Any]:
    """Return an event as the API serves it; its hash covers all but ``hash``."""
    served = document(event, event.tenant_id, event.sequence, event.previous_hash)
    return {**served, "hash": event.hash}


def event_from_json(stored: Mapping[str, Any]) -> ChangeEvent:
    """Return the event that ``event_to_json`` wrote."""
    return _converter().structure(stored, ChangeEvent)


@cache
def _converter() -> Converter:
    """Make what reads our own JSON, when it is read first: few processes ever do."""
    from cattrs import Converter  # noqa: PLC0415  # a third of the time that an import takes

    converter = Converter()
    converter.register_structure_hook(datetime, lambda text, _: read_instant(text))
    converter.register_structure_hook(Tags, lambda tags, _: Tags(tags))
    converter.register_structure_hook(
        FieldChange, lambda change, _: FieldChange(change["from"], change["to"])
    )
    return converter


def page_to_json(page: Page, window: Window) -> dict[str, Any]:
    """Return a page as the contract shows it."""
    return {
        "total": page.total,
        "limit": window.limit,
        "offset": window.offset,
        "models": [entry_to_json(entry) for entry in page.entries],
    }


def report_to_json(report: DiscoveryReport) -> dict[str, Any]:
    """Return a discovery's report as the contract shows it."""
    return {
        "discovered": report.discovered,
        "created": report.created,
        "existing": report.existing,
        "dry_run": report.dry_run,
        "models": [_finding_to_json(model) for model in report.models],
    }


def _finding_to_json(model: DiscoveredModel) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "model_id": model.model_id,
        "provider": model.provider,
        "status": model.status.value,
        "validation_status": model.validation_status.value,
        "risk_tier": model.risk_tier.value,
    }
    if model.is_new:
        shown["first_seen_at"] = write_instant(model.first_seen_at)
        shown["last_seen_at"] = write_instant(model.last_seen_at)
        shown["request_count_30d"] = model.requests
    return shown
