"""The guide to observability runs as it stands, and names what there is."""

import re
from pathlib import Path

from prometheus_client import CollectorRegistry

from model_registry.observing.prometheus import PrometheusObserver

GUIDE = (Path(__file__).parents[2] / "docs" / "observability.md").read_text(encoding="utf-8")


def test_every_block_runs(capsys):
    blocks = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    assert len(blocks) == 3
    names = {}
    for block in blocks:
        exec(compile(block, "observability.md", "exec"), names)
    printed = capsys.readouterr().out
    assert "registered model_already_exists\n" in printed
    assert 'model_registry_entries_changed_total{action="registered"} 1.0' in printed


def test_every_metric_is_named():
    registry = CollectorRegistry()
    PrometheusObserver(registry)
    for family in registry.collect():
        short = family.name.removeprefix("model_registry_scan")
        assert f"`{family.name}" in GUIDE or f"`…{short}_total`" in GUIDE, family.name
