"""One tenant's folder: its commits, one writer at a time, and its history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

import attrs

from model_registry.domain.chain import advanced, seal
from model_registry.domain.changes import Change, ChangeEvent
from model_registry.domain.outcome import outcome_of
from model_registry.errors import DamagedData, OutcomeUnknown, StoreError
from model_registry_parquet.data_files import (
    count_events_file,
    file_faults,
    read_events_file,
    write_entries,
    write_events,
)
from model_registry_parquet.faults import UNREADABLE, in_a_line
from model_registry_parquet.files import Folder
from model_registry_parquet.garbage import discard, sweep
from model_registry_parquet.manifest import Manifest, manifest_name, new_name
from model_registry_parquet.merging import merged
from model_registry_parquet.rows import EntryRow
from model_registry_parquet.state import Current, Published, State, missing

_SWEEPS_A_GRACE: Final = 4


class Ledger:
    """
    The inventory and the history of one tenant, in a folder of its own.

    Args:
        folder: which is there already.
        tenant_id: whose it is.
        grace: how long a file stays after the last manifest that names it was
            followed by another.
        loaded: told when what it holds in memory has changed.
    """

    def __init__(
        self,
        folder: Folder,
        tenant_id: str,
        grace: timedelta,
        loaded: Callable[[Ledger], None],
    ) -> None:
        self._folder = folder
        self._tenant_id = tenant_id
        self._grace = grace
        self._loaded = loaded
        self.current = Current(folder, tenant_id)
        self._next_sweep = 0.0

    def state(self) -> State:
        """
        Return what is in force now, another process's commit included.

        Raises:
            OSError: the folder cannot be read.
            DamagedData: a file is damaged or missing.
        """
        known = self.current.known
        state = self.current.state()
        if state is not known:
            self._loaded(self)
        return state

    def commit(self, changes: Sequence[Change]) -> tuple[ChangeEvent, ...]:
        """
        Make changes; see ``Store.commit``.

        Raises:
            OSError: the folder cannot be written.
            RegistryError: the changes are refused, or a file is damaged.
        """
        with self._folder.locked():
            state = self.current.state()
            old, inventory = state.manifest.head, state.inventory
            outcome = outcome_of(changes, inventory.entries.get, inventory.find)
            if not outcome:
                return ()
            sealed = seal(outcome.events, self._tenant_id, old)
            rows = inventory.rows(outcome, old.revision + 1)
            manifest = self._write(state, rows, sealed)
            stamp = None
            with suppress(OSError):  # the commit stands; the next reader looks again
                stamp = self._folder.stamp(manifest_name(manifest.number))
            self.current.put(State(Published(manifest, stamp), inventory.overruled(rows)))
            self._loaded(self)
            self._sweep(manifest.number)
            return sealed

    def _write(
        self, state: State, rows: Sequence[EntryRow], sealed: tuple[ChangeEvent, ...]
    ) -> Manifest:
        """Write a commit's files and publish the manifest that names them."""
        folder, old = self._folder, state.manifest
        number, head = old.number + 1, advanced(old.head, sealed)
        names: list[str] = []

        def named(kind: str, form: str = "parquet") -> str:
            names.append(new_name(kind, number, form))
            return names[-1]

        try:
            new = merged(folder, old, len(state.inventory.entries), named)
            entries, events = new.entries, new.events
            if rows:
                entries = (*entries, write_entries(folder, named("entries"), rows))
            if sealed:
                file = write_events(folder, named("events"), sealed, head.revision)
                events = (*events, file)
            new = attrs.evolve(new, number=number, head=head, entries=entries, events=events)
            draft = named("draft", "json")
            folder.prepare(draft, new.to_json())
            if not old.number:  # whoever said whose folder this is may have died before its sync
                folder.parent().sync_names()
        except BaseException:
            discard(folder, names)
            raise
        self._publish(manifest_name(number), draft)
        return new

    def _publish(self, name: str, draft: str) -> None:
        """Publish, or withdraw what may not be durable; its files are left for the sweep."""
        try:
            self._folder.link(name, draft)
        except FileExistsError as error:
            raise StoreError(
                f"{self._folder.path / name} was written by somebody who did not hold the lock"
            ) from error
        try:
            self._folder.sync_names()
        except OSError as error:  # only what was linked here: another's manifest has the same name
            with suppress(FileNotFoundError):
                self._folder.remove(name)
            raise OutcomeUnknown(
                f"The Parquet store {self._folder.path} withdrew a commit, and a power loss "
                f"now may bring it back: {in_a_line(error)}"
            ) from error
        with suppress(OSError):  # what stays is garbage, and is swept as such
            self._folder.remove(draft)

    def _sweep(self, newest: int) -> None:
        now = monotonic()
        if now >= self._next_sweep:
            self._next_sweep = now + self._grace.total_seconds() / _SWEEPS_A_GRACE
            with suppress(OSError, *UNREADABLE):  # the commit stands; the next one sweeps again
                sweep(self._folder, newest, self._grace)

    def manifest(self) -> Manifest:
        """Return the manifest in force; raises what ``state`` does, but reads no entry."""
        return self.current.published().manifest

    def events(
        self, manifest: Manifest, entry_id: str | None, after: int, until: datetime | None
    ) -> Iterator[ChangeEvent]:
        """
        Read a manifest's events, in order; files that are merged meanwhile do not matter.

        Raises:
            OSError: the folder cannot be read.
            DamagedData: a file is damaged or missing.
        """
        newest, last_wanted = manifest, manifest.head.sequence
        while after < last_wanted:
            found = newest.events_from(after + 1)
            if found is None:
                raise missing(self._folder, "the events of its last manifest")
            file, last = found
            skip = after - (last - file.rows)
            try:
                for event in read_events_file(self._folder, file, entry_id, skip):
                    if event.sequence > last_wanted and newest is not manifest:
                        return
                    if until is None or event.at <= until:
                        yield event
            except FileNotFoundError as error:
                newest = self._newer_than(newest, error)
            else:
                after = last

    def count_events(self, entry_id: str) -> int:
        """Count an entry's events; raises what ``events`` does."""
        manifest = self.manifest()
        while True:
            try:
                files = manifest.events
                return sum(count_events_file(self._folder, file, entry_id) for file in files)
            except FileNotFoundError as error:
                manifest = self._newer_than(manifest, error)

    def faults(self) -> Iterator[str]:
        """
        Tell which live files are not those that were written, a line for each.

        Raises:
            OSError: the folder cannot be read.
        """
        checked: set[str] = set()
        try:
            manifest = self.manifest()
            while rest := [file for file in manifest.files if file.name not in checked]:
                file = rest[0]
                checked.add(file.name)
                try:
                    yield from file_faults(self._folder, file)
                except FileNotFoundError as error:
                    manifest = self._newer_than(manifest, error)
        except DamagedData as error:
            yield str(error)

    def _newer_than(self, manifest: Manifest, gone: FileNotFoundError) -> Manifest:
        newer = self.manifest()
        if newer.number == manifest.number:
            raise missing(self._folder, gone.filename) from gone
        return newer
