"""The command ``serve`` as a process of its own, and how much memory it holds."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

MIB = 1024 * 1024


@attrs.frozen
class Served:
    """
    A running server.

    Attributes:
        url: scheme, host and port.
        process: the server.
        log: what it wrote.
    """

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def memory(self) -> int:
        """Return how many bytes of memory it holds now."""
        return self._status("VmRSS")

    def most_memory(self) -> int:
        """Return how many bytes of memory it ever held."""
        return self._status("VmHWM")

    def _status(self, name: str) -> int:
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(rf"{name}:\s+(\d+) kB", text)
        assert found is not None
        return int(found[1]) * 1024


@contextmanager
def serving(store: str, secret: str, *options: str) -> Iterator[Served]:
    """Serve a store on a free port until the context ends, which must be a clean end."""
    command = [
        sys.executable,
        "-c",
        "from model_registry.cli import main; raise SystemExit(main())",
    ]
    settings = {"MODEL_REGISTRY_STORE": store, "MODEL_REGISTRY_JWT_SECRET": secret}
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MODEL_REGISTRY_")}
    with tempfile.TemporaryDirectory(prefix="torture-serve-") as folder:
        log = Path(folder) / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*command, "serve", "--port", "0", *options], stderr=out, env={**clean, **settings}
            )
        try:
            yield Served(_address(process, log), process, log)
            process.send_signal(signal.SIGTERM)
            code = process.wait(30)
            if code:
                raise RuntimeError(f"the server ended with {code}:\n{log.read_text()[-2_000:]}")
        finally:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    while process.poll() is None:
        found = re.search(r"(http://[^/]+)/\S* \(", log.read_text())
        if found is not None:
            return found[1]
        try:
            process.wait(0.02)
        except subprocess.TimeoutExpired:
            continue
    raise RuntimeError(f"the server did not start:\n{log.read_text()[-2_000:]}")
