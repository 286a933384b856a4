"""The power fails after any step: an acknowledged commit stays, and no half of one is seen."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from torture.parquet_disk import Life
from torture.parquet_power import Recording, few_files, power_losses, some_commits


@pytest.fixture(autouse=True)
def files_are_merged_early():
    with few_files():
        yield


def test_a_power_loss_after_any_step_leaves_a_whole_state_and_none_too_old(tmp_path: Path) -> None:
    top, scratch = tmp_path / "top", tmp_path / "scratch"
    top.mkdir()
    scratch.mkdir()
    chance = random.Random(4)
    recording = Recording(top, ("org_abc",))
    recording.live(Life(), some_commits(chance, 7, tenants=recording.tenants))
    steps = recording.disk.steps
    assert {"make", "create", "link", "remove", "sync", "sync names"} == {s.what for s in steps}
    gone = {step.path.name.split("-")[0] for step in steps if step.what == "remove"}
    assert gone == {"draft", "entries", "events", "manifest"}, "files were merged and swept"
    tried, faults = power_losses(recording, scratch, range(len(steps) + 1), chance, draws=0)
    assert tried > 2 * len(steps)
    assert not faults


def test_what_a_killed_process_did_not_sync_is_synced_by_the_one_that_builds_on_it(
    tmp_path: Path,
) -> None:
    for step in range(40):
        top, scratch = tmp_path / f"top-{step}", tmp_path / f"scratch-{step}"
        top.mkdir()
        scratch.mkdir()
        chance = random.Random(4)
        recording = Recording(top)
        life = Life(step)
        recording.live(life, some_commits(chance, 1, "killed"))
        recording.live(Life(), some_commits(chance, 3, "alive"))
        moments = sorted(set(recording.acknowledged.values()))
        _, faults = power_losses(recording, scratch, moments, chance, draws=0)
        assert not faults, f"killed after step {step}"
        if life.left:
            break
    assert step > 20, "each step of the first commit was the last"
