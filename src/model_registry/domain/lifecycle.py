"""Risk tiers, validation statuses, and which status may follow which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

import attrs

from model_registry.errors import InvalidStatusTransition


class RiskTier(StrEnum):
    """
    How much a model can hurt if it is wrong: ``tier_1`` most, ``tier_4`` least.

    The words are the contract's; the idea of tiering by risk is SR 11-7's.
    """

    TIER_1 = "tier_1"
    TIER_2 = "tier_2"
    TIER_3 = "tier_3"
    TIER_4 = "tier_4"


UNREGISTERED_TIER = RiskTier.TIER_4
"""The tier that policies see for a model that is in no inventory (contract, DELETE)."""


class ValidationStatus(StrEnum):
    """Where a model stands in its validation lifecycle (contract, ``validation_status``)."""

    DRAFT = "draft"
    PENDING_VALIDATION = "pending_validation"
    IN_VALIDATION = "in_validation"
    NEEDS_REMEDIATION = "needs_remediation"
    VALIDATED = "validated"
    DEPRECATED = "deprecated"


def _frozen_moves(
    moves: Mapping[ValidationStatus | str, Iterable[ValidationStatus | str]],
) -> Mapping[ValidationStatus, tuple[ValidationStatus, ...]]:
    table = {
        ValidationStatus(current): {ValidationStatus(following) for following in followers}
        for current, followers in moves.items()
    }
    looping = [status.value for status, followers in table.items() if status in followers]
    if looping:
        raise ValueError(f"a status cannot move to itself: {', '.join(looping)}")
    return MappingProxyType(
        {
            current: tuple(s for s in ValidationStatus if s in table.get(current, ()))
            for current in ValidationStatus
        }
    )


@attrs.frozen
class Lifecycle:
    """
    A transition table: which status may follow which.

    Same to same is no transition and always permitted. A host whose policy
    differs passes a table of its own to ``Registry``.

    Attributes:
        moves: for each status, the statuses that may follow it, in the order of
            ``ValidationStatus``; a status that was left out may not be left.

    Raises:
        ValueError: an unknown status, or a status that moves to itself.
    """

    moves: Mapping[ValidationStatus, tuple[ValidationStatus, ...]] = attrs.field(
        converter=_frozen_moves
    )

    def allowed(self, current: ValidationStatus) -> tuple[ValidationStatus, ...]:
        """Return the statuses that may follow ``current``."""
        return self.moves[current]

    def may_move(self, current: ValidationStatus, following: ValidationStatus) -> bool:
        """Tell whether a model may have ``following`` after ``current``."""
        return current == following or following in self.moves[current]

    def require(self, current: ValidationStatus, following: ValidationStatus) -> None:
        """
        Pass silently if the move is permitted.

        Raises:
            InvalidStatusTransition: it is not; the error lists what is.
        """
        if not self.may_move(current, following):
            raise InvalidStatusTransition(current, following, self.moves[current])


DEFAULT_LIFECYCLE = Lifecycle(
    {
        "draft": ("pending_validation", "deprecated"),
        "pending_validation": ("in_validation", "draft", "deprecated"),
        "in_validation": ("validated", "needs_remediation", "pending_validation", "deprecated"),
        "needs_remediation": ("pending_validation", "in_validation", "deprecated"),
        "validated": ("pending_validation", "in_validation", "needs_remediation", "deprecated"),
        "deprecated": (),
    }
)
"""The library's own table; ``docs/lifecycle.md`` gives the reasons."""
