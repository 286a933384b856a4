"""A registry on a store that can be troubled."""

from datetime import UTC, datetime

import pytest
from troubled_store import TroubledStore

from model_registry import Registry
from model_registry_memory import IterableRequestLog

NOW = datetime(2026, 3, 13, tzinfo=UTC)


@pytest.fixture
def troubled():
    return TroubledStore()


@pytest.fixture
def registry(troubled):
    log = IterableRequestLog([{"timestamp": NOW, "model": "seen", "tenant_id": "org_abc"}])
    with Registry(troubled, log, clock=lambda: NOW) as opened:
        yield opened
