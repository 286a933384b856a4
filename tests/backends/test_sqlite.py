"""SQLite passes what every backend must pass, and what only SQLite is asked for."""

import pytest

from model_registry.plugins import open_store
from model_registry.testing import StoreContract


class TestSqliteStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        with open_store(f"sqlite:///{tmp_path}/registry.db") as store:
            yield store
