"""The disk is full: a clear error, nothing by half, and the store goes on when there is room."""

from __future__ import annotations

import errno
import io
import os
import random
import re
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import pytest
from torture.parquet_check import wrong
from torture.parquet_power import few_files

from model_registry.errors import StoreError
from model_registry.testing import Draft
from model_registry_parquet import ParquetStore
from model_registry_parquet.files import Folder

ROOM = 512 * 1024
TENANT = "org_abc"


class CutFile(io.FileIO):
    """A new file on a disk that has room for so many bytes in all."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "xb")
        self._top = next(parent for parent in path.parents if parent.name == "small")

    def write(self, data: bytes) -> int:
        used = sum(path.stat().st_size for path in self._top.rglob("*") if path.is_file())
        if used + len(data) > ROOM:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)


class SmallFolder(Folder):
    """Stands in for a small disk where nobody may mount one."""

    def create(self, name: str) -> BinaryIO:
        return io.BufferedWriter(CutFile(self.path / name))


@pytest.fixture(params=["mounted", "simulated"])
def small(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Folder]:
    """Give a folder in a file system that is soon full: a real one where we may mount it."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = False
    if request.param == "mounted":
        mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(place)]
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        yield (Folder if mounted else SmallFolder)(place / "r")
    finally:
        if mounted:
            subprocess.run(["umount", str(place)], check=True)


def commit_until_full(store: ParquetStore, chance: random.Random) -> tuple[int, str]:
    """Commit what no compression makes smaller; return how often that went well, and the error."""
    for number in range(1_000):
        text = chance.randbytes(3_000).hex()
        try:
            store.commit(TENANT, [Draft().insert(f"m{chance.random()}", description=text)])
        except StoreError as error:
            return number, str(error)
    raise AssertionError("the disk has no end")


def test_a_full_disk_is_a_clear_error_and_the_store_goes_on_when_there_is_room(
    small: Folder,
) -> None:
    chance = random.Random(4)
    ballast = small.path.parent / "ballast"
    ballast.write_bytes(bytes(ROOM // 2))
    with few_files():
        store = ParquetStore(small, grace=timedelta(0))
        done = 0
        for _ in range(4):  # what is superseded is removed, so that a little more may fit
            more, refusal = commit_until_full(store, chance)
            done += more
            assert re.fullmatch(r"The Parquet store .* cannot be written: No space left.*", refusal)
            for reader in (store, ParquetStore(small, grace=timedelta(0))):
                assert not wrong(reader, TENANT)
                assert reader.head(TENANT).sequence == done
        assert done > 4

        ballast.unlink()
        for writer in (store, ParquetStore(small, grace=timedelta(0))):
            writer.commit(TENANT, [Draft().insert(f"m{chance.random()}")])
            done += 1
            assert not wrong(writer, TENANT)
            assert writer.head(TENANT).sequence == done
