"""What no manifest in force names any more: how long it stays, and how it goes."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from itertools import pairwise
from time import time_ns

from model_registry_parquet.files import Folder
from model_registry_parquet.manifest import Manifest, born_with, manifest_name, manifest_number


def sweep(folder: Folder, newest: int, grace: timedelta) -> None:
    """
    Remove what was superseded longer ago than the grace time; the lock is held.

    A file lives from the manifest that it was born with to the last one that
    names it. So what was born up to the oldest manifest that stays, and is not
    named there, is named by none that stays: left by a crash, or merged since.

    Readers that took longer find their file gone and read the newest manifest.
    """
    names = folder.names()
    manifests = sorted(n for n in map(manifest_number, names) if n is not None and n <= newest)
    before = time_ns() - grace // timedelta(microseconds=1) * 1_000
    oldest = newest
    for number, following in pairwise(manifests):
        followed = folder.stamp(manifest_name(following))
        if followed is None or followed[1] >= before:
            oldest = number
            break
    named = Manifest.from_json(folder.read(manifest_name(oldest))).names
    # In ascending order: where a manifest is missing, all before it are.
    for number in manifests:
        if number < oldest:
            folder.remove(manifest_name(number))
    for name in names:
        born = born_with(name)
        if born is not None and born <= oldest and name not in named:
            folder.remove(name)


def discard(folder: Folder, names: list[str]) -> None:
    """Remove the files of a commit that failed before it could be published."""
    for name in names:
        with suppress(OSError):  # not written yet, or swept later
            folder.remove(name)
