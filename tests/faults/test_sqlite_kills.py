"""SQLite and ``kill -9``: what was acknowledged is there, whole, and the store starts by itself."""

from __future__ import annotations

import json
import random
import sqlite3
from contextlib import closing

from torture.sql_judging import judge
from torture.sql_writing import GROUP
from torture.sqlite import killed_rounds

from model_registry.plugins import open_store

ROUNDS = 4


def test_nothing_acknowledged_is_lost_and_nothing_is_torn(tmp_path):
    judgements = list(killed_rounds(tmp_path, random.Random(4), ROUNDS))
    assert len(judgements) == ROUNDS
    for judgement in judgements:
        assert (judgement.lost, judgement.torn, judgement.refused) == ((), (), 0)
    assert judgements[-1].acknowledged >= ROUNDS * 3


def test_the_judge_sees_what_is_lost_and_what_is_torn(tmp_path):
    for judgement in killed_rounds(tmp_path, random.Random(4), 1):
        assert not judgement.lost
    journals = sorted(tmp_path.glob("*.journal"))
    lines = [json.loads(line) for journal in journals for line in journal.open()]
    sequence, tenant_id = max(
        (line["links"][-1][0], line["tenant"]) for line in lines if line.get("links")
    )
    with closing(sqlite3.connect(tmp_path / "registry.db")) as raw, raw:
        tail = "DELETE FROM model_registry_events WHERE tenant_id = ? AND sequence >= ?"
        raw.execute(tail, (tenant_id, sequence))
    with open_store(f"sqlite:///{tmp_path}/registry.db") as store:
        judgement = judge(store, journals)
    assert judgement.lost
    assert any("the head is" in said for said in judgement.torn)
    assert any("does not explain" in said for said in judgement.torn)
    assert any(f"{GROUP - 1} events of commit" in said for said in judgement.torn)
