"""JSON bodies: what the document allows is taken, and nothing else does harm."""

import pytest
from http_service import MODELS


@pytest.mark.parametrize(
    ("written", "status"),
    [("30", 200), ("30.0", 200), ("3e1", 200), ("30.5", 400), ("1e300", 400), ("-0.0", 400)],
)
def test_a_number_is_whole_however_json_writes_it(memory_client, written, status):
    raw = f'{{"lookback_days": {written}, "dry_run": true}}'
    assert memory_client.post(f"{MODELS}/discover", content=raw).status_code == status
