from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from model_registry.cli import main

REPOSITORY = Path(__file__).parents[2]
SAMPLE = REPOSITORY / "examples" / "requests.jsonl"
SECRET = "a secret of more than thirty-two bytes"


@attrs.frozen
class Answer:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def complaints(self) -> list[str]:
        return [line for line in self.err.splitlines() if line.startswith("error: ")]


Run = Callable[..., Answer]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A fresh SQLite store, a tenant and an actor, named by the environment."""
    for name in [name for name in os.environ if name.startswith("MODEL_REGISTRY_")]:
        monkeypatch.delenv(name)
    given = {
        "MODEL_REGISTRY_STORE": f"sqlite:///{tmp_path / 'registry.db'}",
        "MODEL_REGISTRY_TENANT": "org_abc",
        "MODEL_REGISTRY_ACTOR": "ana",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return given


@pytest.fixture
def run(settings: dict[str, str], capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs one command in this process."""

    def answer(*words: str) -> Answer:
        capfd.readouterr()
        code = main(words)
        sys.stdout.flush()
        out, err = capfd.readouterr()
        return Answer(code, out, err)

    return answer


@pytest.fixture
def program() -> str:
    """The installed command."""
    return str(Path(sys.executable).with_name("model-registry"))


@pytest.fixture
def start(settings: dict[str, str], program: str) -> Run:
    """Runs one command as a process of its own."""

    def answer(*words: str, **options: Any) -> Answer:
        done = subprocess.run(
            [program, *words],
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=60,
            check=False,
            **options,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    return answer
