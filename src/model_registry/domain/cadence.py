"""How often a model is validated: a number of months for each risk tier, which is the bank's."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

import attrs

from model_registry.domain.lifecycle import RiskTier

_MONTHS: Final = 12


def _frozen_months(months: Mapping[RiskTier | str, int]) -> Mapping[RiskTier, int]:
    table = {RiskTier(tier): number for tier, number in months.items()}
    wrong = [tier.value for tier, number in table.items() if number < 1]
    if wrong:
        raise ValueError(f"a cadence is of 1 month or more: {', '.join(wrong)}")
    return MappingProxyType({tier: table[tier] for tier in RiskTier if tier in table})


@attrs.frozen
class Cadence:
    """
    How many months after a validation the next one is due, by risk tier.

    Attributes:
        months: for each tier the months, 1 or more; a model of a tier that was left
            out is validated again only when somebody sets a date.

    Raises:
        ValueError: an unknown tier, or less than a month.
    """

    months: Mapping[RiskTier, int] = attrs.field(converter=_frozen_months)

    def after(self, last: date, tier: RiskTier) -> date | None:
        """
        Return the day on which the validation after one is due, None if the tier has none.

        The same day of the month; its last day where the month is shorter, so that
        a year after February 29 is February 28.
        """
        months = self.months.get(tier)
        if months is None:
            return None
        years, month = divmod(last.year * _MONTHS + last.month - 1 + months, _MONTHS)
        if years > date.max.year:
            return date.max
        return date(years, month + 1, min(last.day, monthrange(years, month + 1)[1]))


DEFAULT_CADENCE: Final = Cadence({"tier_1": 12, "tier_2": 12, "tier_3": 24, "tier_4": 36})
"""
The library's own cadence, to be replaced by the bank's.

SR 11-7 (section V) leaves how often a model is validated to the bank's policy and
its risk, and asks for a periodic review of each model at least annually.
"""
