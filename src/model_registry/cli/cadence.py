"""How often models are validated, as the environment says it for every command."""

from __future__ import annotations

import os
import re
from typing import Final

from model_registry.domain.cadence import DEFAULT_CADENCE, Cadence
from model_registry.domain.lifecycle import RiskTier
from model_registry.errors import Fault, ValidationError

VARIABLE: Final = "MODEL_REGISTRY_CADENCE"
_ONE: Final = re.compile(rf"({'|'.join(RiskTier)})=([1-9]\d{{0,3}})")


def cadence_here() -> Cadence:
    """
    Return the cadence that ``MODEL_REGISTRY_CADENCE`` names, or the library's own.

    Raises:
        ValidationError: it is not written as ``tier_1=6,tier_2=12``.
    """
    given = os.environ.get(VARIABLE)
    if not given:
        return DEFAULT_CADENCE
    parts = [part.strip() for part in given.split(",")]
    pairs = [match.groups() for part in parts if (match := _ONE.fullmatch(part))]
    months = {tier: int(number) for tier, number in pairs}
    if len(months) < len(parts):
        message = "must be months by tier, each tier once"
        raise ValidationError([Fault(VARIABLE, message, given, ("tier_1=6,tier_2=12,tier_3=24",))])
    return Cadence(months)
