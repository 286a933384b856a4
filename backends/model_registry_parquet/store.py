"""A store of plain Parquet files in a folder of this host."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from model_registry.domain.chain import Head
from model_registry.domain.changes import Change, ChangeEvent
from model_registry.domain.entry import ModelEntry
from model_registry.domain.inventory import Filter, Page
from model_registry.domain.outcome import outcome_of
from model_registry.errors import StoreError
from model_registry.ports import Store
from model_registry_parquet.faults import stated
from model_registry_parquet.files import Folder
from model_registry_parquet.inventory import Inventory
from model_registry_parquet.locations import read_url
from model_registry_parquet.manifest import Manifest
from model_registry_parquet.marker import claim
from model_registry_parquet.state import Published, State
from model_registry_parquet.tenants import Tenants

GRACE: Final = timedelta(minutes=1)
"""How long a file stays for other engines that read it, once it is superseded."""


class ParquetStore(Store):
    """
    Keeps each tenant's inventory and history in Parquet files in a folder.

    Safe for many threads and many processes of one host, on a local file system.
    A commit is on the disk before it returns. The inventories that are in use
    are held in memory, histories are not.

    Args:
        folder: where; it is made if its parent is there.
        grace: how long a file stays once it is superseded; this store's own
            readers need no such time.

    Raises:
        StoreError: the folder cannot be used, or holds something else.
    """

    def __init__(self, folder: str | Path | Folder, *, grace: timedelta = GRACE) -> None:
        self._folder = folder if isinstance(folder, Folder) else Folder(Path(folder).absolute())
        self._closed = False
        with stated(self._folder.path, "opened"):
            claim(self._folder)
        self._tenants = Tenants(self._folder, grace)

    @property
    def path(self) -> Path:
        """The folder that everything is in."""
        return self._folder.path

    def commit(self, tenant_id: str, changes: Sequence[Change]) -> tuple[ChangeEvent, ...]:
        self._require_open()
        with stated(self._folder.path, "written"):
            if self._tenants.find(tenant_id) is None:
                empty = Inventory()
                if not outcome_of(changes, empty.entries.get, empty.find):
                    return ()
            return self._tenants.found(tenant_id).commit(changes)

    def get(self, tenant_id: str, entry_id: str) -> ModelEntry | None:
        return self._state(tenant_id).inventory.entries.get(entry_id)

    def find(self, tenant_id: str, model_ids: Collection[str]) -> dict[str, ModelEntry]:
        inventory = self._state(tenant_id).inventory
        known = (model_id for model_id in model_ids if model_id in inventory.ids)
        return {model_id: inventory.entries[inventory.ids[model_id]] for model_id in known}

    def page(self, tenant_id: str, where: Filter, limit: int, offset: int) -> Page:
        matches = self._state(tenant_id).inventory.matches(where)
        return Page(len(matches), tuple(matches[offset : offset + limit]))

    @contextmanager
    def scan(self, tenant_id: str, where: Filter) -> Iterator[Iterator[ModelEntry]]:
        yield iter(self._state(tenant_id).inventory.matches(where))

    @contextmanager
    def history(
        self,
        tenant_id: str,
        entry_id: str | None = None,
        after: int = 0,
        until: datetime | None = None,
    ) -> Iterator[Iterator[ChangeEvent]]:
        manifest = self._manifest(tenant_id)
        with closing(self._events(manifest, entry_id, after, until)) as events:
            yield events

    def count_events(self, tenant_id: str, entry_id: str | None = None) -> int:
        if entry_id is None:
            return self.head(tenant_id).sequence
        self._require_open()
        with stated(self._folder.path, "read"):
            ledger = self._tenants.find(tenant_id)
            return 0 if ledger is None else ledger.count_events(entry_id)

    def head(self, tenant_id: str) -> Head:
        return self._manifest(tenant_id).head

    def tenants(self) -> Sequence[str]:
        self._require_open()
        with stated(self._folder.path, "read"):
            return self._tenants.ids()

    def stored_faults(self, tenant_id: str) -> Iterator[str]:
        self._require_open()
        with stated(self._folder.path, "read"):
            ledger = self._tenants.find(tenant_id)
            yield from self._tenants.strays(tenant_id) if ledger is None else ledger.faults()

    def close(self) -> None:
        self._closed = True

    def _state(self, tenant_id: str) -> State:
        self._require_open()
        with stated(self._folder.path, "read"):
            ledger = self._tenants.find(tenant_id)
            if ledger is None:
                return State(Published(Manifest(tenant_id=tenant_id)))
            return ledger.state()

    def _manifest(self, tenant_id: str) -> Manifest:
        self._require_open()
        with stated(self._folder.path, "read"):
            ledger = self._tenants.find(tenant_id)
            return Manifest(tenant_id=tenant_id) if ledger is None else ledger.manifest()

    def _events(
        self,
        manifest: Manifest,
        entry_id: str | None,
        after: int,
        until: datetime | None,
    ) -> Generator[ChangeEvent]:
        with stated(self._folder.path, "read"):
            ledger = self._tenants.find(manifest.tenant_id)
            if ledger is not None:
                yield from ledger.events(manifest, entry_id, after, until)

    def _require_open(self) -> None:
        if self._closed:
            raise StoreError(f"The Parquet store {self._folder.path} is closed")


def open_store(url: str, *, grace: timedelta = GRACE) -> ParquetStore:
    """
    Open the store that ``parquet:///folder`` names; ``parquet:////folder`` from the root.

    Raises:
        StoreError: the URL names no folder, or the folder cannot be used.
    """
    location = read_url(url)
    if not location.path or location.options:
        raise StoreError(
            "A Parquet store is named parquet:///folder, or parquet:////folder "
            f"with the path from the root, without parameters; not {url}"
        )
    return ParquetStore(location.path, grace=grace)
