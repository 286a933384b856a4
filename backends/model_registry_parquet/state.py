"""The state of one tenant's folder that is in force: read once, then checked cheaply."""

from __future__ import annotations

from threading import Lock
from typing import Final

import attrs

from model_registry.errors import DamagedData, StoreError
from model_registry_parquet.data_files import read_entries_file
from model_registry_parquet.faults import undamaged
from model_registry_parquet.files import Folder, Stamp
from model_registry_parquet.inventory import Inventory
from model_registry_parquet.manifest import Manifest, born_with, manifest_name, manifest_number

_ATTEMPTS: Final = 50


@attrs.frozen(eq=False)
class Published:
    """
    A manifest that is, or was, in force.

    Attributes:
        manifest: the manifest.
        stamp: its file's, None before the first.
    """

    manifest: Manifest
    stamp: Stamp | None = None


@attrs.frozen(eq=False)
class State:
    """
    What a tenant's folder holds under one manifest.

    Attributes:
        published: the manifest.
        inventory: the entries.
    """

    published: Published
    inventory: Inventory = attrs.field(factory=Inventory)

    @property
    def manifest(self) -> Manifest:
        """The manifest."""
        return self.published.manifest


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
        self._published: Published | None = None
        self._state: State | None = None

    @property
    def known(self) -> State | None:
        """What it holds in memory, in force or not."""
        return self._state

    def forget(self) -> None:
        """Give up what it holds in memory; the next reader reads it again."""
        self._published = self._state = None

    def put(self, state: State) -> None:
        """Take note of the state that a commit just made."""
        self._published, self._state = state.published, state

    def published(self) -> Published:
        """
        Return the manifest in force, another process's included; no entry is read for it.

        Raises:
            OSError: the folder cannot be read.
            DamagedData: the manifest is damaged or missing.
        """
        known = self._published
        if known is None or not self._in_force(known):
            known = self._published = self._newest_published(known)
        return known

    def state(self) -> State:
        """
        Return what is in force now, another process's commit included.

        Raises:
            OSError: the folder cannot be read.
            DamagedData: a file is damaged or missing.
        """
        published = self.published()
        known = self._state
        if known is not None and known.published is published:
            return known
        with self._loading:
            for _ in range(_ATTEMPTS):
                published, known = self.published(), self._state
                if known is not None and known.published is published:
                    return known
                try:
                    state = State(published, self._inventory(published.manifest, known))
                except FileNotFoundError as error:
                    if self.published() is published:
                        raise missing(self._folder, error.filename) from error
                else:
                    self._state = state
                    return state
        raise self._too_fast()

    def _in_force(self, known: Published) -> bool:
        """Tell whether no manifest followed; asked in this order, since the oldest go first."""
        following = self._folder.stamp(manifest_name(known.manifest.number + 1))
        return following is None and self._still_there(known)

    def _still_there(self, known: Published) -> bool:
        name = manifest_name(known.manifest.number)
        return known.stamp is not None and known.stamp == self._folder.stamp(name)

    def _newest_published(self, known: Published | None) -> Published:
        gone: FileNotFoundError | None = None
        tried = 0
        for _ in range(_ATTEMPTS):
            number = self._newest(known)
            if gone is not None and number == tried:
                raise missing(self._folder, gone.filename) from gone
            if number == 0:
                return Published(Manifest(tenant_id=self._tenant_id))
            try:
                return self._read(number)
            except FileNotFoundError as error:
                gone, tried = error, number
        raise self._too_fast()

    def _newest(self, known: Published | None) -> int:
        if known is not None:
            number = known.manifest.number
            while self._folder.stamp(manifest_name(number + 1)) is not None:
                number += 1
            if number > known.manifest.number:
                return number
        names = self._folder.names()
        newest = _highest(names)
        if newest == 0 and any((born_with(name) or 0) > 1 for name in names):
            # Names that come and go while they are listed may be passed over: look again.
            newest = _highest(self._folder.names())
            if newest == 0:
                raise missing(self._folder, "its manifest")
        return newest

    def _read(self, number: int) -> Published:
        name = manifest_name(number)
        stamp = self._folder.stamp(name)
        with undamaged(self._folder.path / name):
            manifest = Manifest.from_json(self._folder.read(name))
            if (manifest.number, manifest.tenant_id) != (number, self._tenant_id):
                raise ValueError("it belongs elsewhere")
        return Published(manifest, stamp)

    def _inventory(self, manifest: Manifest, known: State | None) -> Inventory:
        """Read the entries: of what is known already, only the rows that came since."""
        base, revision = Inventory(), -1
        if (
            known is not None
            and known.manifest.number < manifest.number
            and known.manifest.entries[:1] == manifest.entries[:1]
            and self._still_there(known.published)
        ):
            base, revision = known.inventory, known.manifest.head.revision
        files = [file for file in manifest.entries if file.revision > revision]
        rows = (row for file in files for row in read_entries_file(self._folder, file))
        return base.overruled(row for row in rows if row.revision > revision)

    def _too_fast(self) -> StoreError:
        return StoreError(f"The Parquet store {self._folder.path} changes faster than it is read")


def _highest(names: list[str]) -> int:
    numbers = map(manifest_number, names)
    return max((number for number in numbers if number is not None), default=0)


def missing(folder: Folder, what: object) -> DamagedData:
    """Return the error for a file that should be there."""
    return DamagedData(f"The Parquet store {folder.path} has lost {what}")
