"""PostgreSQL: a second writer at every step of the first, run until it is done or has to wait."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import psycopg
import pytest
from interleaving import PAIRS, HeldUp, outcome, pair, serial_outcomes, state

from model_registry.plugins import open_store

BLOCKED = """
SELECT count(*) FROM pg_stat_activity
WHERE application_name = 'second' AND cardinality(pg_blocking_pids(pid)) > 0
"""


@pytest.fixture(scope="module")
def url(new_postgresql_url):
    # deadlocks are looked for at once, so that they cost no second each
    return new_postgresql_url() + "%20-cdeadlock_timeout%3D20ms"


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("name", PAIRS)
def test_the_outcome_is_that_of_one_of_the_two_orders(url, name, swapped):
    with (
        open_store(url) as one,
        open_store(f"{url}&application_name=second") as other,
        psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as watcher,
        ThreadPoolExecutor(1) as thread,
    ):
        for step in count():
            given = pair(name, f"{name}-{swapped}-{step}", swapped=swapped)
            tenant_id = given.tenant_id
            one.commit(tenant_id, given.before)
            second = []

            def meanwhile(tenant_id=tenant_id, changes=given.other, second=second):
                commit = thread.submit(outcome, other, tenant_id, changes)
                while not commit.done() and not watcher.execute(BLOCKED).fetchone()[0]:
                    pass
                second.append(commit)

            with HeldUp(one, step, meanwhile) as held_up:
                first = outcome(one, tenant_id, given.one)
            if not held_up.reached:
                break
            done = second[0].result(timeout=60)
            assert (first, done, state(one, tenant_id)) in serial_outcomes(given)
        assert step > 1
