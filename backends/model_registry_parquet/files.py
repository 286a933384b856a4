"""Every operation on the file system that the store makes, in one class."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Self

Stamp = tuple[int, int]
"""What tells a file from another that bears its name later: inode and time written (ns)."""

_LOCK = "lock"


class Folder:
    """
    A folder of files that are written once, under names that are never used again.

    The store touches files through this class only, so a test can put another in
    its place: one that fails at the n-th operation, or that forgets what was not
    synced. Every method raises ``OSError`` as the system does.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def at(self, path: Path) -> Self:
        """Return another folder of the same kind."""
        return type(self)(path)

    def child(self, name: str) -> Self:
        """Return a folder within this one."""
        return self.at(self.path / name)

    def parent(self) -> Self:
        """Return the folder that this one is in."""
        return self.at(self.path.parent)

    def make(self) -> None:
        """Make the folder itself, unless it is there."""
        self.path.mkdir(exist_ok=True)

    def names(self) -> list[str]:
        """Return the names of all that is in it, in no order."""
        return [path.name for path in self.path.iterdir()]

    def stamp(self, name: str) -> Stamp | None:
        """Return a file's stamp, or None if there is no such file."""
        try:
            status = (self.path / name).stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns

    def read(self, name: str) -> bytes:
        """Return what is in a file."""
        return (self.path / name).read_bytes()

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading."""
        return (self.path / name).open("rb")

    def create(self, name: str) -> BinaryIO:
        """Open a new file for writing."""
        return (self.path / name).open("xb")

    def sync(self, file: BinaryIO) -> None:
        """Bring what was written to a file onto the disk."""
        file.flush()
        os.fsync(file.fileno())

    def sync_names(self) -> None:
        """Bring names that were added or removed onto the disk."""
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def link(self, name: str, existing: str) -> None:
        """Give a file another name; ``FileExistsError`` if the name is taken."""
        (self.path / name).hardlink_to(self.path / existing)

    def remove(self, name: str) -> None:
        """Remove a file."""
        (self.path / name).unlink()

    @contextmanager
    def writing(self, name: str) -> Iterator[BinaryIO]:
        """Write a new file, which is on the disk at the end; its name is not yet."""
        with self.create(name) as file:
            yield file
            self.sync(file)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """
        Keep every other writer out, of this process and of others on this host.

        The lock goes with the process that holds it, however that ends.
        """
        with (self.path / _LOCK).open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(file, fcntl.LOCK_UN)

    def prepare(self, draft: str, content: bytes) -> None:
        """Write a file that is to be published; all that was written before is on the disk too."""
        with self.writing(draft) as file:
            file.write(content)
        self.sync_names()

    def publish(self, name: str, draft: str) -> None:
        """
        Give a prepared file its name: it is there whole or not at all, and replaces none.

        Raises:
            FileExistsError: another was published under this name.
        """
        self.link(name, draft)
        self.sync_names()
        with suppress(OSError):  # what stays is garbage, and is swept as such
            self.remove(draft)
