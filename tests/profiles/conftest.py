from __future__ import annotations

from datetime import timedelta

import pytest

from model_registry import Cadence, Registry
from model_registry.testing.fakes import START, CountedIds, TickingClock


@pytest.fixture
def registry(store):
    cadence = Cadence({"tier_1": 6, "tier_2": 12})
    clock = TickingClock(START, timedelta(seconds=1))
    with Registry(store, clock=clock, new_id=CountedIds(), cadence=cadence) as opened:
        yield opened


@pytest.fixture
def inventory(registry):
    return registry.tenant("org_abc", actor="ana")
