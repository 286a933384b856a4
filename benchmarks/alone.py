"""One measurement in a process of its own, so that its memory is only its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from statistics import median
from typing import Any

from cattrs import structure, unstructure

from benchmarks.figures import Figure
from benchmarks.machine import forget_peak, peak_mib, resident_mib


def alone(task: str, python: str = sys.executable, **arguments: Any) -> Figure:
    """
    Call a function that returns a figure in a new process.

    Args:
        task: ``module:function``.
        python: the interpreter.
        arguments: for the function; plain values.
    """
    command = [python, "-m", "benchmarks.alone", task, json.dumps(arguments)]
    environment = {
        **os.environ,
        "ARROW_DEFAULT_MEMORY_POOL": "system",
    }  # as our command line has it
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return structure(json.loads(run.stdout.splitlines()[-1]), Figure)


def in_rounds(call: Callable[[], object], rounds: int) -> Figure:
    """Call again and again: the median time, and the memory from before the first call on."""
    forget_peak()
    idle = resident_mib()
    spans = []
    for _ in range(rounds):
        started = time.perf_counter()
        call()
        spans.append(time.perf_counter() - started)
    return Figure(seconds=median(spans), peak_mib=peak_mib(), idle_mib=idle)


if __name__ == "__main__":
    module, _, function = sys.argv[1].partition(":")
    print(
        json.dumps(unstructure(getattr(import_module(module), function)(**json.loads(sys.argv[2]))))
    )
