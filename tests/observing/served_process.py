"""The command ``serve`` as a process of its own, and what it logged."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import attrs
import httpx
from http_service import SECRET, bearer

PROGRAM = Path(sys.executable).with_name("model-registry")
API = "/api/admin"


@attrs.define
class Served:
    """A server that runs, or has ended."""

    process: subprocess.Popen
    url: str
    log: Path

    @property
    def address(self):
        host, _, port = self.url.removeprefix("http://").rpartition(":")
        return host, int(port)

    def asked(self, path):
        return httpx.get(f"{self.url}{path}", timeout=30)

    def await_ready(self):
        wait_for(lambda: self.asked("/readyz").status_code == 200)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)

    def text(self):
        return self.log.read_text(encoding="utf-8")

    def lines(self):
        return [json.loads(line) for line in self.text().splitlines()]

    def client(self, **options):
        return httpx.Client(base_url=self.url, headers=bearer(), timeout=30, **options)


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


@contextmanager
def served(folder, *options, store=None, **environment):
    """Serve a store in a folder on a free port; unless told otherwise, every line of its log is JSON."""
    log = folder / "server.log"
    command = [PROGRAM, "serve", "--port=0", *options]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("MODEL_REGISTRY_")}
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [*command, f"--store={store or f'sqlite:///{folder}/registry.db'}"],
            stdout=stderr,
            stderr=stderr,
            env={
                **inherited,
                "MODEL_REGISTRY_JWT_SECRET": SECRET,
                "MODEL_REGISTRY_LOG_FORMAT": "json",
                **environment,
            },
        )

    def address():
        found = re.search(r"(http://[\w.]+:\d+)", log.read_text(encoding="utf-8"))
        assert process.poll() is None, log.read_text(encoding="utf-8")
        return found and found[1]

    try:
        wait_for(address)
        yield Served(process, address(), log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
