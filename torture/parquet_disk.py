"""A file layer that remembers what was synced, and the disks that a power loss may leave."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import attrs

from torture.parquet_steps import QuickFolder


class Killed(BaseException):
    """The process ends here: nothing after it runs, not even what cleans up."""


@attrs.frozen
class Step:
    """
    One thing that the disk was told.

    Attributes:
        what: ``make``, ``create``, ``link``, ``remove``, ``sync names`` or ``sync``.
        path: the name that it is about; for ``sync``, one of the file's names.
        file: number of the file, 0 for a folder.
        content: of a file, as it was synced.
    """

    what: str
    path: Path
    file: int = 0
    content: bytes = b""


@attrs.define
class Disk:
    """Everything that was done, in order; the folders of all processes write here."""

    steps: list[Step] = attrs.field(factory=list)
    files: dict[Path, int] = attrs.field(factory=dict)
    made: int = 0


@attrs.define
class Life:
    """How many steps a process has left; None for one that nobody kills."""

    left: int | None = None


class RememberingFolder(QuickFolder):
    """Works on real files, and notes on a disk what is done and what is synced."""

    def __init__(self, path: Path, disk: Disk, life: Life) -> None:
        super().__init__(path)
        self._disk = disk
        self._life = life

    def at(self, path: Path) -> RememberingFolder:
        return RememberingFolder(path, self._disk, self._life)

    def _about(self) -> None:
        if self._life.left is not None:
            if self._life.left == 0:
                raise Killed
            self._life.left -= 1

    def _note(self, what: str, path: Path, file: int = 0, content: bytes = b"") -> None:
        self._disk.steps.append(Step(what, path, file, content))

    def make(self) -> None:
        self._about()
        new = not self.path.exists()
        super().make()
        if new:
            self._note("make", self.path)

    def create(self, name: str) -> BinaryIO:
        self._about()
        opened = super().create(name)
        self._disk.made += 1
        self._disk.files[self.path / name] = self._disk.made
        self._note("create", self.path / name, self._disk.made)
        return opened

    def sync(self, file: BinaryIO) -> None:
        self._about()
        super().sync(file)
        path = Path(file.name)
        self._note("sync", path, self._disk.files[path], path.read_bytes())

    def sync_names(self) -> None:
        self._about()
        super().sync_names()
        self._note("sync names", self.path)

    def link(self, name: str, existing: str) -> None:
        self._about()
        super().link(name, existing)
        file = self._disk.files[self.path / name] = self._disk.files[self.path / existing]
        self._note("link", self.path / name, file)

    def remove(self, name: str) -> None:
        self._about()
        super().remove(name)
        self._note("remove", self.path / name)


Tree = dict[Path, bytes | None]
"""What is on a disk: files with their content, folders with None."""

Survives = Callable[[Step], bool]
Remains = Callable[[bytes], bytes]


def _nothing(content: bytes) -> bytes:
    return b""


def _half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _zeros(content: bytes) -> bytes:
    return bytes(len(content))


def _all(content: bytes) -> bytes:
    return content


_KEPT = (_nothing, _half, _zeros, _all)

WORST: tuple[tuple[Survives, Remains], ...] = (
    (lambda step: False, _nothing),
    (lambda step: True, _nothing),
    (lambda step: True, _half),
    (lambda step: step.what != "remove", _zeros),
    (lambda step: step.what == "remove", _all),
    (lambda step: step.what == "link", _nothing),
)
"""What to do with names that were not synced, and with content that was not."""


def chosen_by(chance: random.Random) -> tuple[Survives, Remains]:
    """Let chance decide about every name and every file."""
    return (
        lambda step: chance.random() < 0.5,
        lambda content: chance.choice(_KEPT)(content),  # noqa: PLW0108  # drawn for each file
    )


def after_power_loss(
    steps: list[Step], count: int, top: Path, survives: Survives, remains: Remains
) -> Tree:
    """
    Return what may be on the disk if the power fails after so many steps.

    What was synced is there. A name that came or went since the last sync of its
    folder survives or not, each by itself; of content that was not synced, anything
    may be left. What comes after tells what a file was about to hold.

    Args:
        steps: all that was done.
        count: how many of these came to be done.
        top: the folder that was there before.
        survives: whether a name that was not synced came, or went.
        remains: what is left of content that was not synced.
    """
    names: dict[Path, int] = {}
    pending: list[Step] = []
    synced: dict[int, bytes] = {}
    for step in steps[:count]:
        match step.what:
            case "sync":
                synced[step.file] = step.content
            case "sync names":
                for kept in pending:
                    if kept.path.parent == step.path:
                        _apply(names, kept)
                pending = [kept for kept in pending if kept.path.parent != step.path]
            case _:
                pending.append(step)
    for step in pending:
        if survives(step):
            _apply(names, step)
    coming = {step.file: step.content for step in steps[count:] if step.what == "sync"}
    contents = {file: remains(coming.get(file, b"")) for file in sorted({*names.values()} - {0})}
    contents |= synced
    return {
        path.relative_to(top): contents[file] if file else None
        for path, file in names.items()
        if all(
            parent in names
            for parent in path.parents
            if parent.is_relative_to(top) and parent != top
        )
    }


def _apply(names: dict[Path, int], step: Step) -> None:
    if step.what == "remove":
        names.pop(step.path, None)
    else:
        names[step.path] = step.file


def lay_out(tree: Tree, target: Path) -> None:
    """Make what is on a disk anew, in an empty folder."""
    for path in sorted(tree):
        content = tree[path]
        if content is None:
            (target / path).mkdir()
        else:
            (target / path).write_bytes(content)
