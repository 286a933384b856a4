"""Writers that are killed in the middle of what they do lose nothing that was acknowledged."""

from __future__ import annotations

from pathlib import Path

from torture.parquet_kills import Toll, kill_round


def test_writers_that_are_killed_lose_nothing_and_leave_nothing_by_half(tmp_path: Path) -> None:
    toll = Toll()
    for number in range(5):
        toll.add(kill_round(tmp_path / "r", tmp_path, seed=10 * number))
    assert not toll.lost
    assert not toll.torn
    assert toll.acknowledged >= 5 * 3, "each writer came to write"
