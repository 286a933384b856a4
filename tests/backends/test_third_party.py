"""A stranger's backend is found by its entry point and passes the same suite."""

import sys
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from model_registry import (
    AmbiguousScheme,
    BackendNotInstalled,
    Registration,
    UnknownScheme,
    open_registry,
    open_request_log,
)
from model_registry.plugins import open_store
from model_registry.testing import StoreContract, store_state_machine

HERE = Path(__file__).parents[1] / "third_party"


@pytest.fixture(autouse=True)
def acme_installed(monkeypatch):
    monkeypatch.syspath_prepend(str(HERE))


class TestAcmeStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        with open_store(f"acme://{tmp_path}/registry.acme") as store:
            yield store


def test_it_agrees_with_a_plain_model_whatever_is_done(tmp_path):
    files = (f"acme://{tmp_path}/{number}.acme" for number in count())
    machine = store_state_machine(
        lambda: open_store(next(files)), lambda store: open_store(f"acme://{store.path}")
    )
    run_state_machine_as_test(
        machine, settings=settings(max_examples=15, stateful_step_count=15, deadline=None)
    )


def test_a_registry_opens_on_a_third_partys_scheme(tmp_path):
    with open_registry(f"acme://{tmp_path}/registry.acme") as registry:
        tenant = registry.tenant("org_abc", actor="alice")
        entry = tenant.register(
            Registration(model_id="gpt-4o", provider="openai", risk_tier="tier_2")
        )
        assert tenant.get(entry.id) == entry


def distribution(folder, name, entry_points):
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entry_points)


def test_an_unknown_scheme_names_the_known_ones():
    with pytest.raises(UnknownScheme, match=r"redis://; known are .*memory.*sqlite"):
        open_store("redis://localhost")
    with pytest.raises(UnknownScheme, match="named by a URL"):
        open_store("registry.db")
    with pytest.raises(UnknownScheme, match="request log answers to kafka://"):
        open_request_log("kafka://topic")


def test_two_packages_with_one_scheme_are_both_named(tmp_path, monkeypatch):
    distribution(tmp_path, "rival", "[model_registry.stores]\nacme = rival:Store\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    with pytest.raises(AmbiguousScheme, match=r"acme-store \(.*\) and rival \(rival:Store\)"):
        open_store("acme://")


def test_a_missing_package_is_answered_with_the_command_that_installs_it(tmp_path, monkeypatch):
    distribution(tmp_path, "cloudy", "[model_registry.stores]\ncloudy = cloudy:Store [s3,gcs]\n")
    (tmp_path / "cloudy.py").write_text("import package_that_nobody_has.deep\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    with pytest.raises(BackendNotInstalled) as caught:
        open_store("cloudy://")
    assert "'package_that_nobody_has'" in str(caught.value)
    assert "pip install 'cloudy[s3,gcs]'" in str(caught.value)


@pytest.mark.parametrize("value", ["broken.inside:Store", "broken:Store", "broken.raising:Store"])
def test_a_broken_package_is_told_from_a_missing_one(tmp_path, monkeypatch, value):
    distribution(tmp_path, "broken", f"[model_registry.stores]\nbroken = {value}\n")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "__init__.py").write_text("")
    (tmp_path / "broken" / "raising.py").write_text("from os import no_such_name\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    with pytest.raises(BackendNotInstalled, match=r"cannot be imported .* reinstall broken"):
        open_store("broken://")
    for name in [name for name in sys.modules if name.partition(".")[0] == "broken"]:
        del sys.modules[name]
