"""Parquet: a second writer at every step of the first; the outcome is that of one after the other."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
from interleaving import PAIRS, outcome, pair, serial_outcomes, state
from torture.parquet_steps import ImpatientFolder, QuickSteps, UnlockedFolder

from model_registry.errors import StoreError
from model_registry_parquet import ParquetStore


class Meanwhile:
    """Calls something once, just before a step."""

    def __init__(self) -> None:
        self.arm(-1, lambda: None)

    def arm(self, step, call):
        self.left, self.call = step, call

    def __call__(self, what: str) -> None:
        self.left -= 1
        if self.left == -1:
            self.call()


@pytest.mark.parametrize(
    ("locks", "swapped"),
    [(True, False), (True, True), (False, False)],
    ids=["flock", "flock-swapped", "no-flock"],
)
@pytest.mark.parametrize("name", PAIRS)
def test_the_outcome_is_that_of_one_of_the_two_orders(
    tmp_path: Path, name: str, locks: bool, swapped: bool
) -> None:
    """
    Where locks work, the second has to wait at some steps; it does not, and comes after.

    Where they do not, the first may find that it was overtaken, and tries again.
    """
    held_up = Meanwhile()
    folder = QuickSteps if locks else UnlockedFolder
    one = ParquetStore(folder(tmp_path / "r", held_up))
    second = ImpatientFolder(tmp_path / "r") if locks else UnlockedFolder(tmp_path / "r", str)
    other = ParquetStore(second)
    refused = 0
    for step in count():
        given = pair(name, f"{name}-{step}", swapped=swapped)
        tenant_id = given.tenant_id
        one.commit(tenant_id, given.before)
        answers: list[object] = []

        def meanwhile(tenant_id=tenant_id, changes=given.other, answers=answers):
            state(other, tenant_id)
            answers.append(outcome(other, tenant_id, changes))
            state(other, tenant_id)

        held_up.arm(step, meanwhile)
        first = outcome(one, tenant_id, given.one)
        if not answers:
            break
        held_up.arm(-1, lambda: None)
        if answers[0][:1] == (StoreError,):
            assert locks, "nobody holds up the second"
            refused += 1
            answers[0] = outcome(other, tenant_id, given.other)
        if first[:1] == (StoreError,):
            assert not locks, "nobody overtakes who holds the lock"
            refused += 1
            first = outcome(one, tenant_id, given.one)
        assert (first, answers[0], state(one, tenant_id)) in serial_outcomes(given)
        assert state(other, tenant_id) == state(one, tenant_id)
    assert step > refused
    # Without the lock these two are decided alone: before the first's link, the second is refused.
    assert refused > 1 or (not locks and name in {"remove_insert", "swap_insert"})
