"""The OpenTelemetry SDK's own tracer tells of spans as they end."""

from datetime import UTC, datetime, timedelta

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import Status, StatusCode

from model_registry.adapters.opentelemetry import live_span_processor


@pytest.fixture
def tracing(seen):
    def made(tenant="org_abc", **options):
        provider = TracerProvider(shutdown_on_exit=False, **options)
        provider.add_span_processor(live_span_processor(seen.observe, tenant))
        return provider.get_tracer("a gateway")

    return made


def test_a_span_of_generative_ai_is_a_request(tracing, seen):
    tracer = tracing()
    began = datetime.now(UTC)
    with tracer.start_as_current_span("invoke_agent gpt-4o") as agent:
        agent.set_attributes({"gen_ai.operation.name": "invoke_agent", "gen_ai.request.model": "a"})
        with tracer.start_as_current_span("chat gpt-4o") as span:
            span.set_attribute("gen_ai.operation.name", "chat")
            span.set_attribute("gen_ai.request.model", "gpt-4o")
            span.set_attribute("gen_ai.response.model", "gpt-4o-2024-08-06")
    with tracer.start_as_current_span("embeddings") as span:
        span.set_attribute("gen_ai.response.model", "text-embedding-3-small")
    with tracer.start_as_current_span("SELECT") as span:
        span.set_attribute("db.system", "postgresql")
    with tracer.start_as_current_span("bare"):
        pass
    with tracer.start_as_current_span("chat") as span:
        span.set_attribute("gen_ai.request.model", "failed")
        span.set_status(Status(StatusCode.ERROR))
    times = seen()
    assert set(times) == {"gpt-4o", "text-embedding-3-small"}
    assert all(timedelta() <= at - began < timedelta(minutes=1) for at in times.values())


def test_whose_a_span_is_its_attributes_or_its_resource_tell(tracing, seen):
    resource = Resource.create({"tenant": "org_res"})
    tracer = tracing(lambda span: span.resource.attributes["tenant"], resource=resource)
    tracer.start_span("chat", attributes={"gen_ai.request.model": "gpt-4o"}).end()
    tracer = tracing(lambda span: span.attributes.get("tenant"))
    for attributes in ({"tenant": "org_abc"}, {}):
        tracer.start_span(
            "chat", attributes={"gen_ai.request.model": "o3-mini", **attributes}
        ).end()
    assert (set(seen("org_res")), set(seen())) == ({"gpt-4o"}, {"o3-mini"})


def test_what_the_host_gets_wrong_harms_no_span_and_is_reported_once(tracing, seen, caplog):
    tracer = tracing(lambda span: span.attributes["tenant"])
    for _ in range(3):
        tracer.start_span("chat", attributes={"gen_ai.request.model": "gpt-4o"}).end()
    assert len(caplog.records) == 1
    assert "KeyError" in caplog.records[0].error
    assert seen() == {}


def test_a_span_that_is_sampled_out_is_not_seen(tracing, seen):
    tracer = tracing(sampler=ALWAYS_OFF)
    tracer.start_span("chat", attributes={"gen_ai.request.model": "gpt-4o"}).end()
    assert seen() == {}
