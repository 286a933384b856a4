"""JSON bodies: what the document allows is taken, and nothing else does harm."""

import pytest
from http_service import MODELS, service_on

from model_registry import open_store


@pytest.fixture(scope="module")
def client():
    with service_on(open_store("memory://")) as service, service.client() as opened:
        yield opened


@pytest.mark.parametrize(
    ("written", "status"),
    [("30", 200), ("30.0", 200), ("3e1", 200), ("30.5", 400), ("1e300", 400), ("-0.0", 400)],
)
def test_a_number_is_whole_however_json_writes_it(client, written, status):
    raw = f'{{"lookback_days": {written}, "dry_run": true}}'
    assert client.post(f"{MODELS}/discover", content=raw).status_code == status
