"""Running an example as a reader would: its own folder, and for servers its own process and sockets."""

import os
import re
import runpy
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


@attrs.frozen
class Outcome:
    """How a run ended, and what it wrote."""

    code: object
    out: str
    err: str


@pytest.fixture
def run_example(tmp_path, monkeypatch, capsys):
    """Give a function that runs an example in a folder of the test's own, in this process."""
    monkeypatch.chdir(tmp_path)

    def run(example, *words, **environment):
        path = str(EXAMPLES / example)
        with monkeypatch.context() as changed:
            changed.setattr(sys, "argv", [path, *words])
            for name, value in environment.items():
                changed.setenv(name, value)
            try:
                runpy.run_path(path, run_name="__main__")
                code = 0
            except SystemExit as ended:
                code = ended.code or 0
        return Outcome(code, *capsys.readouterr())

    return run


@contextmanager
def serving_example(example, folder, **environment):
    """Run an example that serves, and give the address where it does."""
    with subprocess.Popen(
        [sys.executable, EXAMPLES / example],
        cwd=folder,
        env=_environment({"PORT": "0", **environment}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            said = []
            for line in process.stdout:
                said.append(line)
                found = _ADDRESS.search(line)
                if found:
                    break
            else:
                raise AssertionError("".join(said))
            yield found[0]
        finally:
            process.terminate()
            rest = process.stdout.read()
    assert "Traceback" not in rest, rest
    assert process.returncode in (0, -15), rest


def _environment(given):
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("MODEL_REGISTRY_")}
    return inherited | {name: str(value) for name, value in given.items()}
