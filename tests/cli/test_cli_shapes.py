"""Shapes on the command line, and why rows of a log count or do not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NOW = datetime.now(UTC)
OURS = """
time = "called_at"
time_unit = "ms"
model = ["request.model", "request.alias"]
tenant = "labels[org]"
[where]
event = ["completion"]
"""


def calls(*rows: dict[str, object]) -> str:
    at = int(NOW.timestamp() * 1000) - 60_000
    own = {"called_at": at, "event": "completion", "labels": {"org": "org_abc"}}
    return "".join(json.dumps({**own, **row}) + "\n" for row in rows)


def test_a_mapping_file_reads_a_log_of_ones_own(run: Any, tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(OURS)
    (tmp_path / "calls.jsonl").write_text(
        calls(
            {"request": {"model": "", "alias": "gpt-4o"}},
            {"request": {"model": "gpt-4o"}},
            {"request": {"model": "gpt-4o"}, "event": "login"},
            {"request": {"model": "gpt-4o"}, "labels": {"org": "org_xyz"}},
            {"request": {"model": "gpt-4o"}, "called_at": 0},
            {"request": {}},
            {"request": {"model": "gpt-4o"}, "called_at": "soon"},
        )
        + '{"half'
    )
    log = ("--request-log", "calls.jsonl", "--shape", "ours.toml")

    told = run("discover", *log, "--explain", "--json").json
    assert (told["rows_read"], told["rows_counted"], told["rows_broken"]) == (8, 2, 2)
    assert told["not_counted"] == {
        "no_request": 1,
        "other_tenant": 1,
        "outside": 1,
        "no_model": 1,
    }
    shown = run("discover", *log, "--explain")
    assert shown.code == 0
    assert "2     count: org_abc's AI requests in 30 days up to now" in shown.out
    assert "calls.jsonl, line 7: called_at is not a time" in shown.err
    assert run("list", "--json").json["total"] == 0

    found = run("discover", *log, "--json").json
    assert [(m["model_id"], m["request_count_30d"]) for m in found["models"]] == [("gpt-4o", 2)]


def test_a_wrong_shape_is_seen_at_once(run: Any, tmp_path: Path) -> None:
    (tmp_path / "calls.jsonl").write_text(calls({"request": {"model": "gpt-4o"}}))
    shown = run("discover", "--request-log", "calls.jsonl", "--explain")
    warned = "warning: no row has model (model); the first row has called_at, event, labels"
    assert warned in shown.err


def test_a_log_without_a_tenant_is_nobodys_until_somebody_says_whose(
    run: Any, tmp_path: Path
) -> None:
    row = {"created_at": NOW.isoformat(), "ai_model": "gpt-4o"}
    (tmp_path / "export.jsonl").write_text(json.dumps(row) + "\n")
    log = ("--request-log", "export.jsonl", "--shape", "portkey")

    refused = run("discover", *log)
    assert refused.code != 0
    assert "'portkey' has no field that tells whose a row is" in refused.complaints[0]
    others = run("discover", *log, "--all-rows-are", "org_xyz", "--json").json
    assert others["discovered"] == 0
    own = run("discover", *log, "--all-rows-are", "org_abc", "--json").json
    assert own["created"] == 1


def test_an_unknown_shape_is_told_with_those_that_there_are(run: Any) -> None:
    answer = run("discover", "--request-log", "x.jsonl", "--shape", "litelm", "--explain")
    assert answer.code != 0
    assert "no shape 'litelm'; there are native, native-audit, litellm" in answer.complaints[0]
