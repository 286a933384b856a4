"""The guides to files run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.parametrize(("guide", "said"), [("parquet.md", "'gpt-4o'"), ("request-logs.md", " ")])
def test_every_block_runs(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    guide: str,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    sample = (REPOSITORY / "examples/requests.jsonl").read_bytes()
    for name in ("requests.jsonl", "calls.jsonl"):
        (tmp_path / name).write_bytes(sample)
    page = (REPOSITORY / "docs" / guide).read_text(encoding="utf-8")
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(compile(block, guide, "exec"), names)
    assert said in capsys.readouterr().out
