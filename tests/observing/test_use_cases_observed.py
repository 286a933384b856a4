"""What an observer is told of writes and scans, and that it can do no harm."""

import logging
from datetime import UTC, datetime

import pytest
from recording import Recorder

from model_registry import (
    Amendment,
    DiscoveryRequest,
    InvalidStatusTransition,
    ModelAlreadyExists,
    ModelNotFound,
    Registration,
    Registry,
    RequestLogError,
    StoreError,
    open_store,
)
from model_registry.observing import SUCCESS, Observer
from model_registry_memory import IterableRequestLog

NOW = datetime(2026, 3, 13, tzinfo=UTC)


def rows(*models):
    return [{"timestamp": NOW, "model": model, "tenant_id": "org_abc"} for model in models]


def registration(model_id="gpt-4o"):
    return Registration(model_id=model_id, provider="openai", risk_tier="tier_2")


def told(events):
    return [(event.action, event.count, event.outcome) for event in events]


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
def registry(recorder):
    log = IterableRequestLog(
        [*rows("gpt-4o", "o3-mini", "o3-mini", "claude-x"), {"tenant_id": "org_abc", "model": 3}]
    )
    with Registry(open_store("memory://"), log, clock=lambda: NOW, observer=recorder) as opened:
        yield opened


@pytest.fixture
def tenant(registry):
    return registry.tenant("org_abc")


def test_every_write_is_one_event_whatever_becomes_of_it(tenant, recorder):
    entry = tenant.register(registration())
    with pytest.raises(ModelAlreadyExists):
        tenant.register(registration())
    tenant.update(entry.id, Amendment(owner="ml-risk"))
    with pytest.raises(InvalidStatusTransition):
        tenant.update(entry.id, Amendment(validation_status="validated"))
    tenant.discover(DiscoveryRequest(dry_run=True))
    tenant.discover()
    tenant.delete(entry.id)
    with pytest.raises(ModelNotFound):
        tenant.delete(entry.id)
    assert told(recorder.writes) == [
        ("registered", 1, SUCCESS),
        ("registered", 0, "model_already_exists"),
        ("updated", 1, SUCCESS),
        ("updated", 0, "invalid_status_transition"),
        ("discovered", 2, SUCCESS),
        ("deleted", 1, SUCCESS),
        ("deleted", 0, "model_not_found"),
    ]
    assert {event.tenant_id for event in recorder.writes} == {"org_abc"}
    assert all(0 < event.seconds < 60 for event in recorder.writes)


def test_every_scan_is_one_event(tenant, registry, recorder):
    tenant.discover(DiscoveryRequest(dry_run=True))
    (event,) = recorder.scans
    assert (event.rows_read, event.rows_broken, event.models) == (5, 1, 3)
    assert (event.outcome, event.tenant_id, recorder.writes) == (SUCCESS, "org_abc", [])


def test_failures_of_a_store_and_of_a_log_have_their_codes(recorder, monkeypatch):
    store, log = open_store("memory://"), IterableRequestLog([])

    def fail(error):
        def failing(*_given):
            raise error

        return failing

    monkeypatch.setattr(store, "commit", fail(StoreError("the disk is full")))
    monkeypatch.setattr(log, "scan", fail(RequestLogError("no such file")))
    tenant = Registry(store, log, observer=recorder).tenant("org_abc")
    with pytest.raises(StoreError):
        tenant.register(registration())
    with pytest.raises(RequestLogError):
        tenant.discover()
    monkeypatch.setattr(log, "scan", fail(KeyError("a bug")))
    with pytest.raises(KeyError):
        tenant.discover()
    assert told(recorder.writes) == [("registered", 0, "store_error")]
    assert [e.outcome for e in recorder.scans] == ["request_log_error", "unexpected"]
    assert [(e.rows_read, e.models) for e in recorder.scans] == [(None, 0), (None, 0)]


class Broken(Observer):
    def on_write(self, event):
        raise RuntimeError("metrics are down")

    def on_scan(self, event):
        raise RuntimeError("metrics are down")


def test_an_observer_that_raises_harms_nothing_and_is_reported_once(caplog):
    log = IterableRequestLog(rows("o3-mini"))
    registry = Registry(open_store("memory://"), log, clock=lambda: NOW, observer=Broken())
    tenant = registry.tenant("org_abc")
    entry = tenant.register(registration())
    tenant.discover()
    with pytest.raises(InvalidStatusTransition):
        tenant.update(entry.id, Amendment(validation_status="validated"))
    assert tenant.list().total == 2
    (line,) = [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert (line.name, line.event, line.error) == (
        "model_registry.observing",
        "WriteFinished",
        "RuntimeError",
    )


def test_log_lines_tell_what_was_refused_failed_and_scanned(tenant, caplog):
    caplog.set_level(logging.INFO, "model_registry")
    tenant.register(registration())
    with pytest.raises(ModelAlreadyExists):
        tenant.register(registration())
    tenant.discover()
    refused, scanned = caplog.records
    assert (refused.name, refused.getMessage()) == ("model_registry.writes", "A write was refused")
    assert (refused.action, refused.outcome, refused.changed, refused.tenant_id) == (
        "registered",
        "model_already_exists",
        0,
        "org_abc",
    )
    assert (scanned.name, scanned.levelno) == ("model_registry.scans", logging.INFO)
    assert (scanned.rows_read, scanned.rows_broken, scanned.models) == (5, 1, 3)


def test_a_host_without_logging_sees_nothing(tmp_path):
    import subprocess
    import sys

    code = (
        "from model_registry import *\n"
        "t = open_registry('memory://').tenant('a')\n"
        "r = Registration(model_id='m', provider='p', risk_tier='tier_1')\n"
        "t.register(r)\n"
        "from model_registry.errors import StoreError\n"
        "def fail(*_): raise StoreError('x')\n"
        "t.workings.store.commit = fail\n"
        "try: t.register(r)\n"
        "except StoreError: print('failed')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("failed\n", "")
