"""What OpenTelemetry's own readers get."""

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from recording import tell

from model_registry import Registration, Registry, open_store
from model_registry.observing.opentelemetry import OpenTelemetryObserver


@pytest.fixture
def reader():
    return InMemoryMetricReader()


@pytest.fixture
def meter(reader):
    provider = MeterProvider([reader])
    yield provider.get_meter("model_registry")
    provider.shutdown()


def read(reader):
    (resource,) = reader.get_metrics_data().resource_metrics
    (scope,) = resource.scope_metrics
    return {metric.name: metric for metric in scope.metrics}


def points(metric):
    return {frozenset(p.attributes.items()): p for p in metric.data.data_points}


def attributes(**given):
    return frozenset((name.replace("__", "."), value) for name, value in given.items())


def test_the_metrics_tell_what_happened(reader, meter):
    tell(OpenTelemetryObserver(meter))
    metrics = read(reader)
    requests = metrics["http.server.request.duration"]
    assert requests.unit == "s"
    got = {"http__request__method": "GET", "url__scheme": "https"}
    routed = {**got, "http__route": "/models/{id}"}
    ok = attributes(**routed, http__response__status_code=200)
    by = points(requests)
    assert set(by) == {
        ok,
        attributes(**routed, http__response__status_code=200, error__type="broken_off"),
        attributes(**got, http__response__status_code=401),
        attributes(**routed, error__type="client_left"),
    }
    assert (by[ok].count, by[ok].sum) == (2, pytest.approx(0.32))
    assert by[ok].explicit_bounds[:3] == (0.005, 0.01, 0.025)
    writes = points(metrics["model_registry.write.duration"])
    failed = {"model_registry.action": "updated", "error.type": "store_error"}
    assert writes[frozenset(failed.items())].count == 1
    changed = points(metrics["model_registry.entries.changed"])
    assert changed[frozenset({"model_registry.action": "discovered"}.items())].value == 12
    sums = {
        name: sum(p.value for p in metrics[f"model_registry.scan.{name}"].data.data_points)
        for name in ("rows", "broken_rows", "models")
    }
    assert sums == {"rows": 4_000, "broken_rows": 1, "models": 24}
    looks = points(metrics["model_registry.look.duration"])
    assert looks[attributes(error__type="store_error")].sum == pytest.approx(0.02)
    flushes = points(metrics["model_registry.flush.duration"])
    assert flushes[attributes(error__type="store_error")].count == 1
    fates = points(metrics["model_registry.live.requests"])
    assert fates[frozenset({"model_registry.fate": "dropped"}.items())].value == 4
    assert "org_abc" not in repr(metrics)


def test_spans_hang_below_the_hosts_and_name_nobody(meter):
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("host")
    observer = OpenTelemetryObserver(meter, tracer)
    with (
        Registry(open_store("memory://"), observer=observer) as registry,
        tracer.start_as_current_span("the host's") as hosts,
    ):
        registry.tenant("org_abc").register(
            Registration(model_id="gpt-4o", provider="openai", risk_tier="tier_2")
        )
    tell(observer)
    own, host, *rest = exporter.get_finished_spans()
    assert (own.name, host.name) == ("model_registry.write", "the host's")
    assert own.parent.span_id == hosts.get_span_context().span_id
    assert own.start_time <= own.end_time
    assert own.attributes == {"model_registry.action": "registered", "model_registry.entries": 1}
    assert [s.name.rpartition(".")[2] for s in rest] == ["write"] * 3 + ["scan"] * 2
    assert [s.status.status_code for s in rest][:2] == [StatusCode.UNSET, StatusCode.ERROR]
    assert not any("org_abc" in s.to_json() or "gpt-4o" in s.to_json() for s in (own, *rest))
