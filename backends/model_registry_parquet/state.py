"""The state of one tenant's folder that is in force: read once, then checked cheaply."""

from __future__ import annotations

from threading import Lock
from typing import Final

import attrs

from model_registry.errors import StoreError
from model_registry_parquet.data_files import read_entries_file
from model_registry_parquet.faults import undamaged
from model_registry_parquet.files import Folder, Stamp
from model_registry_parquet.inventory import Inventory
from model_registry_parquet.manifest import Manifest, manifest_name, manifest_number

_ATTEMPTS: Final = 50


@attrs.frozen(eq=False)
class State:
    """
    What a tenant's folder holds under one manifest.

    Attributes:
        manifest: the manifest.
        stamp: the manifest file's, None before the first.
        inventory: the entries.
    """

    manifest: Manifest
    stamp: Stamp | None = None
    inventory: Inventory = attrs.field(factory=Inventory)


class Current:
    """
    The state that is in force, kept in memory and read again when it no longer is.

    Args:
        folder: the tenant's.
        tenant_id: whose state it is.
    """

    def __init__(self, folder: Folder, tenant_id: str) -> None:
        self._folder = folder
        self._tenant_id = tenant_id
        self._loading = Lock()
        self._state: State | None = None

    @property
    def known(self) -> State | None:
        """What it holds in memory, in force or not."""
        return self._state

    def forget(self) -> None:
        """Give up what it holds in memory; the next reader reads it again."""
        self._state = None

    def state(self) -> State:
        """
        Return what is in force now, another process's commit included.

        Raises:
            OSError: the folder cannot be read.
            StoreError: a file is damaged or missing.
        """
        known = self._state
        if known is not None and self._in_force(known):
            return known
        with self._loading:
            known = self._state
            if known is not None and self._in_force(known):
                return known
            self._state = self._load(known)
            return self._state

    def put(self, state: State) -> None:
        """Take note of the state that a commit just made."""
        self._state = state

    def _in_force(self, known: State) -> bool:
        """Tell whether no manifest followed; asked in this order, since the oldest go first."""
        following = self._folder.stamp(manifest_name(known.manifest.number + 1))
        return following is None and self._still_there(known)

    def _still_there(self, known: State) -> bool:
        name = manifest_name(known.manifest.number)
        return known.stamp is not None and known.stamp == self._folder.stamp(name)

    def _load(self, known: State | None) -> State:
        gone: FileNotFoundError | None = None
        tried = 0
        for _ in range(_ATTEMPTS):
            number = self._newest(known)
            if gone is not None and number == tried:
                raise missing(self._folder, gone.filename) from gone
            if number == 0:
                return State(Manifest(tenant_id=self._tenant_id))
            try:
                return self._read(number, known)
            except FileNotFoundError as error:
                gone, tried = error, number
        raise StoreError(f"The Parquet store {self._folder.path} changes faster than it is read")

    def _newest(self, known: State | None) -> int:
        if known is not None:
            number = known.manifest.number
            while self._folder.stamp(manifest_name(number + 1)) is not None:
                number += 1
            if number > known.manifest.number:
                return number
        numbers = map(manifest_number, self._folder.names())
        return max((number for number in numbers if number is not None), default=0)

    def _read(self, number: int, known: State | None) -> State:
        name = manifest_name(number)
        stamp = self._folder.stamp(name)
        with undamaged(self._folder.path / name):
            manifest = Manifest.from_json(self._folder.read(name))
            if (manifest.number, manifest.tenant_id) != (number, self._tenant_id):
                raise ValueError("it belongs elsewhere")
        return State(manifest, stamp, self._inventory(manifest, known))

    def _inventory(self, manifest: Manifest, known: State | None) -> Inventory:
        """Read the entries: of what is known already, only the rows that came since."""
        base, revision = Inventory(), -1
        if (
            known is not None
            and known.manifest.entries[:1] == manifest.entries[:1]
            and self._still_there(known)
        ):
            base, revision = known.inventory, known.manifest.head.revision
        files = [file for file in manifest.entries if file.revision > revision]
        rows = (row for file in files for row in read_entries_file(self._folder, file))
        return base.overruled(row for row in rows if row.revision > revision)


def missing(folder: Folder, what: object) -> StoreError:
    """Return the error for a file that should be there."""
    return StoreError(f"The Parquet store {folder.path} has lost {what}")
