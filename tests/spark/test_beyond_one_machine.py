"""The guide to more than one machine runs as it stands, on servers of its own."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.xdist_group("spark")

PAGE = Path(__file__).parents[2] / "docs/beyond-one-machine.md"


def test_every_block_runs(spark, new_postgresql_url, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    folder = tmp_path / "calls" / f"day={yesterday.date()}"
    folder.mkdir(parents=True)
    rows = {"timestamp": [yesterday] * 2, "model": ["gpt-4o", "o3"], "tenant_id": ["org_abc"] * 2}
    pq.write_table(pa.table(rows), folder / "0.parquet")
    url = new_postgresql_url()
    page = PAGE.read_text(encoding="utf-8")
    page = page.replace("postgresql://registry@db/risk", url)
    # A replica, as far as a reader can tell: it takes no writes.
    read_only = url.replace("options=", "options=-cdefault_transaction_read_only%3Don%20")
    page = page.replace("postgresql://reader@replica/risk", read_only)
    page = page.replace("/data/calls", str(tmp_path / "calls"))
    names: dict[str, object] = {}
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), names)
    said = capsys.readouterr().out
    for line in (
        "1 model, listed by either",
        "1 model on the replica",
        "cannot execute INSERT in a read-only transaction",
        "2 models in the log that Spark reads",
        "1 model in DuckDB",
    ):
        assert line in said
    assert len(blocks) == 4
    assert spark.range(1).count() == 1
