"""LiteLLM itself, with answers that it makes up, tells of its calls."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest

from model_registry.adapters.litellm import live_logger

pytestmark = pytest.mark.xdist_group("litellm")

OTEL_MODEL = "gen_ai.request.model"
MESSAGES = [{"role": "user", "content": "What is the customer's account number?"}]


@pytest.fixture(scope="module")
def litellm():
    """LiteLLM, imported once: it takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else it is fetched at import
        import litellm

        patch.setattr(litellm, "suppress_debug_info", True)
        yield litellm


@pytest.fixture
def telling(litellm, seen):
    """Have LiteLLM tell; afterwards it knows of no callback any more."""

    def telling(*tenant, observe=seen.observe):
        litellm.logging_callback_manager._reset_all_callbacks()
        litellm.callbacks = [live_logger(observe, *tenant)]

    yield telling
    litellm.logging_callback_manager._reset_all_callbacks()


def test_each_way_to_call_is_told_of(litellm, telling, seen):
    telling("org_abc")
    began = datetime.now(UTC)
    litellm.completion(model="openai/gpt-4o", messages=MESSAGES, mock_response="x")
    chunks = litellm.completion(
        model="gpt-4o-mini", messages=MESSAGES, mock_response="a b c", stream=True
    )
    assert list(chunks)

    async def calls():
        await litellm.acompletion(
            model="anthropic/claude-3-5-sonnet-20241022", messages=MESSAGES, mock_response="x"
        )
        chunks = await litellm.acompletion(
            model="gemini/gemini-2.0-flash", messages=MESSAGES, mock_response="a b", stream=True
        )
        assert [chunk async for chunk in chunks]
        await litellm.aembedding(model="text-embedding-3-small", input=["x"], mock_response=[0.1])
        await asyncio.sleep(0.5)

    asyncio.run(calls())
    times = seen.until(
        "gpt-4o", "gpt-4o-mini", "claude-3-5-sonnet-20241022", "gemini-2.0-flash",
        "text-embedding-3-small",
    )  # fmt: skip
    assert all(timedelta() <= at - began < timedelta(minutes=1) for at in times.values())


def test_a_call_that_failed_is_no_use_of_a_model(litellm, telling, seen):
    telling("org_abc")
    with pytest.raises(litellm.RateLimitError):
        litellm.completion(
            model="gpt-4o", messages=MESSAGES, mock_response="litellm.RateLimitError"
        )
    litellm.completion(model="gpt-4o-mini", messages=MESSAGES, mock_response="x")
    seen.until("gpt-4o-mini")


def test_a_call_is_counted_once(litellm, telling):
    counted = []
    telling("org_abc", observe=lambda *told: counted.append(told))

    async def call():
        await litellm.acompletion(model="gpt-4o", messages=MESSAGES, mock_response="x")
        await asyncio.sleep(0.5)

    asyncio.run(call())
    litellm.completion(model="gpt-4o", messages=MESSAGES, mock_response="x")
    deadline = monotonic() + 10
    while len(counted) < 2 and monotonic() < deadline:
        sleep(0.02)
    sleep(0.3)
    assert [told[:2] for told in counted] == [("org_abc", "gpt-4o")] * 2


def test_whose_a_call_is_the_payload_tells_or_the_host(litellm, telling, seen):
    telling()
    of_a_team = {"user_api_key_org_id": None, "user_api_key_team_id": "team_7"}
    litellm.completion(model="gpt-4o", messages=MESSAGES, mock_response="x", metadata=of_a_team)
    litellm.completion(
        model="nobodys", messages=MESSAGES, mock_response="x", custom_llm_provider="openai"
    )
    seen.until("gpt-4o", tenant_id="team_7")
    telling(lambda payload: f"{payload['model']} {payload['call_type']}")
    litellm.completion(model="gpt-4o", messages=MESSAGES, mock_response="x")
    seen.until("gpt-4o", tenant_id="gpt-4o completion")  # the call before may be told late


def test_two_loggers_are_two(litellm, telling, seen):
    telling("org_abc")
    litellm.callbacks.append(live_logger(seen.observe, "org_xyz"))
    litellm.completion(model="gpt-4o", messages=MESSAGES, mock_response="x")
    seen.until("gpt-4o")
    seen.until("gpt-4o", tenant_id="org_xyz")


def test_a_tool_of_mcp_is_no_model(litellm):
    counted = []
    logger = live_logger(lambda *told: counted.append(told), "org_abc")
    for call_type in ("call_mcp_tool", "completion"):
        payload = {"call_type": call_type, "model": "gpt-4o", "startTime": 1_773_360_000.5}
        logger.log_success_event({"standard_logging_object": payload}, None, None, None)
    logger.log_success_event({}, None, None, None)
    at = datetime(2026, 3, 13, microsecond=500_000, tzinfo=UTC)
    assert counted == [("org_abc", "gpt-4o", at)]


def test_the_guide_runs_as_it_stands(litellm, telling, tmp_path, monkeypatch):
    """Here, because one of its blocks needs LiteLLM."""
    monkeypatch.chdir(tmp_path)
    guide = Path(__file__).parents[2] / "docs" / "live-observation.md"
    blocks = guide.read_text(encoding="utf-8").split("```python\n")[1:]
    assert len(blocks) == 5
    names = {}
    for block in blocks:
        exec(compile(block.partition("```")[0], guide.name, "exec"), names)
    litellm.completion(model="gpt-4o-mini", messages=MESSAGES, mock_response="x")
    names["provider"].get_tracer("x").start_span("chat", attributes={OTEL_MODEL: "o3-mini"}).end()
    tenant, deadline = names["registry"].tenant("org_abc"), monotonic() + 10
    while not (tenant.find("gpt-4o-mini") and tenant.find("o3-mini") and tenant.find("gpt-4o")):
        assert monotonic() < deadline
        sleep(0.02)
    names["registry"].close()
