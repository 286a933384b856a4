"""An entry's risk profile: what examiners ask of a model beyond the contract's fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Final

import attrs

from model_registry.domain.entry import DESCRIPTION, IDENTITY, NAME, UNSET, Unset
from model_registry.domain.objects import Objects
from model_registry.domain.rules import (
    Choice,
    Date,
    Nullable,
    TagMap,
    Tags,
    Text,
    enforce,
    ruled,
)

MOST_FINDINGS: Final = 200
"""Findings that one profile may have, open and closed ones."""

EVIDENCE: Final = TagMap(
    most=64,
    key=Text(longest=128),
    value=Text(longest=2_048),
    things="links",
)
_DAY: Final = Date()


class Severity(StrEnum):
    """How much a finding matters."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class FindingStatus(StrEnum):
    """Whether a finding is still to be remedied."""

    OPEN = "open"
    CLOSED = "closed"


@attrs.frozen(kw_only=True)
class RiskFinding:
    """
    Something that a validation found wrong with a model.

    Attributes:
        id: its own, unique in the profile.
        title: what was found.
        severity: how much it matters.
        status: whether it is still to be remedied.
        opened_on: when it was raised.
        due_on: until when it is to be remedied, or None.
        closed_on: when it was remedied, None while it is open.
        owner: who is to remedy it, or None.
    """

    id: str
    title: str
    severity: Severity
    status: FindingStatus
    opened_on: date
    due_on: date | None
    closed_on: date | None
    owner: str | None


@attrs.frozen(kw_only=True)
class RiskProfile:
    """
    What is known of a model's risk beside its entry; nothing of it is required.

    Attributes:
        id: the entry's UUID.
        model_id: the entry's.
        purpose: what the model may be used for, or None.
        restrictions: what it may not be used for, and under which limits, or None.
        tier_rationale: why it has its risk tier, or None.
        validator: who validates it, or None.
        last_validated_on: when the last validation was completed, or None.
        next_validation_on: when the next one is to be, if somebody set a date.
        validation_due_on: that date, or else the one that follows from the last
            validation and the cadence of the entry's tier; None if there is neither.
            Computed when it is read, and never stored.
        findings: oldest first.
        evidence: labels, and where the document is that each stands for.
    """

    id: str
    model_id: str
    purpose: str | None
    restrictions: str | None
    tier_rationale: str | None
    validator: str | None
    last_validated_on: date | None
    next_validation_on: date | None
    validation_due_on: date | None
    findings: tuple[RiskFinding, ...]
    evidence: Tags


@attrs.frozen(kw_only=True)
class FindingAmendment:
    """
    A new finding, or changes to one: what is left ``UNSET`` stays.

    A new one needs a title and a severity. It is open and was raised today unless
    told otherwise, and gets an id if it brings none.

    Raises:
        ValidationError: with every fault of every field.
    """

    id: str | Unset = ruled(Text(longest=64), default=UNSET)
    title: str | Unset = ruled(Text(longest=1_000), default=UNSET)
    severity: Severity | Unset = ruled(Choice(Severity), default=UNSET)
    status: FindingStatus | Unset = ruled(Choice(FindingStatus), default=UNSET)
    opened_on: date | Unset = ruled(_DAY, default=UNSET)
    due_on: date | Unset | None = ruled(Nullable(_DAY), default=UNSET)
    closed_on: date | Unset | None = ruled(Nullable(_DAY), default=UNSET)
    owner: str | Unset | None = ruled(Nullable(NAME), default=UNSET)

    def __attrs_post_init__(self) -> None:
        enforce(self, passing=UNSET)


@attrs.frozen(kw_only=True)
class ProfileAmendment:
    """
    Changes to a risk profile: what is left ``UNSET`` stays, ``None`` clears.

    Findings are amended one by one: those that are not named stay, one with a new
    id, or without, is added. A finding is closed, not taken away; only ``None``
    takes away all of them. Evidence is replaced as a whole, as tags are. The
    read-only fields may be sent back as they were read.

    Raises:
        ValidationError: with every fault of every field.
    """

    purpose: str | Unset | None = ruled(Nullable(DESCRIPTION), default=UNSET)
    restrictions: str | Unset | None = ruled(Nullable(DESCRIPTION), default=UNSET)
    tier_rationale: str | Unset | None = ruled(Nullable(DESCRIPTION), default=UNSET)
    validator: str | Unset | None = ruled(Nullable(IDENTITY), default=UNSET)
    last_validated_on: date | Unset | None = ruled(Nullable(_DAY), default=UNSET)
    next_validation_on: date | Unset | None = ruled(Nullable(_DAY), default=UNSET)
    findings: Sequence[FindingAmendment] | Unset | None = ruled(
        Nullable(Objects(FindingAmendment, most=MOST_FINDINGS)), default=UNSET
    )
    evidence: Mapping[str, str] | Unset | None = ruled(Nullable(EVIDENCE), default=UNSET)
    id: str | Unset = ruled(Text(longest=36), default=UNSET)
    model_id: str | Unset = ruled(NAME, default=UNSET)
    validation_due_on: date | Unset | None = ruled(Nullable(_DAY), default=UNSET)

    def __attrs_post_init__(self) -> None:
        enforce(self, passing=UNSET)

    def supplied(self) -> dict[str, Any]:
        """Return the fields that are set, by name."""
        return supplied(self)


def supplied(amendment: FindingAmendment | ProfileAmendment) -> dict[str, Any]:
    """Return the fields of an amendment that are set, by name."""
    values = {a.name: getattr(amendment, a.name) for a in attrs.fields(type(amendment))}
    return {name: value for name, value in values.items() if value is not UNSET}


PROFILE_READ_ONLY: Final = frozenset({"id", "model_id", "validation_due_on"})
"""The fields of a profile that no amendment can change."""
