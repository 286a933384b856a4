"""A real hot standby: it lags, is ahead, stops, hangs and returns, and reads stay right."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from itertools import count
from threading import Event, Thread
from time import monotonic, sleep

import httpx
import pytest
from http_service import MODELS, SECRET, bearer
from standby import ask, running_pair
from torture.serving import serving

from model_registry import ReplicatedStore, StoreError, open_store
from model_registry.domain.inventory import EVERYTHING
from model_registry.testing import Draft
from model_registry.testing.fakes import listed, told

_tenants = (f"org_{number}" for number in count())


@pytest.fixture(scope="module")
def pair():
    with running_pair() as (primary, standby):
        open_store(primary.url).close()
        yield primary, standby


@pytest.fixture
def tenant_id():
    return next(_tenants)


@contextmanager
def replicated(pair, **options):
    """Give a store upon both, and how often each was asked for a page or a history."""
    primary, standby = pair
    until(lambda: ask(standby, "SELECT to_regclass('model_registry_heads')"))
    stores, asked = [open_store(primary.url), open_store(standby.url)], Counter()
    for name, store in zip(("primary", "replica"), stores, strict=True):
        for method in ("page", "history"):
            setattr(store, method, _counted(asked, name, getattr(store, method)))
    with ReplicatedStore(*stores, **options) as store:
        yield store, asked


def _counted(asked, name, method):
    def counted(*given, **part):
        asked[name] += 1
        return method(*given, **part)

    return counted


def until(condition, seconds=10.0):
    end = monotonic() + seconds
    while not condition():
        assert monotonic() < end, "it never came true"
        sleep(0.005)


def total(store, tenant_id):
    return store.page(tenant_id, EVERYTHING, 1, 0).total


def from_replica(store, asked, tenant_id):
    """Read until the replica is the one that answers."""

    def answered():
        before = asked["primary"]
        total(store, tenant_id)
        return asked["primary"] == before

    until(answered)


def test_a_standby_is_opened_and_read_and_refuses_to_be_written(pair, tenant_id):
    primary, standby = pair
    with open_store(primary.url) as store:
        events = store.commit(tenant_id, [Draft(tenant_id).insert("gpt-4o")])
        with open_store(standby.url) as replica:
            until(lambda: replica.head(tenant_id) == store.head(tenant_id))
            assert tuple(told(replica, tenant_id)) == events
            assert listed(replica, tenant_id) == listed(store, tenant_id)
            with pytest.raises(StoreError, match="during recovery"):
                replica.commit(tenant_id, [Draft(tenant_id).insert("o3")])


def test_reads_are_right_while_the_standby_lags_and_when_it_has_caught_up(pair, tenant_id):
    _, standby = pair
    draft = Draft(tenant_id)
    with replicated(pair) as (store, asked):
        store.commit(tenant_id, [draft.insert("gpt-4o")])
        from_replica(store, asked, tenant_id)
        standby.pause()
        try:
            store.commit(tenant_id, [draft.insert("o3")])
            asked.clear()
            assert total(store, tenant_id) == 2
            assert [event.sequence for event in told(store, tenant_id)] == [1, 2]
            assert asked == {"primary": 2}
        finally:
            standby.resume()
        from_replica(store, asked, tenant_id)
        asked.clear()
        assert total(store, tenant_id) == 2
        assert [event.sequence for event in told(store, tenant_id)] == [1, 2]
        assert asked == {"replica": 2}


def test_what_was_read_or_confirmed_is_never_missing_afterwards(pair, tenant_id):
    draft, confirmed, ended = Draft(tenant_id), [0], Event()
    with replicated(pair) as (store, asked):

        def write():
            while not ended.is_set():
                store.commit(tenant_id, [draft.insert(f"model-{confirmed[0]}")])
                confirmed[0] += 1
                sleep(0.002)

        writer = Thread(target=write)
        writer.start()
        try:
            seen, end = 0, monotonic() + 1
            while monotonic() < end or not asked["replica"]:
                for read in (total, lambda *given: len(told(*given))):
                    least = max(seen, confirmed[0])
                    seen = read(store, tenant_id)
                    assert seen >= least
        finally:
            ended.set()
            writer.join()


def test_what_only_the_standby_shows_yet_is_not_read(pair, tenant_id):
    """A commit that waits for a standby is shown there before the primary shows it."""
    primary, standby = pair
    draft = Draft(tenant_id)
    with replicated(pair) as (store, asked), open_store(standby.url) as follower:
        store.commit(tenant_id, [draft.insert("gpt-4o")])
        from_replica(store, asked, tenant_id)
        writer = Thread(target=store.commit, args=(tenant_id, [draft.insert("o3")]))
        read = store._replica._store.page

        def overtaken(*given):
            writer.start()
            until(lambda: follower.head(tenant_id).sequence == 2)
            page = read(*given)
            assert page.total == 2
            return page

        store._replica._store.page = overtaken
        _set(primary, synchronous_standby_names="nobody")
        try:
            assert total(store, tenant_id) == 1
            assert writer.is_alive()
        finally:
            _set(primary, synchronous_standby_names="")
            writer.join()
        store._replica._store.page = read
        assert total(store, tenant_id) == 2


def _set(server, **settings):
    for name, value in settings.items():
        ask(server, f"ALTER SYSTEM SET {name} = '{value}'")
    ask(server, "SELECT pg_reload_conf()")
    until(lambda: all(ask(server, f"SHOW {name}") == value for name, value in settings.items()))


def test_when_the_standby_stops_no_read_fails_and_when_it_returns_it_is_read(pair, tenant_id):
    _, standby = pair
    with replicated(pair, rest=0.2) as (store, asked):
        store.commit(tenant_id, [Draft(tenant_id).insert("gpt-4o")])
        from_replica(store, asked, tenant_id)
        standby.stop()
        try:
            slowest, _ = _reads(store, tenant_id)
            assert slowest < 4
        finally:
            standby.start()
        from_replica(store, asked, tenant_id)


def test_when_the_standby_hangs_one_read_waits_a_second_and_the_others_do_not(pair, tenant_id):
    _, standby = pair
    with replicated(pair, rest=0.2) as (store, asked):
        store.commit(tenant_id, [Draft(tenant_id).insert("gpt-4o")])
        from_replica(store, asked, tenant_id)
        with standby.hanging():
            slowest, others = _reads(store, tenant_id)
            assert 0.9 < slowest < 4
            assert others < 0.9
        from_replica(store, asked, tenant_id)


def test_serve_reads_the_replica_and_the_primary_alone_decides_whether_it_is_ready(pair, tenant_id):
    primary, standby = pair
    reads = """SELECT seq_scan + idx_scan FROM pg_stat_user_tables
        WHERE relname = 'model_registry_entries'"""
    model = {"provider": "acme", "risk_tier": "tier_2"}
    with (
        serving(primary.url, SECRET, "--replica", standby.url) as server,
        httpx.Client(
            base_url=server.url, headers=bearer(tenant_id=tenant_id), timeout=30
        ) as client,
    ):
        for number in range(3):
            assert client.post(MODELS, json={"model_id": f"m-{number}", **model}).is_success
            assert client.get(MODELS).json()["total"] == number + 1
        searches, before = count(), ask(standby, reads)
        until(
            lambda: (
                client.get(MODELS, params={"search": next(searches)})
                and ask(standby, reads) != before
            )
        )
        standby.stop()
        try:
            assert client.get(MODELS, params={"search": "m-1"}).json()["total"] == 1
            assert client.get("/readyz").status_code == 200
            assert "The replica fails, and the primary is read instead" in server.log.read_text()
        finally:
            standby.start()


def _reads(store, tenant_id):
    """Return how long the slowest of many reads took, and the next slowest."""
    seconds = []
    for _ in range(100):
        began = monotonic()
        assert total(store, tenant_id) == 1
        seconds.append(monotonic() - began)
        sleep(0.005)
    *_, second, slowest = sorted(seconds)
    return slowest, second
