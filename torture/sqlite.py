"""SQLite under ``kill -9``: writers die in the middle of their commits, all of them each round."""

from __future__ import annotations

import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from model_registry.plugins import open_store
from torture.figures import Figures
from torture.sql_gang import Gang, wait_for_writes
from torture.sql_judging import Judgement, half_seen, judge

_WRITERS = 3
_ROUNDS_A_FILE = 12  # each round reads the whole history again


def torture(seconds: float, seed: int) -> Figures:
    """Kill writers until the time is over."""
    end = time.monotonic() + seconds
    chance = random.Random(seed)
    rounds = acknowledged = 0
    lost: list[str] = []
    torn: list[str] = []
    while time.monotonic() < end:
        with tempfile.TemporaryDirectory(prefix="torture-sqlite-") as folder:
            judgement = None
            for judgement in killed_rounds(Path(folder), chance, _ROUNDS_A_FILE):
                rounds += 1
                if time.monotonic() >= end or judgement.lost or judgement.torn:
                    break
            assert judgement
            acknowledged += judgement.acknowledged
            lost += judgement.lost
            torn += judgement.torn
    notes = (f"{_WRITERS} writer processes, every one killed in every round", *lost, *torn)
    return Figures("sqlite", rounds, acknowledged, len(lost), len(torn), notes)


def killed_rounds(folder: Path, chance: random.Random, rounds: int) -> Iterator[Judgement]:
    """
    Let writers write one file and kill them one after the other, round by round.

    Yields:
        After each round, when nobody holds the file open any more, what a fresh
        start finds: the judgement on all commits so far.
    """
    path = folder / "registry.db"
    url = f"sqlite:///{path}"
    with Gang(url, folder) as gang:
        for _ in range(rounds):
            writers = [gang.start(chance.randrange(10**9)) for _ in range(_WRITERS)]
            seen: list[str] = []
            try:
                wait_for_writes(writers)
                moment = time.monotonic() + chance.uniform(0, 0.2)
                with open_store(url) as store:
                    while time.monotonic() < moment:
                        seen += half_seen(store)
            finally:
                for writer in writers:
                    time.sleep(chance.uniform(0, 0.02))
                    writer.kill()
            with open_store(url) as store:
                found = judge(store, gang.journals)
            seen += _unsound(path)
            yield Judgement(found.acknowledged, found.refused, found.lost, (*found.torn, *seen))


def _unsound(path: Path) -> list[str]:
    """Return what SQLite itself says about the file, if it is not well."""
    with closing(sqlite3.connect(path)) as raw:
        said = [row[0] for row in raw.execute("PRAGMA integrity_check")]
    return [] if said == ["ok"] else said
