"""Faults for the Parquet store: writers that are killed, and power that fails."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from time import monotonic

from torture.figures import Figures
from torture.parquet_disk import Life
from torture.parquet_kills import Toll, kill_round
from torture.parquet_power import Recording, few_files, power_losses, some_commits

_KILLS_A_FOLDER = 20
_LIVES = 4
_MOMENTS = 60


def torture(seconds: float, seed: int) -> Figures:
    """Bring faults about until the time is over: half of it kills, half of it power losses."""
    scratch = Path(mkdtemp(prefix="torture-parquet-"))
    killed, kills = _repeat(seconds / 2, seed, scratch, _kills)
    lost_power, losses = _repeat(seconds / 2, seed, scratch, _power_losses)
    shutil.rmtree(scratch)
    return Figures(
        "parquet",
        rounds=kills + losses,
        acknowledged=killed.acknowledged + lost_power.acknowledged,
        lost=len(killed.lost) + len(lost_power.lost),
        torn=len(killed.torn) + len(lost_power.torn),
        notes=(
            f"{kills:,} writers killed, {killed.acknowledged:,} writes acknowledged",
            f"{killed.looks:,} looks while others wrote",
            f"{losses:,} disks after a power loss, {lost_power.acknowledged:,} writes acknowledged",
            *(killed.lost + killed.torn + lost_power.lost + lost_power.torn)[:10],
        ),
    )


def _repeat(
    seconds: float, seed: int, scratch: Path, rounds: Callable[[Path, int, Toll, float], int]
) -> tuple[Toll, int]:
    """Run rounds, each in a folder of its own and with a seed of its own, for so long."""
    until, toll, faults = monotonic() + seconds, Toll(), 0
    for number in count():
        if monotonic() >= until:
            return toll, faults
        folder = scratch / f"{rounds.__name__}-{number}"
        folder.mkdir()
        faults += rounds(folder, seed * 1_000_003 + 100 * number, toll, until)
        shutil.rmtree(folder)
    raise AssertionError("count() has no end")


def _kills(folder: Path, seed: int, toll: Toll, until: float) -> int:
    """Kill writers of one folder, time after time; count the killed."""
    chance, writers = random.Random(seed), 0
    for number in range(_KILLS_A_FOLDER):
        if monotonic() < until:
            several = chance.randint(1, 4)
            toll.add(kill_round(folder / "r", folder, seed + 5 * number, several))
            writers += several
    return writers


def _power_losses(folder: Path, seed: int, toll: Toll, until: float) -> int:
    """Let processes live and die one after another, then let the power fail; count the disks."""
    chance, disks = random.Random(seed), 0
    top, scratch = folder / "top", folder / "scratch"
    top.mkdir()
    scratch.mkdir()
    recording = Recording(top)
    with few_files():
        for number in range(_LIVES):
            life = Life(chance.choice((None, chance.randrange(80))))
            recording.live(life, some_commits(chance, chance.randint(1, 9), f"life{number}"))
        toll.acknowledged += len(recording.acknowledged)
        steps = len(recording.disk.steps)
        for moment in sorted(chance.sample(range(steps + 1), min(_MOMENTS, steps))):
            if monotonic() < until:
                tried, faults = power_losses(recording, scratch, [moment], chance, draws=6)
                disks += tried
                toll.lost += [fault for fault in faults if "was acknowledged" in fault]
                toll.torn += [fault for fault in faults if "was acknowledged" not in fault]
    return disks
