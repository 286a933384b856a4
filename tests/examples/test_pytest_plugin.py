"""The pytest plugin, in a host's own test runs: there where wanted, unnoticed elsewhere."""

import subprocess
import sys
from pathlib import Path

import pytest

from model_registry.testing import RecordedRequests, TickingClock

pytest_plugins = ["pytester"]

HOST_TESTS = """
from datetime import datetime, timedelta, UTC

import pytest
from model_registry import Amendment, ModelAlreadyExists


def test_it_begins_empty_and_repeats_itself(model_inventory, register_model, model_registry_clock):
    assert model_inventory.list().total == 0
    entry = register_model(risk_tier="tier_1", owner="ml-risk")
    assert entry.id == "00000000-0000-0000-0000-000000000001"
    assert (entry.provider, entry.tenant_id) == ("openai", "org_abc")
    model_registry_clock.now = datetime(2031, 1, 1, tzinfo=UTC)
    later = model_inventory.update(entry.id, Amendment(validation_status="deprecated"))
    assert later.updated_at == datetime(2031, 1, 1, tzinfo=UTC)
    assert [e.actor for e in model_inventory.history().events] == ["tests", "tests"]
    with pytest.raises(ModelAlreadyExists):
        register_model()


def test_it_is_empty_again(model_inventory):
    assert model_inventory.list().total == 0


def test_discovery_finds_what_the_test_recorded(model_registry, model_inventory, model_requests,
                                                model_registry_clock):
    model_requests.add("gpt-4o", times=2)
    model_requests.add("o3-mini", at=model_registry_clock.now - timedelta(days=31))
    model_requests.add("claude-sonnet-4", tenant_id="org_xyz")
    report = model_inventory.discover()
    assert [(m.model_id, m.requests) for m in report.models] == [("gpt-4o", 2)]
    assert model_registry.tenant("org_xyz").discover().created == 1
    assert model_registry.risk_tiers()("org_abc", "gpt-4o") == "tier_4"


class TestOfAnotherTenant:
    @pytest.fixture
    def model_registry_tenant(self):
        return "org_nord"

    def test_it_is_the_tenant_of_all(self, model_inventory, model_requests, register_model):
        model_requests.add("m")
        assert model_inventory.discover().created == 1
        assert register_model("n").tenant_id == "org_nord"
        assert register_model("n", tenant_id="org_xyz").tenant_id == "org_xyz"
        assert model_inventory.list().total == 2
"""


def test_a_hosts_tests_have_a_registry_without_a_line_of_set_up(pytester: pytest.Pytester):
    pytester.makepyfile(test_host=HOST_TESTS)
    pytester.runpytest_inprocess("--strict-markers", "-p", "no:randomly").assert_outcomes(passed=4)


PROBE = """
import sys

class Absent:  # a host has pytest, and neither Hypothesis nor any of our extras
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"hypothesis", "sqlalchemy", "starlette", "pyarrow"}:
            raise ModuleNotFoundError(name=name)

sys.meta_path.insert(0, Absent())
import pytest
before = set(sys.modules)
status = pytest.main(["-q", "-p", "no:cacheprovider", *sys.argv[1:]])
loaded = {name for name in set(sys.modules) - before if name.startswith("model_registry")}
print(int(status), *sorted(loaded))
"""


def probed(*words: str | Path) -> list[str]:
    # Plugins of this environment need what a host lacks; ours is named, and no other is loaded.
    done = subprocess.run(
        [sys.executable, "-c", PROBE, "-p", "model_registry.testing.plugin", *words],
        env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1].split()


def test_tests_that_do_not_ask_for_it_load_the_plugin_and_nothing_else(tmp_path: Path):
    (tmp_path / "test_own.py").write_text("def test_own(): pass\n")
    assert probed(tmp_path, "--rootdir", tmp_path) == [
        "0", "model_registry", "model_registry.testing", "model_registry.testing.plugin"
    ]  # fmt: skip


def test_those_that_do_need_no_extra(tmp_path: Path):
    (tmp_path / "test_host.py").write_text(HOST_TESTS)
    status, *loaded = probed(tmp_path, "--rootdir", tmp_path)
    assert status == "0"
    assert "model_registry_memory" in loaded


def test_requests_must_be_some_and_have_a_time():
    requests = RecordedRequests(TickingClock(), "org_abc")
    with pytest.raises(ValueError, match="1 or more"):
        requests.add("m", times=0)
    with pytest.raises(ValueError, match="without a zone"):
        requests.add("m", at=TickingClock().now.replace(tzinfo=None))
