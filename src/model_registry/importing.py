"""Bringing the rows of a file into an inventory: look up, decide, commit all of it at once."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final

from model_registry.domain.changes import Change
from model_registry.domain.import_decisions import Importing
from model_registry.domain.importing import ImportReport, ImportRequest, ImportRow
from model_registry.errors import ConcurrentUpdate, Fault, ModelNotFound, ValidationError
from model_registry.persevering import persevering
from model_registry.workings import Workings

MOST_ROWS: Final = 200_000
"""More than any inventory has: a file with more rows is another file."""


def imported(
    workings: Workings,
    tenant_id: str,
    actor: str,
    rows: Iterable[ImportRow],
    request: ImportRequest | None,
) -> ImportReport:
    """
    Bring rows into an inventory, in one commit and with one event an entry.

    Where somebody else writes at the same moment, every row is decided anew upon
    what they left.

    Args:
        workings: the store and the rules.
        tenant_id: whose inventory.
        actor: who the history says did it.
        rows: the whole file.
        request: whether to write, and what.

    Raises:
        ValidationError: the file cannot be read, or has too many rows.
        ConcurrentUpdate: others kept writing for too long.
        StoreError: it could not be written; nothing was.
    """
    asked = request or ImportRequest()
    file = tuple(islice(rows, MOST_ROWS + 1))
    if len(file) > MOST_ROWS:
        raise ValidationError([Fault("file", f"has more than {MOST_ROWS:,} rows")])
    names = {row.model_id for row in file if row.model_id is not None}

    def decided() -> ImportReport:
        importing = Importing(
            tenant_id=tenant_id,
            actor=actor,
            at=workings.clock(),
            lifecycle=workings.lifecycle,
            new_id=workings.new_id,
            infer_provider=workings.infer_provider,
            overwrite=asked.overwrite,
        )
        decisions = importing.decide(file, workings.store.find(tenant_id, names))
        report = ImportReport(decisions=decisions, written=False)
        changes: list[Change] = [one.insert for one in report.new]
        changes.extend(one.replace for one in report.changed)
        if not changes or asked.dry_run or (report.refused and not asked.partial):
            return report
        try:
            workings.commit(tenant_id, changes)
        except ModelNotFound as error:
            raise ConcurrentUpdate(error.sought) from error  # deleted since: decided anew
        return ImportReport(decisions=decisions, written=True)

    if asked.dry_run:
        return persevering(decided)
    with workings.watch.writing("imported", tenant_id) as writing:
        report = persevering(decided)
        writing.count = len(report.new) + len(report.changed) if report.written else 0
    return report
