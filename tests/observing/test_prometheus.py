"""What a scrape shows, read back by Prometheus's own parser."""

import subprocess
import sys

import pytest
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families
from recording import tell

from model_registry.observing.prometheus import PrometheusObserver


def scraped(registry):
    text = generate_latest(registry).decode()
    families = text_string_to_metric_families(text)
    samples = {
        (s.name, tuple(sorted(s.labels.items()))): s.value for f in families for s in f.samples
    }
    return text, samples


@pytest.fixture
def registry():
    registry = CollectorRegistry()
    tell(PrometheusObserver(registry))
    return registry


def test_a_scrape_tells_what_happened(registry):
    text, samples = scraped(registry)

    def value(name, **labels):
        return samples[f"model_registry_{name}", tuple(sorted(labels.items()))]

    got = {"method": "GET", "route": "/models/{id}"}
    duration = "http_request_duration_seconds"
    assert value(f"{duration}_count", **got, status="200") == 3
    assert value(f"{duration}_sum", **got, status="200") == pytest.approx(0.34)
    assert value(f"{duration}_bucket", **got, status="200", le="0.025") == 2
    assert value(f"{duration}_count", method="GET", route="", status="401") == 1
    assert value(f"{duration}_count", **got, status="") == 1
    assert value("http_answers_broken_off_total", **got) == 1
    assert value("write_duration_seconds_count", action="updated", outcome="store_error") == 1
    assert value("entries_changed_total", action="updated") == 1
    assert value("entries_changed_total", action="discovered") == 12
    assert value("scan_duration_seconds_bucket", outcome="success", le="60.0") == 0
    assert value("scan_duration_seconds_bucket", outcome="success", le="120.0") == 2
    assert value("scan_rows_total") == 4_000
    assert value("scan_broken_rows_total") == 1
    assert value("scan_models_total") == 24
    assert value("look_duration_seconds_count", outcome="store_error") == 1
    assert value("flush_duration_seconds_count", outcome="store_error") == 1
    fates = ("written", "dropped", "unusable")
    assert [value("live_requests_total", fate=fate) for fate in fates] == [70, 4, 2]
    assert value("live_models_postponed_total") == 8
    assert "org_abc" not in text


def test_names_and_units_hold_for_openmetrics_too(registry):
    families = list(read_openmetrics(generate_openmetrics(registry).decode()))
    assert len(families) == 12
    assert all(f.documentation.endswith(".") for f in families)
    assert all(f.name.startswith("model_registry_") for f in families)
    assert {f.type for f in families} == {"histogram", "counter"}


def test_nothing_reaches_the_global_registry(registry):
    assert not any(f.name.startswith("model_registry") for f in REGISTRY.collect())
    with pytest.raises(ValueError, match="Duplicated"):
        PrometheusObserver(registry)


@pytest.mark.parametrize("package", ["prometheus_client", "opentelemetry"])
def test_a_library_of_metrics_is_imported_only_when_asked_for(package):
    code = (
        f"import sys; sys.modules[{package!r}] = None; import model_registry.observing; "
        "from model_registry.asgi import create_app; print('fine')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "fine\n"
