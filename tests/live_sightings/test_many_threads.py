"""However many threads tell of requests, each is counted once, and nobody waits."""

import gc
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Event, Thread

import pytest
from sightings_setup import until


@pytest.fixture
def restless():
    """Let threads change places as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def test_no_request_is_lost_or_counted_twice(registry, flushes, troubled, restless):
    live = registry.live_sightings(within=0.002, most_new=1_000)
    entered = troubled.commit

    def commit(tenant_id, changes):
        troubled.down = not troubled.down  # every other time, so that much is kept and merged
        return entered(tenant_id, changes)

    troubled.commit = commit

    def gateway(seed):
        chance = Random(seed)
        told = Counter()
        for _ in range(1_500):
            tenant_id, model_id = f"org_{chance.randrange(3)}", f"model-{chance.randrange(40)}"
            number = chance.choice((1, 1, 1, 7))
            live.observe(tenant_id, model_id, requests=number)
            told[tenant_id, model_id] += number
        return told

    with ThreadPoolExecutor(8) as pool:
        told = sum(pool.map(gateway, range(12)), Counter())

    class Short(Thread):
        def run(self):
            live.observe("org_0", "from-a-short-life")

    short = [Short() for _ in range(200)]
    for thread in short:
        thread.start()
    for thread in short:
        thread.join()
    troubled.commit = entered
    troubled.down = False
    live.close()
    assert flushes.total == {"requests": told.total() + 200}
    assert sum(e.failed for e in flushes.events) > 0
    for tenant_id in ("org_0", "org_1", "org_2"):
        expected = {m for t, m in told if t == tenant_id} | (
            {"from-a-short-life"} if tenant_id == "org_0" else set()
        )
        entries = registry.tenant(tenant_id).list(limit=200).entries
        assert {entry.model_id for entry in entries} == expected


def test_what_collects_garbage_may_tell_of_requests_too(registry, flushes):
    live = registry.live_sightings(within=1_000.0)

    class Streamed:
        def __init__(self):
            self.itself = self

        def __del__(self):
            live.observe("org_abc", "gpt-4o")

    usual = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for number in range(300):
            Streamed()
            live.observe("org_abc", f"model-{number % 90}")
            if number % 50 == 0:
                live.flush()
    finally:
        gc.set_threshold(*usual)
        gc.collect()
    live.flush()
    assert flushes.total == {"requests": 600}


def test_threads_that_live_on_give_up_the_places_that_they_need_no_more(registry, flushes):
    live = registry.live_sightings(within=1_000.0, most_held=140, most_new=10_000)
    for _ in range(5):
        for number in range(90):
            live.observe("org_abc", f"model-{number}")
        live.flush()
    assert live._tally._held != []
    for turn in range(20):
        for number in range(40):
            live.observe("org_abc", f"turn-{turn}-{number}")
        live.flush()
    assert flushes.total == {"requests": 5 * 90 + 20 * 40}
    ended = Thread(target=live.observe, args=("org_abc", "gpt-4o"))
    ended.start()
    ended.join()
    live.flush()
    live.observe("org_abc", "another")
    live.flush(), live.flush()
    assert len(live._tally._held) <= 42


def test_a_store_that_hangs_holds_nobody_up(registry, troubled, flushes):
    hanging, go_on = Event(), Event()

    def hang():
        hanging.set()
        go_on.wait(10)

    troubled.delay = hang
    live = registry.live_sightings(within=0.01)
    live.observe("org_abc", "first")
    assert hanging.wait(5)
    for number in range(100):
        live.observe("org_abc", f"model-{number}")
    assert flushes.events == []
    go_on.set()
    until(lambda: flushes.total == {"requests": 100, "postponed": 1})
