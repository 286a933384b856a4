"""Filling an inventory from the request log: scan, decide, commit."""

from __future__ import annotations

from model_registry.domain.changes import Action
from model_registry.domain.discovery import DiscoveryReport, DiscoveryRequest, discover
from model_registry.domain.request_log import Progress
from model_registry.errors import RequestLogError
from model_registry.persevering import persevering
from model_registry.workings import Workings


def discovered(
    workings: Workings,
    tenant_id: str,
    actor: str,
    request: DiscoveryRequest | None,
    progress: Progress | None,
) -> DiscoveryReport:
    """
    Find models in the request log and register the new ones as drafts, in one commit.

    Args:
        workings: the store, the log and the rules.
        tenant_id: whose requests, and whose inventory.
        actor: who the history says did it.
        request: how far to look back, which tier to give, whether to write.
        progress: told now and then how far the scan is.

    Raises:
        RequestLogError: there is no request log, or it cannot be read.
        TooManyModels: the log names more models than it may.
        StoreError: the entries could not be written; none was.
    """
    if workings.request_log is None:
        raise RequestLogError("This registry has no request log to discover models from")
    asked = request or DiscoveryRequest()
    period = asked.period(workings.clock())
    with workings.watch.scanning(tenant_id) as scanning:
        scan = workings.request_log.scan(tenant_id, period, progress)
        scanning.found = scan
    names = {sighting.model_id for sighting in scan.sightings}

    def decided() -> DiscoveryReport:
        discovery = discover(
            scan,
            workings.store.find(tenant_id, names),
            asked,
            tenant_id=tenant_id,
            actor=actor,
            at=workings.clock(),
            new_id=workings.new_id,
            infer_provider=workings.infer_provider,
        )
        if discovery.changes and not asked.dry_run:
            workings.commit(tenant_id, discovery.changes)
        return discovery.report

    if asked.dry_run:
        return persevering(decided)
    with workings.watch.writing(Action.DISCOVERED, tenant_id) as writing:
        report = persevering(decided)
        writing.count = report.created
    return report
