"""The Parquet store keeps what every store keeps, and its files are anybody's to read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import settings
from model_registry_parquet import ParquetStore

from model_registry.testing import StoreContract, store_state_machine


class TestParquetStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[ParquetStore]:
        with ParquetStore(tmp_path / "registry") as store:
            yield store


def _fresh() -> ParquetStore:
    return ParquetStore(Path(mkdtemp()) / "registry", grace=timedelta(0))


def _reopened(store: ParquetStore) -> ParquetStore:
    store.close()
    return ParquetStore(store.path, grace=timedelta(0))


TestParquetMachine = store_state_machine(_fresh, _reopened).TestCase
TestParquetMachine.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
