"""The contestants' servers: the same server with the same options, on one core."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

import attrs

from benchmarks.machine import SERVER_CORE

HOST: Final = "127.0.0.1"

_UVICORN: Final = (
    "-m", "uvicorn", "--factory", "--loop", "uvloop", "--http", "httptools",
    "--no-access-log", "--log-level", "warning", "--host", HOST,
)  # fmt: skip


@attrs.frozen
class Served:
    """A server that answers: its process and its port."""

    pid: int
    port: int

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self.port}"


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(command: Sequence[str], port: int, environment: dict[str, str]) -> Iterator[Served]:
    """Run a server until the context ends."""
    pinned = ["taskset", "-c", str(SERVER_CORE), *command]
    server = subprocess.Popen(pinned, env={**os.environ, **environment}, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            if server.poll() is not None:
                raise SystemExit(f"the server ended at once: {' '.join(command)}")
            with socket.socket() as probe:
                if probe.connect_ex((HOST, port)) == 0:
                    break
            time.sleep(0.1)
        yield Served(server.pid, port)
    finally:
        server.terminate()
        server.wait()


@contextmanager
def contestants(stores: dict[str, str]) -> Iterator[dict[str, Served]]:
    """Serve each app of ``benchmarks.apps`` that is named, on the store beside its name."""
    with ExitStack() as held:
        servers = {}
        for name, store in stores.items():
            port = free_port()
            command = [sys.executable, *_UVICORN, "--port", str(port), f"benchmarks.apps:{name}"]
            environment = {"BENCH_STORE": store}
            servers[name] = held.enter_context(running(command, port, environment))
        yield servers
