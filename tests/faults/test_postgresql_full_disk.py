"""PostgreSQL: the server's disk takes no more; the error is clear and the store goes on."""

from __future__ import annotations

import os
import random
import subprocess
import time

import psycopg
import pytest
from postgresql import running_cluster

from model_registry.errors import StoreError
from model_registry.plugins import open_store
from model_registry.testing import Draft
from model_registry.testing.fakes import listed, told

INFINITE = "unlimited"
SERVING = "SELECT pid FROM pg_stat_activity WHERE application_name = %s"


@pytest.fixture(scope="module")
def cluster():
    """Give a cluster of their own, which a full disk may crash."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture
def admin(cluster):
    with psycopg.connect(cluster.url.replace("+psycopg", ""), autocommit=True) as admin:
        yield admin


@pytest.fixture
def store(cluster, request):
    """Give a store with one connection, named after the test."""
    url = f"{cluster.url}&application_name={request.node.name[:60]}"
    with open_store(url, pool_size=1, max_overflow=0) as store:
        yield store


def _large(draft, name):
    chance = random.Random(name)
    description = "".join(chr(chance.randrange(0x4E00, 0x9FFF)) for _ in range(9_000))
    return draft.insert(name, description=description)


def _allow_files_of(size, store, admin):
    name = store._engine.url.query["application_name"]
    ((pid,),) = admin.execute(SERVING, [name]).fetchall()
    owner = "postgres" if os.getuid() == 0 else None
    limit = ["prlimit", f"--fsize={size}:", "--pid", str(pid)]
    subprocess.run(limit, user=owner, group=owner, check=True)


def test_a_log_that_cannot_grow_stops_the_server_and_the_store_comes_back_with_it(
    store, admin, cluster
):
    draft = Draft("org_log")
    store.commit("org_log", [draft.insert("first")])
    # far into one of the log's files, where no table reaches, nor an index yet
    admin.execute("SELECT pg_switch_wal()")
    admin.execute("SELECT pg_logical_emit_message(false, '', repeat('x', 13 * 1024 * 1024))")
    _allow_files_of(12 * 2**20, store, admin)
    inserts = [_large(draft, f"n{number}") for number in range(10)]
    try:
        written = store.commit("org_log", inserts)
    except StoreError:
        written = ()
    assert "PANIC" in (cluster.folder / "log").read_text()
    for _ in range(3_000):
        try:
            store.commit("org_log", [draft.insert("afterwards")])
        except StoreError:
            time.sleep(0.01)  # the server is recovering
        else:
            break
    assert told(store, "org_log")[1:-1] == list(written)
    assert len(listed(store, "org_log")) == 2 + len(written)


def test_a_table_that_cannot_grow_is_told_of_and_the_store_goes_on(store, admin):
    draft = Draft("org_table")
    store.commit("org_table", [_large(draft, f"m{number}") for number in range(60)])
    admin.execute("CHECKPOINT")
    admin.execute("SELECT pg_switch_wal()")  # the log begins a new file, which may still grow
    before = (listed(store, "org_table"), told(store, "org_table"), store.head("org_table"))
    _allow_files_of(2**20, store, admin)
    with pytest.raises(StoreError, match="could not be written: could not extend file"):
        store.commit("org_table", [_large(draft, f"n{number}") for number in range(10)])
    assert (listed(store, "org_table"), told(store, "org_table"), store.head("org_table")) == before
    _allow_files_of(INFINITE, store, admin)
    store.commit("org_table", [_large(draft, "afterwards")])
    assert store.head("org_table").sequence == 61
