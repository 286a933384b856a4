"""PostgreSQL passes what every backend must pass, and what only PostgreSQL is asked for."""

import pytest

from model_registry.plugins import open_store
from model_registry.testing import StoreContract


class TestPostgresqlStore(StoreContract):
    @pytest.fixture
    def store(self, new_postgresql_url):
        with open_store(new_postgresql_url()) as store:
            yield store
