"""docs/guarantees.md names tests: they exist, and every fault test is named."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = set(
    re.findall(r"`(tests/[^`]+)`", (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8"))
)


def test_what_it_names_is_there():
    assert len(NAMED) > 15
    for name in NAMED:
        assert (ROOT / name).exists(), name


def test_every_fault_is_named_in_it():
    here = {f"tests/faults/{path.name}" for path in Path(__file__).parent.glob("test_*.py")}
    assert here - {f"tests/faults/{Path(__file__).name}"} <= NAMED
