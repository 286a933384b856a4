"""The examples do what they say, for ever."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from model_registry import infer_provider

EXAMPLES = Path(__file__).parents[2] / "examples"


def _python(*words: str | Path) -> str:
    return subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=True
    ).stdout


def test_the_shipped_log_is_what_its_script_writes(tmp_path: Path) -> None:
    again = tmp_path / "again.jsonl"
    _python(EXAMPLES / "make_requests.py", "--output", again)
    assert again.read_bytes() == (EXAMPLES / "requests.jsonl").read_bytes()


def test_the_log_holds_what_real_logs_hold(tmp_path: Path) -> None:
    recent = tmp_path / "recent.jsonl"
    _python(EXAMPLES / "make_requests.py", "--until", "now", "--output", recent)
    assert recent.stat().st_size < 1_500_000
    events, broken = [], 0
    for line in recent.read_text().splitlines():
        try:
            events.append(json.loads(line))
        except ValueError:
            broken += 1
    assert broken == 1
    assert {e["tenant_id"] for e in events} == {"org_abc", "org_xyz", "org_nord"}
    models = {e["model"] for e in events if e["model"]}
    vendors = {infer_provider(model) for model in models}
    assert vendors == {"openai", "anthropic", "google", "cohere", "meta", "unknown"}
    assert Counter(e["model"] for e in events)[""] == 2
    assert any(e["action"] == "login" and e["model"] is None for e in events)
    assert any(e["outcome"] == "error" for e in events)
    times = [datetime.fromisoformat(e["timestamp"]) for e in events]
    assert times == sorted(times)
    now = datetime.now(UTC)
    assert now - timedelta(days=91) < times[0]
    assert now - timedelta(days=1) < times[-1] <= now


def test_embedding_takes_a_few_lines() -> None:
    assert _python(EXAMPLES / "embed.py").splitlines() == [
        "2 models found: credit-risk-scorer-v3, gpt-4o",
        "gpt-4o (openai) is validated",
        "6 changes are on record",
        "a policy sees gpt-4o as tier_2",
    ]
