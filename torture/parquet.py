"""Faults for the Parquet store: writers that are killed."""

from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from time import monotonic

from torture.figures import Figures
from torture.parquet_kills import Toll, kill_round

_ROUNDS_A_FOLDER = 12


def torture(seconds: float, seed: int) -> Figures:
    """Bring faults about until the time is over."""
    until = monotonic() + seconds
    scratch = Path(mkdtemp(prefix="torture-parquet-"))
    toll, rounds = Toll(), 0
    for number in count():
        if monotonic() >= until:
            break
        folder = scratch / str(number // _ROUNDS_A_FOLDER)
        journals = scratch / f"{folder.name}-acknowledged"
        journals.mkdir(exist_ok=True)
        toll.add(kill_round(folder, journals, seed * 1_000_003 + 10 * number))
        rounds += 1
        if number % _ROUNDS_A_FOLDER == _ROUNDS_A_FOLDER - 1:
            shutil.rmtree(folder)
    shutil.rmtree(scratch)
    return Figures(
        "parquet",
        rounds=rounds,
        acknowledged=toll.acknowledged,
        lost=len(toll.lost),
        torn=len(toll.torn),
        notes=(f"{toll.looks:,} looks while others wrote", *toll.lost[:5], *toll.torn[:5]),
    )
