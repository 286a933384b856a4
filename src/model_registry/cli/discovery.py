"""The command ``discover``: from a request log to an inventory."""

from __future__ import annotations

from model_registry.cli.explaining import say_explained
from model_registry.cli.options import (
    HERE,
    AllRowsAreOption,
    JsonOption,
    NumberOption,
    Place,
    RequestLogOption,
    ShapeOption,
    SummariesOption,
    TierOption,
    log_named,
    required,
)
from model_registry.cli.screen import counted, day, note, progress, say_json, say_table
from model_registry.codec import read_text, report_to_json
from model_registry.domain.discovery import LOOKBACK, DiscoveryReport, DiscoveryRequest


def discover(
    *,
    request_log: RequestLogOption = None,
    summaries: SummariesOption = None,
    shape: ShapeOption = None,
    all_rows_are: AllRowsAreOption = None,
    days: NumberOption = None,
    tier: TierOption = None,
    dry_run: bool = False,
    explain: bool = False,
    json: JsonOption = False,
    place: Place = HERE,
) -> None:
    """
    Find models in the request log; register the new ones as drafts.

    Args:
        request_log: the log.
        summaries: where summaries are kept.
        shape: how its fields are named.
        all_rows_are: whose its rows are.
        days: How far to look back from now, 1 to 365. Default: 30.
        tier: risk tier of the new ones.
        dry_run: Tell what would be registered, and change nothing.
        explain: Tell why rows of the log count or do not, and change nothing.
        json: print JSON.
        place: where.
    """
    typed = {"lookback_days": days, "auto_assign_tier": tier, "dry_run": str(dry_run).lower()}
    request = read_text(DiscoveryRequest, {k: v for k, v in typed.items() if v is not None})
    (log,) = required(request_log=request_log)
    if explain:
        (tenant_id,) = required(tenant_id=place.tenant)
        say_explained(
            log_named(log, shape=shape, all_rows_are=all_rows_are), tenant_id, request, json=json
        )
        return
    log = log_named(log, summaries=summaries, shape=shape, all_rows_are=all_rows_are)
    with (
        place.opened(log) as inventory,
        progress("scanning the request log") as told,
    ):
        report = inventory.discover(request, progress=told)
    if json:
        say_json(report_to_json(report))
    else:
        say_report(report)
    note_report(report, request)


def say_report(report: DiscoveryReport) -> None:
    """Write what a discovery found as a table."""
    say_table(
        ("Model", "Provider", "Found", "Tier", "Status", "Requests", "Last seen"),
        (
            (
                model.model_id,
                model.provider,
                model.status,
                model.risk_tier,
                model.validation_status,
                f"{model.requests:,}",
                day(model.last_seen_at),
            )
            for model in report.models
        ),
    )


def note_report(report: DiscoveryReport, request: DiscoveryRequest) -> None:
    """Sum a discovery up, and tell what in the log could not be used."""
    would = "would be " if report.dry_run else ""
    rows = "" if report.rows_read is None else f" ({counted(report.rows_read, 'row')} read)"
    note(
        f"{counted(report.discovered, 'model')} in {request.lookback_days} days{rows}: "
        f"{report.created:,} {would}created, {report.existing:,} existing"
    )
    if not report.discovered:
        furthest = f"up to {LOOKBACK.most} with --days"
        note(
            f"no request of this tenant names a model in these days; look further back, {furthest}"
        )
    if report.rows_broken:
        broken = counted(report.rows_broken, "row")
        note(f"warning: {broken} could not be understood: {'; '.join(report.examples)}")
    if report.unusable:
        ids = counted(len(report.unusable), "id")
        note(f"warning: {ids} cannot be registered, such as {report.unusable[0][:60]!r}")
