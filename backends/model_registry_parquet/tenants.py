"""Which tenant's inventory lies in which folder: no name on disk is made from a tenant's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from threading import Lock
from typing import Final

import msgspec

from model_registry.errors import DamagedData
from model_registry_parquet.faults import undamaged
from model_registry_parquet.files import Folder
from model_registry_parquet.ledger import Ledger
from model_registry_parquet.manifest import new_name

MOST_HELD: Final = 200_000
"""How many entries of all tenants together stay in memory, one tenant's always."""

_FOLDER: Final = re.compile(r"tenant-[0-9]{8}")


class Tenants:
    """
    The tenants of a store: the first is ``tenant-00000001``, and so on.

    Beside each folder stands a file that says whose it is. It is published once
    and never changes, so that a known tenant costs no look at the disk.

    Args:
        folder: the store's.
        grace: see ``Ledger``.
    """

    def __init__(self, folder: Folder, grace: timedelta) -> None:
        self._folder = folder
        self._grace = grace
        self._lock = Lock()
        self._count = 0
        self._ledgers: dict[str, Ledger] = {}
        self._held: dict[Ledger, int] = {}

    def find(self, tenant_id: str) -> Ledger | None:
        """
        Return a tenant's ledger, None if nothing was ever written for it.

        Raises:
            OSError: the folder cannot be read.
            DamagedData: it is damaged.
        """
        ledger = self._ledgers.get(tenant_id)
        if ledger is None:
            self._catch_up()
            ledger = self._ledgers.get(tenant_id)
        return ledger

    def ids(self) -> list[str]:
        """
        Return the tenants for which something was ever written, sorted; raises what ``find`` does.

        One whose first commit failed has a folder already, and no history.
        """
        self._catch_up()
        return sorted(
            tenant_id
            for tenant_id, ledger in self._ledgers.copy().items()
            if ledger.manifest().head.revision
        )

    def found(self, tenant_id: str) -> Ledger:
        """
        Return a tenant's ledger, a new one if there is none.

        Raises:
            OSError: the folder cannot be written.
            DamagedData: it is damaged.
        """
        known = self.find(tenant_id)
        if known is not None:
            return known
        with self._folder.locked():
            known = self.find(tenant_id)
            if known is None:
                name = _name(self._count + 1)
                self._folder.child(name).make()
                self._ledger(name, tenant_id).manifest()  # refuses to take another's over
                draft = new_name("draft", 0, "json")
                self._folder.prepare(draft, msgspec.json.encode({"tenant_id": tenant_id}))
                self._folder.publish(f"{name}.json", draft)
                self._catch_up()
                known = self._ledgers[tenant_id]
            return known

    def _ledger(self, name: str, tenant_id: str) -> Ledger:
        return Ledger(self._folder.child(name), tenant_id, self._grace, self._hold)

    def strays(self, tenant_id: str) -> Iterator[str]:
        """
        Tell of folders that hold a tenant's data and are not found under its name.

        Raises:
            OSError: the folder cannot be read.
        """
        for name in sorted(filter(_FOLDER.fullmatch, self._folder.names())):
            with suppress(DamagedData):  # somebody else's
                if self._ledger(name, tenant_id).manifest().number:
                    path = self._folder.path / name
                    yield f"{path} holds the tenant's data, and {path}.json does not say so"

    def _hold(self, ledger: Ledger) -> None:
        """Take note of a ledger that was read, and let others forget if all hold too much."""
        state = ledger.current.known
        with self._lock:
            self._held.pop(ledger, None)
            self._held[ledger] = 0 if state is None else len(state.inventory.entries)
            excess = sum(self._held.values()) - MOST_HELD
            for other in list(self._held)[:-1]:
                if excess <= 0:
                    break
                excess -= self._held.pop(other)
                other.current.forget()

    def _catch_up(self) -> None:
        """Learn of tenants that came since, another process's too."""
        with self._lock:
            while True:
                name = _name(self._count + 1)
                try:
                    content = self._folder.read(f"{name}.json")
                except FileNotFoundError:
                    return
                with undamaged(self._folder.path / f"{name}.json"):
                    tenant_id = msgspec.json.decode(content, type=dict[str, str])["tenant_id"]
                self._ledgers.setdefault(tenant_id, self._ledger(name, tenant_id))
                self._count += 1


def _name(number: int) -> str:
    return f"tenant-{number:08}"
