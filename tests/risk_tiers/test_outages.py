"""What look-ups in memory give while the store cannot be read, and who is told."""

import logging
from collections import Counter
from threading import Event
from time import monotonic, sleep

import pytest
from postgresql import running_cluster
from troubled_store import fill, registration, until

from model_registry import (
    Afterwards,
    DamagedData,
    Registry,
    RiskTier,
    StoreError,
    TiersUnknown,
    open_registry,
)
from model_registry.observing import SUCCESS, Observer


@pytest.mark.parametrize(
    ("choice", "hanging"),
    [
        ((Afterwards.ERROR, TiersUnknown, TiersUnknown), False),
        ((Afterwards.ERROR, TiersUnknown, TiersUnknown), True),
        ((Afterwards.LAST_KNOWN, "tier_2", TiersUnknown), False),
        ((Afterwards.LAST_KNOWN, "tier_2", TiersUnknown), True),
        ((RiskTier.TIER_4, "tier_4", "tier_4"), False),
        ((RiskTier.TIER_1, "tier_1", "tier_1"), True),
    ],
)
def test_an_outage(registry, troubled, choice, hanging):
    """Each choice: what is given afterwards for a tenant that was read, and for another."""
    afterwards, held, never_read = choice

    def told(tenant_id):
        try:
            return tiers(tenant_id, "a")
        except TiersUnknown:
            return TiersUnknown

    fill(troubled, "org_abc", "a", tier="tier_2")
    tiers = registry.risk_tiers(within=0.04, outage=0.6, afterwards=afterwards)
    tiers.load("org_abc")
    back = Event()
    troubled.down = True
    if not hanging:
        assert told("org_xyz") == never_read
    troubled.delay = back.wait if hanging else lambda: None
    began = monotonic()
    while monotonic() - began < 0.2:
        assert told("org_abc") == "tier_2"
    sleep(0.5)
    assert told("org_abc") == held
    began, before = monotonic(), troubled.reads.copy()
    for _ in range(500):
        assert (told("org_abc"), hanging or told("org_xyz")) == (held, hanging or never_read)
    assert monotonic() - began < 1
    assert (troubled.reads - before)["scan"] == 0

    fill(troubled, "org_xyz", "a", tier="tier_3")
    troubled.down = False
    back.set()
    until(lambda: (told("org_abc"), told("org_xyz")) == ("tier_2", "tier_3"))


def test_one_tenants_damage_is_its_own(registry, troubled):
    fill(troubled, "org_abc", "a")
    fill(troubled, "org_xyz", "a")
    tiers = registry.risk_tiers(within=0.02, outage=0.1)
    tiers.load("org_xyz")
    troubled.damaged = {"org_abc"}
    with pytest.raises(TiersUnknown) as caught:
        tiers("org_abc", "a")
    assert caught.value.tenant_id == "org_abc"
    assert isinstance(caught.value.__cause__, DamagedData)
    sleep(0.3)
    assert tiers("org_xyz", "a") is RiskTier.TIER_1


def test_a_stopped_postgresql_server():
    with running_cluster() as cluster, open_registry(cluster.url) as registry:
        registry.tenant("org_abc").register(registration())
        tiers = registry.risk_tiers(within=0.2, outage=2.0)
        assert tiers("org_abc", "gpt-4o") is RiskTier.TIER_2
        cluster.stop("fast")
        stopped = monotonic()
        while monotonic() - stopped < 0.5:
            assert tiers("org_abc", "gpt-4o") is RiskTier.TIER_2
            sleep(0.01)
        until(lambda: "org_abc" not in tiers._shown)
        with pytest.raises(TiersUnknown) as caught:
            tiers("org_abc", "gpt-4o")
        assert isinstance(caught.value.__cause__, StoreError)
        cluster.start()
        until(lambda: "org_abc" in tiers._shown)
        assert tiers("org_abc", "gpt-4o") is RiskTier.TIER_2


class Looks(Observer):
    def __init__(self):
        self.told = []

    def on_look(self, event):
        self.told.append(event)
        raise RuntimeError("an observer that fails")


def test_looks_are_told_and_logged_when_they_are_news(troubled, caplog):
    caplog.set_level(logging.INFO, "model_registry.looks")
    looks = Looks()
    with Registry(troubled, observer=looks) as registry:
        tiers = registry.risk_tiers(within=0.02)
        tiers.load("org_abc")
        until(lambda: len(looks.told) > 3)
        troubled.down = True
        until(lambda: Counter(event.outcome for event in looks.told)["store_error"] > 3)
        troubled.down = False
        until(lambda: looks.told[-1].outcome == SUCCESS)
    assert {(event.tenants, event.failed, event.outcome) for event in looks.told} == {
        (1, 0, SUCCESS), (1, 1, "store_error"),
    }  # fmt: skip
    lines = [record for record in caplog.records if record.name == "model_registry.looks"]
    assert [(line.levelname, line.outcome) for line in lines] == [
        ("WARNING", "store_error"), ("INFO", SUCCESS),
    ]  # fmt: skip
