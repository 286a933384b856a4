"""Tiers in memory follow every write, soon or at once, and nothing old returns."""

import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic, sleep, time

import pytest
from troubled_store import fill, registration, until

from model_registry import Amendment, Registry, RiskTier, open_registry


def test_every_kind_of_own_write_is_seen_when_it_returns(registry):
    tiers = registry.risk_tiers(within=1_000, outage=1_000)
    tenant = registry.tenant("org_abc", actor="alice")
    assert tiers("org_abc", "gpt-4o") is RiskTier.TIER_4

    entry = tenant.register(registration())
    assert tiers("org_abc", "gpt-4o") is RiskTier.TIER_2
    assert tiers("org_abc", "GPT-4o") is tiers("org_xyz", "gpt-4o") is RiskTier.TIER_4
    tenant.update(entry.id, Amendment(risk_tier="tier_1"))
    tenant.update(entry.id, Amendment(owner="risk"))
    assert tiers("org_abc", "gpt-4o") is RiskTier.TIER_1
    tenant.discover()
    assert tiers.of("org_abc", ["gpt-4o", "seen", "other"]) == {
        "gpt-4o": "tier_1", "seen": "tier_4", "other": "tier_4",
    }  # fmt: skip
    tenant.update(tenant.find("seen").id, Amendment(risk_tier="tier_3"))
    tenant.delete(entry.id)
    assert tiers.of("org_abc", ["gpt-4o", "seen"]) == {"gpt-4o": "tier_4", "seen": "tier_3"}


def test_a_look_up_of_a_tenant_that_is_held_reads_nothing(registry, troubled):
    fill(troubled, "org_abc", "a")
    tiers = registry.risk_tiers(within=1_000, outage=1_000)
    tiers.load("org_abc")
    before = troubled.reads.copy()
    assert before == {"head": 1, "scan": 1, "history": 1}
    for model_id in ["a", "b", ""] * 100:
        tiers("org_abc", model_id)
    tiers.of("org_abc", map(str, range(1_000)))
    assert troubled.reads == before


def test_no_older_tier_comes_back_whatever_overtakes_what(registry, troubled):
    """Slow reads, foreign writes in between, and tenants that are forgotten and read again."""
    chance = random.Random(5)
    tenants = ("org_abc", "org_xyz")
    models = [(tenant_id, f"model-{n}") for tenant_id in tenants for n in range(3)]
    tiers = registry.risk_tiers(within=0.004, outage=60, most_models=4)
    other = Registry(troubled)
    fill(troubled, "org_abc", "foreign")
    troubled.delay = lambda: sleep(chance.random() * 0.004)
    began = monotonic()

    def own(place):
        tenant_id, model_id = place
        tenant, own_chance = registry.tenant(tenant_id), random.Random(model_id)
        looks = 0
        while monotonic() - began < 1.5:
            tier = own_chance.choice(list(RiskTier))
            entry = tenant.find(model_id)
            if entry is None:
                tenant.register(registration(model_id, tier))
            elif own_chance.random() < 0.2:
                tenant.delete(entry.id)
                tier = RiskTier.TIER_4
            else:
                tenant.update(entry.id, Amendment(risk_tier=tier))
            for _ in range(own_chance.randrange(30)):
                assert tiers(tenant_id, model_id) is tier
                looks += 1
                sleep(0.0005)
        return looks

    def foreign():
        tenant = other.tenant("org_abc")
        entry = tenant.find("foreign")
        while monotonic() - began < 1.5:
            tenant.update(entry.id, Amendment(risk_tier=chance.choice(list(RiskTier))))
            sleep(chance.random() * 0.003)

    with ThreadPoolExecutor(len(models) + 1) as pool:
        writing = pool.submit(foreign)
        assert sum(pool.map(own, models)) > 500
        writing.result()
    assert troubled.reads["scan"] > 5
    until(lambda: tiers("org_abc", "foreign") is other.tenant("org_abc").risk_tier("foreign"))


# Writes of others

