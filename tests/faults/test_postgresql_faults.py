"""PostgreSQL fails under load: writers go on by themselves, and nothing acknowledged is lost."""

from __future__ import annotations

import random

import pytest
from postgresql import running_cluster
from torture.postgresql import FAULTS, faulty_rounds, new_database


@pytest.fixture(scope="module")
def cluster():
    """Give a cluster of their own, which they may crash."""
    with running_cluster() as cluster:
        yield cluster


def test_nothing_acknowledged_is_lost_and_nothing_is_torn(cluster, tmp_path):
    url = new_database(cluster, "faults")
    rounds = list(faulty_rounds(cluster, url, tmp_path, random.Random(4), list(FAULTS)))
    for fault, judgement in rounds:
        assert (judgement.lost, judgement.torn) == ((), ()), fault
    assert rounds[-1][1].acknowledged >= len(FAULTS) * 3 * 3
    assert rounds[-1][1].refused
