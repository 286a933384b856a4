"""PostgreSQL under load: connections cut, the server restarted, crashed, and a part of it killed."""

from __future__ import annotations

import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import attrs
import psycopg
from tests.postgresql import Cluster, running_cluster

from model_registry.plugins import open_store
from torture.figures import Figures
from torture.sql_gang import Gang, wait_for_writes
from torture.sql_judging import Judgement, half_seen, judge

FAULTS = ("connections cut", "fast restart", "crash", "a server process killed")
_WRITERS = 3
_ROUNDS_A_DATABASE = 12  # each round reads the whole history again
_OTHERS = "backend_type = 'client backend' AND pid <> pg_backend_pid()"


def torture(seconds: float, seed: int) -> Figures:
    """Bring one fault after the other about until the time is over."""
    end = time.monotonic() + seconds
    chance = random.Random(seed)
    total = Figures("postgresql")
    refused = 0
    faults: Counter[str] = Counter()
    with running_cluster() as cluster:
        for number in count(1):
            if time.monotonic() >= end:
                break
            url = new_database(cluster, f"torture_{number}")
            with tempfile.TemporaryDirectory(prefix="torture-postgresql-") as folder:
                found = None
                order = chance.sample(FAULTS, len(FAULTS)) * (_ROUNDS_A_DATABASE // len(FAULTS))
                for fault, found in faulty_rounds(cluster, url, Path(folder), chance, order):
                    faults[fault] += 1
                    if time.monotonic() >= end or found.lost or found.torn:
                        break
                assert found
            refused += found.refused
            total = attrs.evolve(
                total,
                acknowledged=total.acknowledged + found.acknowledged,
                lost=total.lost + len(found.lost),
                torn=total.torn + len(found.torn),
                notes=(*total.notes, *found.lost, *found.torn),
            )
    tried = ", ".join(f"{fault} {times:,} times" for fault, times in sorted(faults.items()))
    notes = (f"{_WRITERS} writer processes: {tried}; {refused:,} commits refused", *total.notes)
    return attrs.evolve(total, rounds=faults.total(), notes=notes)


def new_database(cluster: Cluster, name: str) -> str:
    """Make an empty database and return its URL."""
    with _watching(cluster) as watcher:
        watcher.execute(f"CREATE DATABASE {name}")
    return cluster.url.replace("/postgres?", f"/{name}?")


def faulty_rounds(
    cluster: Cluster, url: str, folder: Path, chance: random.Random, faults: list[str]
) -> Iterator[tuple[str, Judgement]]:
    """
    Let writers write, bring a fault about, and let them write again, fault by fault.

    The writers live through the fault, each with one store, whose connections must
    come back by themselves; after each round they are killed.

    Yields:
        After each round the fault and the judgement on all commits so far.
    """
    with Gang(url, folder) as gang:
        for fault in faults:
            writers = [gang.start(chance.randrange(10**9)) for _ in range(_WRITERS)]
            try:
                wait_for_writes(writers)
                time.sleep(chance.uniform(0, 0.1))
                _bring_about(fault, cluster, chance)
                wait_for_writes(writers, more=2)
                with open_store(url) as store:
                    seen = half_seen(store)
            finally:
                for writer in writers:
                    writer.kill()
            _wait_until_nobody_is_connected(cluster)
            with open_store(url) as store:
                found = judge(store, gang.journals)
            yield fault, attrs.evolve(found, torn=(*found.torn, *seen))


def _bring_about(fault: str, cluster: Cluster, chance: random.Random) -> None:
    match fault:
        case "connections cut":
            with _watching(cluster) as watcher:
                for _ in range(10):
                    watcher.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        f"WHERE {_OTHERS} AND state <> 'idle'"
                    )
                    time.sleep(chance.uniform(0, 0.03))
        case "fast restart":
            cluster.stop("fast")
            cluster.start()
        case "crash":
            cluster.stop("immediate")
            cluster.start()
        case "a server process killed":
            with _watching(cluster) as watcher:
                rows = watcher.execute(f"SELECT pid FROM pg_stat_activity WHERE {_OTHERS}")
                victim = chance.choice(sorted(pid for (pid,) in rows))
                os.kill(victim, signal.SIGKILL)  # the server ends all the others and recovers
                _wait_until_cut(watcher)
        case _:
            raise ValueError(fault)


def _wait_until_cut(watcher: psycopg.Connection) -> None:
    with suppress(psycopg.OperationalError):
        for _ in range(3_000):
            watcher.execute("SELECT pg_sleep(0.01)")
        raise TimeoutError("the server lost a process and goes on as if nothing had happened")


def _watching(cluster: Cluster) -> psycopg.Connection:
    return psycopg.connect(cluster.url.replace("+psycopg", ""), autocommit=True)


def _wait_until_nobody_is_connected(cluster: Cluster) -> None:
    """Wait until the server has noticed that its clients are dead: a commit may be under way."""
    with _watching(cluster) as watcher:
        for _ in range(3_000):
            row = watcher.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {_OTHERS}")
            if row.fetchone() == (0,):
                return
            time.sleep(0.01)
    raise TimeoutError("connections of dead clients stay open")
