"""Running an example as a reader would: its own process, its own folder, real sockets."""

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


def outcome(example, *words, folder, **environment):
    """Run an example to its end."""
    return subprocess.run(
        [sys.executable, EXAMPLES / example, *words],
        cwd=folder,
        env=_environment(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


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
