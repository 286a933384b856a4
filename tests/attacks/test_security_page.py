"""SECURITY.md names tests: they exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_what_it_names_is_there():
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(tests/[^`]+)`", text)) | set(re.findall(r"\]\(([^)#]+)\)", text))
    assert len(named) > 15
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_attack_is_named_in_it():
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    own = {path.name for path in Path(__file__).parent.glob("test_*.py")} - {Path(__file__).name}
    assert [name for name in sorted(own) if name not in text] == []
