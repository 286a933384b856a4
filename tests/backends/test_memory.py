"""The in-memory backend passes what every backend must pass."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from model_registry import StoreError
from model_registry.plugins import open_store
from model_registry.testing import RequestLogContract, StoreContract, store_state_machine
from model_registry_memory import IterableRequestLog, MemoryStore


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self):
        with open_store("memory://") as store:
            yield store


class TestIterableRequestLog(RequestLogContract):
    def make_log(self, rows: Sequence[dict[str, Any]], folder: Path, **options: Any):
        return IterableRequestLog(lambda: iter(rows), **options)


TestMemoryStateMachine = store_state_machine(MemoryStore).TestCase
TestMemoryStateMachine.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)


def test_a_memory_store_has_no_name():
    with pytest.raises(StoreError, match="no name or place"):
        open_store("memory://somewhere")
