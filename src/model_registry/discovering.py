"""Filling an inventory with what was seen, in the request log or live: decide, commit."""

from __future__ import annotations

from collections.abc import Collection

import attrs

from model_registry.domain.changes import Action
from model_registry.domain.discovery import DiscoveryReport, DiscoveryRequest, discover
from model_registry.domain.request_log import LogScan, Progress
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
    return entered(workings, tenant_id, actor, scan, asked)


def entered(
    workings: Workings,
    tenant_id: str,
    actor: str,
    scan: LogScan,
    request: DiscoveryRequest | None = None,
    *,
    most_new: int | None = None,
) -> DiscoveryReport:
    """
    Enter what was seen into an inventory, in one commit.

    Args:
        workings: the store and the rules.
        tenant_id: whose requests, and whose inventory.
        actor: who the history says did it.
        scan: what was seen.
        request: which tier to give, whether to write.
        most_new: most entries to make: of the busiest models; the others of the new
            ones are left out. None for all.

    Raises:
        StoreError: the entries could not be written; none was.
    """
    asked = request or DiscoveryRequest()
    names = {sighting.model_id for sighting in scan.sightings}

    def decided() -> DiscoveryReport:
        known = workings.store.find(tenant_id, names)
        discovery = discover(
            scan if most_new is None else _busiest(scan, known, most_new),
            known,
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


def _busiest(scan: LogScan, known: Collection[str], most_new: int) -> LogScan:
    new = [sighting for sighting in scan.sightings if sighting.model_id not in known]
    new.sort(key=lambda sighting: (-sighting.requests, sighting.model_id))
    left_out = {sighting.model_id for sighting in new[most_new:]}
    kept = (sighting for sighting in scan.sightings if sighting.model_id not in left_out)
    return attrs.evolve(scan, sightings=tuple(kept))
