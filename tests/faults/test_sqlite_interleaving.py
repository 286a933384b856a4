"""SQLite: a second writer at every step of the first; the outcome is that of one after the other."""

from __future__ import annotations

from itertools import count

import pytest
from interleaving import PAIRS, HeldUp, outcome, pair, serial_outcomes, state

from model_registry.errors import StoreError
from model_registry.plugins import open_store


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('interleaving')}/registry.db"


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("name", PAIRS)
def test_the_outcome_is_that_of_one_of_the_two_orders(url, name, swapped):
    """The second does not wait for the lock: where it cannot have it, it comes after the first."""
    with open_store(url) as one, open_store(url, connect_args={"timeout": 0}) as other:
        blocked = 0
        for step in count():
            given = pair(name, f"{name}-{swapped}-{step}", swapped=swapped)
            tenant_id = given.tenant_id
            one.commit(tenant_id, given.before)
            second: list[object] = []

            def meanwhile(tenant_id=tenant_id, changes=given.other, second=second):
                state(other, tenant_id)
                said = outcome(other, tenant_id, changes)
                if said[:1] != (StoreError,):
                    second.append(said)
                state(other, tenant_id)

            with HeldUp(one, step, meanwhile) as held_up:
                first = outcome(one, tenant_id, given.one)
            if not held_up.reached:
                break
            if not second:
                blocked += 1
                second.append(outcome(other, tenant_id, given.other))
            assert (first, second[0], state(one, tenant_id)) in serial_outcomes(given)
        assert step > blocked > 1
