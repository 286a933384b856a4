"""A file layer that says what it is about to do, so that a test can be there first."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Self

from model_registry_parquet.files import Folder, Stamp


class QuickFolder(Folder):
    """Syncs nothing, because nobody pulls this plug."""

    def sync(self, file: BinaryIO) -> None:
        file.flush()

    def sync_names(self) -> None:
        pass


class SteppedFolder(Folder):
    """
    Works on real files, and calls a function before each step.

    Args:
        path: where.
        before: told what is about to be done; what it raises ends the step.
    """

    def __init__(self, path: Path, before: Callable[[str], None]) -> None:
        super().__init__(path)
        self._before = before

    def at(self, path: Path) -> Self:
        return type(self)(path, self._before)

    def make(self) -> None:
        self._before("make")
        super().make()

    def names(self) -> list[str]:
        self._before("names")
        return super().names()

    def stamp(self, name: str) -> Stamp | None:
        self._before("stamp")
        return super().stamp(name)

    def read(self, name: str) -> bytes:
        self._before("read")
        return super().read(name)

    def open(self, name: str) -> BinaryIO:
        self._before("open")
        return super().open(name)

    def create(self, name: str) -> BinaryIO:
        self._before("create")
        return super().create(name)

    def sync(self, file: BinaryIO) -> None:
        self._before("sync")
        super().sync(file)

    def sync_names(self) -> None:
        self._before("sync names")
        super().sync_names()

    def link(self, name: str, existing: str) -> None:
        self._before("link")
        super().link(name, existing)

    def remove(self, name: str) -> None:
        self._before("remove")
        super().remove(name)

    @contextmanager
    def locked(self) -> Iterator[None]:
        self._before("lock")
        with super().locked():
            yield


class QuickSteps(SteppedFolder, QuickFolder):
    """Says what it is about to do, and syncs nothing."""


class UnlockedFolder(QuickSteps):
    """Is on a file system where a lock keeps nobody out."""

    @contextmanager
    def locked(self) -> Iterator[None]:
        self._before("lock")
        yield


class ImpatientFolder(QuickFolder):
    """Does not wait for the lock: somebody else's is an error at once."""

    @contextmanager
    def locked(self) -> Iterator[None]:
        with (self.path / "lock").open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
