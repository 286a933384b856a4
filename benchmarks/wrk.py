"""Load by wrk: many connections at once, from the other core."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.figures import Figure
from benchmarks.machine import LOAD_CORE, cpu_seconds, forget_peak, peak_mib
from benchmarks.requests import Request, fresh_number, token
from benchmarks.serving import Served

_SCRIPT: Final = """
local asked = {{}}
local n = {first}
local function ask(method, path, body, headers)
    local all = {{}}
    for name, value in pairs(wrk.headers) do all[name] = value end
    for name, value in pairs(headers) do all[name] = value end
    if body then all["Content-Type"] = "application/json" end
    if (path .. (body or "")):find("{{n}}", 1, true) then
        asked[#asked + 1] = function()
            local filled = body and body:gsub("{{n}}", n)
            return wrk.format(method, (path:gsub("{{n}}", n)), all, filled)
        end
    else
        local made = wrk.format(method, path, all, body)
        asked[#asked + 1] = function() return made end
    end
end
init = function(args)
    wrk.headers["Authorization"] = "Bearer {token}"
{requests}
end
request = function()
    n = n + 1
    return asked[n % #asked + 1]()
end
done = function(summary, latency, requests)
    local e = summary.errors
    io.write(string.format(
        '{{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "failed": %d}}',
        summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
        latency:percentile(99) / 1e3, e.status + e.connect + e.read + e.write + e.timeout))
end
"""


def by_wrk(
    server: Served, requests: Sequence[Request], connections: int, seconds: int, folder: Path
) -> Figure:
    """Let wrk ask for so long from the other core; a request that fails ends everything."""
    lines = (
        f"    ask({_lua(r.method)}, {_lua(r.path)}, {_lua(r.body) if r.body else 'nil'}, "
        f"{{{', '.join(f'[{_lua(name)}] = {_lua(value)}' for name, value in r.headers)}}})"
        for r in requests
    )
    # Numbers of one turn are never those of another, nor what a ``Connection`` asked with.
    first = fresh_number() * 1_000_000
    script = folder / "load.lua"
    script.write_text(_SCRIPT.format(first=first, token=token(), requests="\n".join(lines)))
    command = ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s"]
    forget_peak(server.pid)
    before = cpu_seconds(server.pid)
    run = subprocess.run(
        [*command, "-s", str(script), server.url], capture_output=True, text=True, check=True
    )
    spent = cpu_seconds(server.pid) - before
    told = json.loads(run.stdout[run.stdout.rindex("{") :])
    if told["failed"] or not told["requests"]:
        raise SystemExit(f"{requests[0]} did not go well at {server.url}:\n{run.stdout}")
    return Figure(
        seconds=told["seconds"] / told["requests"],
        p50_ms=told["p50"],
        p99_ms=told["p99"],
        cpu_ms=spent / told["requests"] * 1000,
        peak_mib=peak_mib(server.pid),
    )


def _lua(text: str) -> str:
    """Write a Lua string; JSON's escapes are Lua's for the plain ASCII that is asked here."""
    return json.dumps(text)
