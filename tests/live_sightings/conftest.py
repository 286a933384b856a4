"""A registry on a store that can be troubled, at a fixed time, watched."""

from datetime import UTC, datetime

import pytest
from sightings_setup import Flushes, TroubledStore

from model_registry import Registry


@pytest.fixture
def now():
    return datetime(2026, 3, 13, tzinfo=UTC)


@pytest.fixture
def troubled():
    return TroubledStore()


@pytest.fixture
def flushes():
    return Flushes()


@pytest.fixture
def registry(troubled, flushes, now):
    with Registry(troubled, clock=lambda: now, observer=flushes) as opened:
        yield opened
