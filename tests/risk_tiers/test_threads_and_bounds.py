"""Look-ups in memory and threads, event loops, forks, bounds and the end."""

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from threading import enumerate as threads
from time import sleep

import pytest
from troubled_store import fill, registration

from model_registry import (
    Registry,
    RiskTier,
    TiersUnknown,
    ValidationError,
)


def test_many_who_ask_first_wait_for_one_reading(registry, troubled):
    fill(troubled, "org_abc", "a")
    troubled.delay = lambda: sleep(0.05)
    tiers = registry.risk_tiers()
    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(lambda _: tiers("org_abc", "a"), range(20))) == {RiskTier.TIER_1}
    assert [troubled.reads[name] for name in ("head", "scan", "history")] == [1, 1, 1]


def test_a_write_while_the_tenant_is_first_read_is_not_lost(registry, troubled):
    reading, go_on = Event(), Event()

    def wait():
        reading.set()
        go_on.wait()

    tiers = registry.risk_tiers(within=1_000, outage=1_000)
    with ThreadPoolExecutor(1) as pool:
        tenant = registry.tenant("org_abc")
        gone = tenant.register(registration("gone"))
        troubled.delay = lambda: troubled.reads["history"] and wait()
        first = pool.submit(tiers, "org_abc", "new")
        reading.wait()
        troubled.delay = lambda: None
        tenant.register(registration("new", "tier_1"))
        tenant.delete(gone.id)
        go_on.set()
        assert first.result() is RiskTier.TIER_1
    assert tiers.of("org_abc", ["new", "gone"]) == {"new": "tier_1", "gone": "tier_4"}


def test_an_event_loop_is_not_held_up_by_a_first_reading(registry, troubled):
    fill(troubled, "org_abc", "a")
    troubled.delay = lambda: sleep(0.1)
    tiers = registry.risk_tiers()

    async def host():
        reading = asyncio.create_task(tiers.ready("org_abc"))
        turns = 0
        while not reading.done():
            await asyncio.sleep(0.001)
            turns += 1
        await tiers.ready("org_abc")
        return turns, tiers("org_abc", "a")

    turns, tier = asyncio.run(host())
    assert (turns > 20, tier) == (True, RiskTier.TIER_1)


FORKING = """
import os, sys, time
from model_registry import Amendment, Registration, open_registry
registry = open_registry(sys.argv[1])
tenant = registry.tenant("org_abc")
entry = tenant.register(Registration(model_id="a", provider="p", risk_tier="tier_2"))
tiers = registry.risk_tiers(within=0.1)
assert tiers("org_abc", "a") == "tier_2"
child = os.fork()
if child == 0:
    assert tiers("org_abc", "a") == "tier_2"
    print("ready", flush=True)
    while tiers("org_abc", "a") != "tier_1":
        time.sleep(0.01)
    os._exit(7)
time.sleep(0.3)
tenant.update(entry.id, Amendment(risk_tier="tier_1"))
assert tiers("org_abc", "a") == "tier_1"
for _ in range(500):
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended:
        sys.exit(os.waitstatus_to_exitcode(status))
    time.sleep(0.01)
os.kill(child, 9)
"""


def test_a_forked_child_follows_too(tmp_path):
    command = [sys.executable, "-W", "ignore", "-c", FORKING, f"parquet:///{tmp_path}/registry"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (7, "ready\n"), done.stderr


def test_what_is_held_is_bounded(registry, troubled):
    for number in range(5):
        fill(troubled, f"org_{number}", "a", "b", "c")
    few = registry.risk_tiers(most_tenants=2, within=1_000, outage=1_000)
    small = registry.risk_tiers(most_models=7, within=1_000, outage=1_000)
    for tiers in (few, small):
        for number in range(5):
            assert tiers(f"org_{number}", "a") is RiskTier.TIER_1
        assert list(tiers._shown) == ["org_3", "org_4"]
        assert tiers("org_0", "b") is RiskTier.TIER_1
        assert list(tiers._shown) == ["org_4", "org_0"]
    fill(troubled, "org_big", *map(str, range(20)))
    assert small("org_big", "19") is RiskTier.TIER_1
    assert list(small._shown) == ["org_big"]


def test_closing_ends_the_threads_and_the_answers(troubled):
    def running():
        return [thread for thread in threads() if thread.name.startswith("model-registry-tiers")]

    before = len(running())
    registry = Registry(troubled)
    one, two = registry.risk_tiers(within=0.05), registry.risk_tiers(within=0.05)
    assert len(running()) == before
    one.load("org_abc"), two.load("org_abc")
    assert len(running()) == before + 4
    one.close()
    assert len(running()) == before + 2
    registry.tenant("org_abc").register(registration())
    assert two("org_abc", "gpt-4o") is RiskTier.TIER_2
    registry.close()
    registry.close()
    assert len(running()) == before
    for tiers in (one, two):
        with pytest.raises(TiersUnknown):
            tiers("org_abc", "gpt-4o")


def test_what_makes_no_sense_is_refused(registry):
    for options in (
        {"within": 0}, {"within": 2, "outage": 1}, {"most_tenants": 0}, {"most_models": 0},
        {"afterwards": "tier_5"},
    ):  # fmt: skip
        with pytest.raises(ValueError, match="must be"):
            registry.risk_tiers(**options)
    tiers = registry.risk_tiers()
    for tenant_id in ("", " ", "x" * 513, "a\0", None):
        with pytest.raises(ValidationError):
            tiers(tenant_id, "gpt-4o")


def test_the_guide_runs_as_it_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    guide = Path(__file__).parents[2] / "docs" / "policy-engines.md"
    blocks = guide.read_text(encoding="utf-8").split("```python\n")[1:]
    assert len(blocks) == 3
    names = {}
    for block in blocks:
        exec(compile(block.partition("```")[0], guide.name, "exec"), names)
    names["registry"].close()
