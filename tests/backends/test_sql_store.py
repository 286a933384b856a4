"""What the SQL store promises on both databases: processes, threads, streams, errors."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import attrs
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from model_registry import Amendment, Registration
from model_registry.domain.chain import first_broken_link
from model_registry.domain.changes import Action
from model_registry.domain.inventory import EVERYTHING
from model_registry.domain.lifecycle import DEFAULT_LIFECYCLE, ValidationStatus
from model_registry.domain.replay import rebuild
from model_registry.errors import InvalidStatusTransition, ModelAlreadyExists, StoreError
from model_registry.plugins import open_store
from model_registry.registry import Registry
from model_registry.testing import Draft
from model_registry.testing.fakes import listed, told
from model_registry_sql import SqlStore
from model_registry_sql.failures import DRIVER_ERRORS


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "postgresql":
        return request.getfixturevalue("new_postgresql_url")()
    return f"sqlite:///{tmp_path}/registry.db"


@pytest.fixture
def store(url):
    with open_store(url) as store:
        yield store


def _whole(store, tenant_id="org_abc"):
    """Return a history that holds together and explains the inventory, and all beside it."""
    assert list(store.stored_faults(tenant_id)) == []
    history = told(store, tenant_id)
    assert first_broken_link(history) is None
    assert rebuild(history) == {entry.id: entry for entry in listed(store, tenant_id)}
    return history


def _at_once(number, task):
    barrier = Barrier(number)

    def started(worker):
        barrier.wait()
        return task(worker)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(started, range(number)))


def test_of_32_registrations_of_one_model_one_wins(store):
    registration = Registration(model_id="gpt-4o", provider="openai", risk_tier="tier_1")

    def register(worker):
        try:
            return Registry(store).tenant("org_abc", f"user-{worker}").register(registration)
        except ModelAlreadyExists as error:
            return error.model_id

    outcomes = _at_once(32, register)
    assert outcomes.count("gpt-4o") == 31
    (event,) = _whole(store)
    assert event.entry_id in {entry.id for entry in outcomes if entry != "gpt-4o"}


def test_concurrent_updates_never_make_an_illegal_move(store):
    registry = Registry(store)
    entry = registry.tenant("org_abc").register(
        Registration(model_id="m", provider="p", risk_tier="tier_1")
    )
    wanted = [status for status in ValidationStatus if status is not ValidationStatus.DEPRECATED]

    def update(worker):
        done = 0
        for turn in range(12):
            amendment = Amendment(validation_status=wanted[(worker + turn) % len(wanted)])
            try:
                registry.tenant("org_abc", f"user-{worker}").update(entry.id, amendment)
                done += 1
            except InvalidStatusTransition:
                pass
        return done

    done = sum(_at_once(6, update))
    history = _whole(store)
    assert len(history) == done + 1
    moves = [event.changes["validation_status"] for event in history[1:] if event.changes]
    assert moves
    for move in moves:
        DEFAULT_LIFECYCLE.require(ValidationStatus(move.before), ValidationStatus(move.after))


WRITING = """
import sys
from concurrent.futures import ThreadPoolExecutor
from model_registry import Amendment, Registration, open_registry
url, process = sys.argv[1:]
with open_registry(url) as registry:
    def work(thread):
        for tenant_id in ("org_abc", "org_xyz"):
            tenant = registry.tenant(tenant_id, actor=f"{process}-{thread}")
            for n in range(6):
                name = f"{process}-{thread}-{n}"
                entry = tenant.register(Registration(model_id=name, provider="p", risk_tier="tier_1"))
                tenant.update(entry.id, Amendment(owner=name))
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
print("written")
"""


def test_processes_and_threads_that_write_one_database_lose_nothing(url):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITING, url, str(number)], stdout=subprocess.PIPE, text=True
        )
        for number in range(4)
    ]
    assert [process.communicate(timeout=120)[0] for process in processes] == ["written\n"] * 4
    with open_store(url) as store:
        for tenant_id in ("org_abc", "org_xyz"):
            history = _whole(store, tenant_id)
            assert len(history) == 4 * 3 * 6 * 2
            names = {e.model_id for e in history if e.action is Action.REGISTERED}
            assert names == {f"{p}-{t}-{n}" for p in range(4) for t in range(3) for n in range(6)}
            assert all(entry.owner == entry.model_id for entry in listed(store, tenant_id))


def test_tenants_whose_first_commits_come_at_once_each_get_their_chain(store):
    def write(worker):
        store.commit(f"org_{worker % 2}", [Draft(f"org_{worker % 2}").insert(f"m{worker}")])

    _at_once(8, write)
    assert [len(_whole(store, f"org_{n}")) for n in range(2)] == [4, 4]


MANY = """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 30000)
INSERT INTO model_registry_entries ({number} tenant_id, id, model_id, provider, display_name,
    risk_tier, validation_status, owner, description, tags, last_seen_at, created_at, updated_at,
    folded_provider, search_text, document, line)