WRITER = """
import sys, time
from model_registry import Amendment, Registration, open_registry
with open_registry(sys.argv[1]) as registry:
    tenant = registry.tenant("org_abc", actor="another process")
    entry = tenant.register(Registration(model_id="new", provider="p", risk_tier="tier_1"))
    print(time.time(), flush=True)
    for tier in ("tier_2", "tier_3"):
        sys.stdin.readline()
        tenant.update(entry.id, Amendment(risk_tier=tier))
        print(time.time(), flush=True)
"""


def test_another_processs_write_is_seen_within_the_bound(tmp_path):
    url = f"sqlite:///{tmp_path}/registry.db"
    with open_registry(url) as registry:
        tiers = registry.risk_tiers()
        assert tiers("org_abc", "new") is RiskTier.TIER_4
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
        with subprocess.Popen([sys.executable, "-c", WRITER, url], **pipes) as writer:
            for tier in ("tier_1", "tier_2", "tier_3"):
                written = float(writer.stdout.readline())
                until(lambda tier=tier: tiers("org_abc", "new") == tier)
                assert time() - written < 1.0
                if tier != "tier_3":
                    writer.stdin.write("\n")


def test_another_registrys_writes_are_seen_on_every_kind_of_store(store):
    with Registry(store) as registry, Registry(store) as other:
        tenant = other.tenant("org_abc")
        entry = tenant.register(registration())
        tiers = registry.risk_tiers(within=0.05)
        assert tiers("org_abc", "gpt-4o") is RiskTier.TIER_2
        tenant.update(entry.id, Amendment(owner="risk"))
        tenant.update(entry.id, Amendment(risk_tier="tier_1"))
        until(lambda: tiers("org_abc", "gpt-4o") is RiskTier.TIER_1)
        tenant.delete(entry.id)
        until(lambda: tiers("org_abc", "gpt-4o") is RiskTier.TIER_4)


@pytest.mark.parametrize("regrown", [0, 1, 5])
def test_a_restored_backup_is_noticed(registry, troubled, regrown):
    fill(troubled, "org_abc", "kept", tier="tier_3")
    backup = dict(troubled._inventories)
    fill(troubled, "org_abc", "lost", tier="tier_1")
    fill(troubled, "org_abc", "lost too", tier="tier_1")
    tiers = registry.risk_tiers(within=0.02)
    assert tiers("org_abc", "lost") is RiskTier.TIER_1

    troubled.down = True
    troubled._inventories = backup
    for number in range(regrown):
        fill(troubled, "org_abc", f"new {number}", tier="tier_2")
    troubled.down = False
    until(lambda: tiers("org_abc", "lost") is RiskTier.TIER_4)
    assert tiers.of("org_abc", ["kept", "lost too"]) == {"kept": "tier_3", "lost too": "tier_4"}
    registry.tenant("org_abc").register(registration("after", "tier_1"))
    assert tiers("org_abc", "after") is RiskTier.TIER_1
    scans = troubled.reads["scan"]
    sleep(0.1)
    assert (troubled.reads["scan"], tiers("org_abc", "after")) == (scans, "tier_1")


def test_a_write_while_a_restored_backup_is_read_is_not_lost(registry, troubled):
    backup = dict(troubled._inventories)
    fill(troubled, "org_abc", *map(str, range(9)))
    tiers = registry.risk_tiers(within=0.02)
    tiers.load("org_abc")
    reading, go_on = Event(), Event()
    scans = troubled.reads["scan"]

    def wait():
        reading.set()
        go_on.wait()

    troubled._inventories = backup
    # the last read of those that make a whole reading
    troubled.delay = lambda: troubled.reads["scan"] > scans and wait()
    reading.wait()
    registry.tenant("org_abc").register(registration("new", "tier_2"))
    assert tiers.of("org_abc", ["new", "8"]) == {"new": "tier_2", "8": "tier_1"}
    go_on.set()
    until(lambda: tiers("org_abc", "8") is RiskTier.TIER_4)
    assert tiers("org_abc", "new") is RiskTier.TIER_2
