"""What every store must keep: ``model_registry.ports.Store``, sentence by sentence."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from model_registry.ports import Store
from model_registry.testing.fakes import TENANT, Draft
from model_registry.testing.store_concurrency import ConcurrentStoreContract
from model_registry.testing.store_profiles import ProfileStoreContract
from model_registry.testing.store_reads import ReadStoreContract
from model_registry.testing.store_writes import WrittenStoreContract


class StoreContract(
    WrittenStoreContract, ReadStoreContract, ProfileStoreContract, ConcurrentStoreContract
):
    """
    Subclass it, give it a ``store`` fixture, and let pytest run it.

    Example:
        >>> class TestMyStore(StoreContract):
        ...     @pytest.fixture
        ...     def store(self, tmp_path):
        ...         with MyStore(tmp_path) as store:
        ...             yield store
    """

    @pytest.fixture
    def store(self) -> Iterator[Store]:
        """Give an open store with nothing in it."""
        raise NotImplementedError("a conformance test gives its own store fixture")

    @pytest.fixture
    def draft(self) -> Draft:
        """Give what decides the changes of tenant ``org_abc``."""
        return Draft(TENANT)
