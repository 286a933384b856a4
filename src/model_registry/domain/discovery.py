"""From what a request log tells and what is registered, what discovery finds and does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

import attrs

from model_registry.domain.changes import Insert, Seen, adopt
from model_registry.domain.entry import TIER, ModelEntry
from model_registry.domain.lifecycle import RiskTier, ValidationStatus
from model_registry.domain.request_log import LogScan, Period, registrable
from model_registry.domain.rules import Flag, Whole, enforce, ruled

LOOKBACK: Final = Whole(least=1, most=365)


class Finding(StrEnum):
    """Whether a model that was met is new to the inventory (contract, ``models[].status``)."""

    CREATED = "created"
    EXISTING = "existing"


@attrs.frozen(kw_only=True)
class DiscoveryRequest:
    """
    What to discover (contract, POST /models/discover).

    Attributes:
        lookback_days: days of request log to scan, 1 to 365.
        auto_assign_tier: tier of the entries that are made.
        dry_run: report only, and change nothing.

    Raises:
        ValidationError: with every fault of every field.
    """

    lookback_days: int = ruled(LOOKBACK, default=30)
    auto_assign_tier: RiskTier = ruled(TIER, default=RiskTier.TIER_4)
    dry_run: bool = ruled(Flag(), default=False)

    def __attrs_post_init__(self) -> None:
        enforce(self)

    def period(self, now: datetime) -> Period:
        """Return the time that is to be scanned."""
        return Period.before(now, self.lookback_days)


@attrs.frozen(kw_only=True)
class DiscoveredModel:
    """One model that the log names, with what the inventory has or gets for it."""

    model_id: str
    provider: str
    status: Finding
    validation_status: ValidationStatus
    risk_tier: RiskTier
    first_seen_at: datetime
    last_seen_at: datetime
    requests: int

    @property
    def is_new(self) -> bool:
        """Whether the inventory did not have it before."""
        return self.status is Finding.CREATED


@attrs.frozen(kw_only=True)
class DiscoveryReport:
    """
    What a discovery found (contract, response of POST /models/discover).

    Attributes:
        dry_run: whether nothing was written; then ``created`` tells what would be.
        models: the new ones first, busiest first, then those that existed.
        unusable: ids in the log that no entry can have (too long, say).
        rows_read: how many rows of the log were looked at, if that is known.
        rows_broken: how many of them could not be understood.
        examples: where the first few broken ones are.
    """

    dry_run: bool
    models: tuple[DiscoveredModel, ...]
    unusable: tuple[str, ...] = ()
    rows_read: int | None = None
    rows_broken: int = 0
    examples: tuple[str, ...] = ()

    @property
    def discovered(self) -> int:
        """How many distinct models the log names."""
        return len(self.models)

    @property
    def created(self) -> int:
        """How many of them are new to the inventory."""
        return sum(model.is_new for model in self.models)

    @property
    def existing(self) -> int:
        """How many of them were registered before."""
        return self.discovered - self.created


@attrs.frozen
class Discovery:
    """A report, and the changes that make it true."""

    report: DiscoveryReport
    changes: tuple[Insert | Seen, ...]


def discover(
    scan: LogScan,
    known: Mapping[str, ModelEntry],
    request: DiscoveryRequest,
    *,
    tenant_id: str,
    actor: str,
    at: datetime,
    new_id: Callable[[], str],
    infer_provider: Callable[[str], str],
) -> Discovery:
    """
    Decide what a scan means for an inventory.

    Args:
        scan: what the request log says.
        known: the entries of those models that are registered, by model_id.
        request: what was asked for.
        tenant_id: whose inventory it is.
        actor: who asked.
        at: when.
        new_id: makes an entry id.
        infer_provider: gives the provider of a model id.
    """
    usable, unusable = registrable(scan.sightings)
    models: list[DiscoveredModel] = []
    changes: list[Insert | Seen] = []
    for sighting in usable:
        entry = known.get(sighting.model_id)
        if entry is None:
            insert = adopt(
                tenant_id=tenant_id,
                entry_id=new_id(),
                model_id=sighting.model_id,
                provider=infer_provider(sighting.model_id),
                risk_tier=request.auto_assign_tier,
                last_seen_at=sighting.last_seen_at,
                actor=actor,
                at=at,
            )
            changes.append(insert)
            current = insert.entry
        else:
            current = entry
            if entry.last_seen_at is None or entry.last_seen_at < sighting.last_seen_at:
                changes.append(Seen(sighting.model_id, sighting.last_seen_at))
        models.append(
            DiscoveredModel(
                model_id=sighting.model_id,
                provider=current.provider,
                status=Finding.CREATED if entry is None else Finding.EXISTING,
                validation_status=current.validation_status,
                risk_tier=current.risk_tier,
                first_seen_at=sighting.first_seen_at,
                last_seen_at=sighting.last_seen_at,
                requests=sighting.requests,
            )
        )
    models.sort(key=lambda m: (m.status is Finding.EXISTING, -m.requests, m.model_id))
    report = DiscoveryReport(
        dry_run=request.dry_run,
        models=tuple(models),
        unusable=tuple(sighting.model_id for sighting in unusable),
        rows_read=scan.rows_read,
        rows_broken=scan.rows_broken,
        examples=scan.examples,
    )
    return Discovery(report, tuple(changes))
