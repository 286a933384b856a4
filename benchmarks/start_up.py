"""How long it takes until something can be done, and what ``serve`` holds while nothing is."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.effort import Effort
from benchmarks.figures import Figure, Row, of_spans
from benchmarks.inventory import SECRET
from benchmarks.machine import LOAD_CORE, pinned, resident_mib
from benchmarks.serving import HOST, free_port, running

_BIN: Final = Path(sys.executable).parent
_COMMANDS: Final = {
    "import model_registry": [sys.executable, "-c", "import model_registry"],
    "model-registry --help": [str(_BIN / "model-registry"), "--help"],
}
_PYTHON: Final = [sys.executable, "-c", "pass"]
_REQUEST: Final = b"GET /api/admin/models HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"


def measured(url: str, effort: Effort) -> Iterator[Row]:
    """Measure starts beside that of Python itself, and the memory of an idle server."""
    with pinned(LOAD_CORE):
        yield from _starts(effort)
    yield Row(part="start", name="serve, idle", figures={"ours": Figure(idle_mib=_idle(url))})


def _starts(effort: Effort) -> Iterator[Row]:
    for name, command in _COMMANDS.items():
        spans: dict[str, list[float]] = {"ours": [], "python": []}
        for _ in range(effort.starts):
            spans["python"].append(_span(_PYTHON))
            spans["ours"].append(_span(command))
        figures = {who: of_spans(times) for who, times in spans.items()}
        yield Row(part="start", name=name, figures=figures)


def _span(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def _idle(url: str) -> float:
    """Return the memory of a server that has answered once, so that all is loaded, and rests."""
    port = free_port()
    command = [str(_BIN / "model-registry"), "serve", "--store", url, "--port", str(port)]
    with running(command, port, {"MODEL_REGISTRY_JWT_SECRET": SECRET}) as server:
        with socket.create_connection((HOST, port)) as connection:
            connection.sendall(_REQUEST)
            while connection.recv(65_536):
                pass
        time.sleep(0.5)
        return resident_mib(server.pid)
