"""What of an inventory is due: validations and findings, and what lacks a date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from typing import Final

import attrs

from model_registry.domain.entry import ModelEntry
from model_registry.domain.lifecycle import RiskTier, ValidationStatus
from model_registry.domain.risk_profile import FindingStatus, RiskFinding, RiskProfile
from model_registry.domain.rules import Date, Whole, enforce, ruled

_HIGH_TIERS: Final = frozenset({RiskTier.TIER_1, RiskTier.TIER_2})


class DueKind(StrEnum):
    """What is due, or why there is no date."""

    VALIDATION = "validation"
    FINDING = "finding"
    NEVER_VALIDATED = "never_validated"


@attrs.frozen(kw_only=True)
class Due:
    """
    One thing that is due.

    Attributes:
        kind: a validation, an open finding; or a model that ought to have a date of
            its last or its next validation and has neither.
        due_on: the day; None of what has none.
        entry: the model.
        owner: who is accountable: the finding's owner, or else the model's.
        validator: who validates the model, or None.
        finding: which one, or None.
    """

    kind: DueKind
    due_on: date | None
    entry: ModelEntry
    owner: str | None
    validator: str | None
    finding: RiskFinding | None = None


@attrs.frozen(kw_only=True)
class Days:
    """
    The days up to which something is due.

    Attributes:
        on: the day from which it is looked at.
        within: how many days beyond it are looked at too.

    Raises:
        ValidationError: with every fault of every field.
    """

    on: date = ruled(Date())
    within: int = ruled(Whole(least=0, most=36_500), default=0)

    def __attrs_post_init__(self) -> None:
        enforce(self)

    @property
    def last(self) -> date:
        """The last of them."""
        return date.fromordinal(min(self.on.toordinal() + self.within, date.max.toordinal()))


def due_of(entry: ModelEntry, profile: RiskProfile, by: date) -> Iterator[Due]:
    """
    Tell what of a model is due up to a day, that day included.

    Nothing is due of a deprecated model. A date is missing where a model of
    tier_1 or tier_2, or one that is validated, has neither a last nor a next one.
    """
    if entry.validation_status is ValidationStatus.DEPRECATED:
        return
    due_on = profile.validation_due_on
    if due_on is not None and due_on <= by:
        yield _due(DueKind.VALIDATION, due_on, entry, profile)
    elif due_on is None and profile.last_validated_on is None and _needs_date(entry):
        yield _due(DueKind.NEVER_VALIDATED, None, entry, profile)
    for finding in profile.findings:
        awaited = finding.status is FindingStatus.OPEN and finding.due_on is not None
        if awaited and finding.due_on is not None and finding.due_on <= by:
            yield _due(DueKind.FINDING, finding.due_on, entry, profile, finding)


def in_order_of_dates(dues: Iterable[Due]) -> tuple[Due, ...]:
    """Sort what is due: the earliest first, then what has no date, by tier and model."""
    return tuple(
        sorted(
            dues, key=lambda due: (due.due_on or date.max, due.entry.risk_tier, due.entry.model_id)
        )
    )


def _needs_date(entry: ModelEntry) -> bool:
    validated = entry.validation_status is ValidationStatus.VALIDATED
    return validated or entry.risk_tier in _HIGH_TIERS


def _due(
    kind: DueKind,
    due_on: date | None,
    entry: ModelEntry,
    profile: RiskProfile,
    finding: RiskFinding | None = None,
) -> Due:
    owner = entry.owner if finding is None else finding.owner or entry.owner
    return Due(
        kind=kind,
        due_on=due_on,
        entry=entry,
        owner=owner,
        validator=profile.validator,
        finding=finding,
    )
