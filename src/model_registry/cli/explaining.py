"""What ``discover --explain`` writes: which rows of a log count, and why the others do not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import attrs

from model_registry.cli.screen import counted, note, progress, say, say_json, say_table
from model_registry.domain.discovery import DiscoveryRequest
from model_registry.domain.log_explanation import LogExplanation
from model_registry.plugins import open_request_log


def say_explained(log: str, tenant_id: str, request: DiscoveryRequest, *, json: bool) -> None:
    """
    Read a log as a discovery would, and write what became of its rows.

    Raises:
        RegistryError: the log cannot be opened or read.
    """
    opened = open_request_log(log)
    try:
        with progress("reading the request log") as told:
            found = opened.explain(tenant_id, request.period(datetime.now(UTC)), told)
    finally:
        opened.close()
    if json:
        say_json(_document(found))
        return
    days = f"{counted(request.lookback_days, 'day')} up to now"
    say_table(("Rows", "What they are"), _rows(found, f"{tenant_id}'s AI requests in {days}"))
    if found.fields:
        say()
        say_table(("Looked for", "Field", "In rows", "Such as"), _fields(found))
    _advise(found)


def _rows(found: LogExplanation, wanted: str) -> list[tuple[str, str]]:
    rows = [] if found.rows_read is None else [(found.rows_read, "read")]
    rows.append((found.rows_counted, f"count: {wanted}"))
    rows += [(count, str(reason)) for reason, count in (found.not_counted or {}).items()]
    rows.append((found.rows_broken, "not understood"))
    return [(f"{count:,}", what) for count, what in rows]


def _fields(found: LogExplanation) -> list[tuple[str, str, str, str]]:
    return [
        (field.purpose, field.path, f"{field.rows:,}", ", ".join(field.values))
        for field in found.fields
    ]


def _advise(found: LogExplanation) -> None:
    for example in found.examples:
        note(f"not understood: {example}")
    if found.not_counted is None:
        note("this kind of log does not tell why rows do not count")
    for purpose in dict.fromkeys(field.purpose for field in found.fields):
        if purpose == "unless":
            continue  # what is nowhere leaves nothing out
        fields = [field for field in found.fields if field.purpose == purpose]
        if found.rows_read and not any(field.rows for field in fields):
            named = " or ".join(field.path for field in fields)
            there = f"; the first row has {', '.join(found.names)}" if found.names else ""
            note(f"warning: no row has {named} ({purpose}){there}")


def _document(found: LogExplanation) -> dict[str, Any]:
    reasons = found.not_counted
    return {
        **attrs.asdict(found),
        "not_counted": None if reasons is None else {r.name.lower(): n for r, n in reasons.items()},
    }
