"""The HTTP API under load by wrk, beside an app that answers a constant."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jwt

from benchmarks.inventory import ACTOR, SECRET, TENANT
from benchmarks.timing import Timing

SECONDS = 4
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}

Row = tuple[str, Timing, Timing]


@contextmanager
def served(app: str, store: str) -> Iterator[str]:
    """Run a server on one core."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", app, "--port", str(port), "--no-access-log",
               "--log-level", "warning", *(["--factory"] if app.endswith("registry") else [])]  # fmt: skip
    server = subprocess.Popen(
        ["taskset", "-c", "0", *command], env={**os.environ, "BENCH_STORE": store}
    )
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def load(url: str, script: Path, connections: int, seconds: float = SECONDS) -> Timing:
    """Let wrk ask for so long, from the other core."""
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    run = subprocess.run(
        [*command, "-s", str(script), url], capture_output=True, text=True, check=True
    )
    rate = re.search(r"Requests/sec:\s+([\d.]+)", run.stdout)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s|m)", run.stdout)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", run.stdout)
    if failed or rate is None or p99 is None:
        raise SystemExit(f"the load on {url} did not go well:\n{run.stdout}{run.stderr}")
    return Timing(float(rate[1]), float(p99[1]) * _UNITS[p99[2]])


def measured(folder: Path, url: str, ids: list[str]) -> list[Row]:
    """Return for each request our timing and that of the constant app."""
    claims = {"tenant_id": TENANT, "sub": ACTOR, "role": "admin", "exp": time.time() + 3600}
    token = jwt.encode(claims, SECRET, "HS256")
    some = ",".join(f'"{entry_id}"' for entry_id in ids[::10])
    requests = {
        "get one": 'return "GET", "/models/" .. ids[n % #ids + 1], nil',
        "list of 50": 'return "GET", "/models?limit=50&offset=" .. n % 20 * 50, nil',
        "audited update": 'return "PUT", "/models/" .. ids[n % #ids + 1], '
        "'{\"owner\": \"owner-' .. n .. '\"}'",
        "register": 'return "POST", "/models", \'{"model_id": "wrk-\' .. n .. '
        '\'", "provider": "acme", "risk_tier": "tier_4"}\'',
        "CSV export of 10,000": 'return "GET", "/model-inventory-export", nil',
    }
    rows: list[Row] = []
    with (
        served("benchmarks.apps:registry", url) as ours,
        served("benchmarks.apps:constant", url) as constant,
    ):
        for number, (name, what) in enumerate(requests.items()):
            script = folder / f"load-{number}.lua"
            script.write_text(
                f"ids = {{{some}}}\nn = 0\nwrk.headers['Authorization'] = 'Bearer {token}'\n"
                f"function what()\n{what}\nend\nfunction request()\nn = n + 1\n"
                "local method, path, body = what()\n"
                'return wrk.format(method, "/api/admin" .. path, nil, body)\nend\n'
            )
            connections = 1 if "export" in name else 16
            loads = load(ours, script, connections), load(constant, script, connections, 2)
            rows.append((name, *loads))
    return rows