SELECT {n} tenant_id, 'id-' || n, 'model-' || n, provider, display_name,
    risk_tier, validation_status, owner, description, tags, last_seen_at, created_at, updated_at,
    folded_provider, search_text, document, line
FROM model_registry_entries, numbers
"""

SCANNING = """
import resource, sys
from model_registry import open_registry
with open_registry(sys.argv[1]) as registry:
    tenant = registry.tenant("org_abc")
    next(iter(tenant.export()))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    size = sum(len(chunk) for chunk in tenant.export())
    print(size // 2**20, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_a_scan_of_a_large_inventory_takes_little_memory(url):
    with open_store(url) as store:
        store.commit("org_abc", [Draft().insert("gpt-4o", description="x" * 2_000)])
    engine = create_engine(url)
    with engine.begin() as connection:
        numbered = ("number,", "n,") if engine.dialect.name == "sqlite" else ("", "")
        connection.execute(text(MANY.format(number=numbered[0], n=numbered[1])))
    engine.dispose()
    said = subprocess.run(
        [sys.executable, "-c", SCANNING, url], capture_output=True, text=True, check=True
    )
    mebibytes, grown = map(int, said.stdout.split())
    assert mebibytes > 50
    assert grown < 16


def test_a_closed_store_says_so(url):
    store = open_store(url)
    store.commit("org_abc", [Draft().insert("gpt-4o")])
    store.close()
    store.close()
    for use in (
        lambda: store.get("org_abc", "x"),
        lambda: store.commit("org_abc", [Draft().insert("new")]),
        lambda: store.head("org_abc"),
        lambda: store.scan("org_abc", EVERYTHING).__enter__(),
    ):
        with pytest.raises(StoreError, match="it is closed"):
            use()


def test_an_engine_of_the_host_outlives_the_store(url):
    engine = create_engine(url)
    pool = engine.pool
    SqlStore(engine).close()
    assert engine.pool is pool
    with SqlStore(engine) as store:
        store.commit("org_abc", [Draft().insert("gpt-4o")])
    assert engine.pool.checkedout() == 0
    engine.dispose()


def test_an_error_of_the_readers_own_stays_what_it_is(store):
    with pytest.raises(SQLAlchemyError, match="mine"), store.scan("org_abc", EVERYTHING):
        raise SQLAlchemyError("mine")


def test_a_table_that_is_gone_is_an_error_of_the_store(url, store):
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE model_registry_entries"))
    engine.dispose()
    with pytest.raises(StoreError, match=r"could not be read: .*model_registry_entries") as caught:
        store.get("org_abc", "x")
    assert isinstance(caught.value.__cause__, DRIVER_ERRORS)
    with pytest.raises(StoreError, match="could not be written"):
        store.commit("org_abc", [Draft().insert("gpt-4o")])
    with pytest.raises(StoreError, match="could not be read"), store.scan("org_abc", EVERYTHING):
        pass


def test_the_first_and_the_last_instant_come_back_equal(store):
    first = datetime(1, 1, 1, tzinfo=UTC)
    last = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    insert = Draft().insert("gpt-4o")
    entry = attrs.evolve(insert.entry, created_at=first, updated_at=last, last_seen_at=last)
    store.commit("org_abc", [attrs.evolve(insert, entry=entry)])
    assert store.get("org_abc", entry.id) == entry
    assert listed(store) == [entry]


def test_any_number_of_ids_may_be_asked_for(store):
    inserts = [Draft().insert(f"m-{number}") for number in range(0, 100_000, 1_000)]
    store.commit("org_abc", inserts)
    found = store.find("org_abc", [f"m-{number}" for number in range(100_000)])
    assert found == {insert.entry.model_id: insert.entry for insert in inserts}
    assert store.find("org_abc", []) == {}


def test_threads_share_as_few_connections_as_there_are(url):
    with open_store(url, pool_size=1, max_overflow=0, pool_timeout=5) as store:
        entries = [Draft().insert(f"m{number}") for number in range(4)]

        def work(worker):
            store.commit("org_abc", [entries[worker]])
            return [store.get("org_abc", entries[worker].entry.id) for _ in range(30)]

        assert _at_once(4, work) == [[insert.entry] * 30 for insert in entries]
