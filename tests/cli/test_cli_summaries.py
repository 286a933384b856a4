"""``discover --summaries``: a plain path and a URL alike, by option and by variable."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize("form", ["{}", "jsonl:///{}", "file:///{}?time=timestamp"])
def test_summaries_are_kept_of_a_log(
    run: Any, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = tmp_path / "a log?&50%.jsonl"
    event = {"timestamp": datetime.now(UTC).isoformat(), "tenant_id": "org_abc", "model": "o3"}
    odd.write_text(json.dumps(event))
    name = form.format(
        str(odd) if form == "{}" else str(odd).replace("%", "%25").replace("?", "%3F")
    )
    plain = run("discover", "--request-log", name, "--json", "--dry-run")
    kept = tmp_path / "s & m.db"
    first = run("discover", "--request-log", name, "--summaries", str(kept), "--json", "--dry-run")
    monkeypatch.setenv("MODEL_REGISTRY_SUMMARIES", str(kept))
    second = run("discover", "--request-log", name, "--json", "--dry-run")
    assert first.json["models"] == second.json["models"] == plain.json["models"] != []
    with sqlite3.connect(kept) as summaries:
        assert summaries.execute("SELECT path FROM files").fetchall() == [(str(odd),)]
