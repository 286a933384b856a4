"""Provider inference: ids as every platform spells them, and names that only look like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_registry import (
    DEFAULT_PROVIDERS,
    EXTENDED_PROVIDERS,
    ProviderTable,
    infer_provider,
)

IDS = {
    "openai": """
        gpt-4o gpt-4o-2024-08-06 o3-mini o1 o1-preview-2024-09-12
        ft:gpt-4o-mini-2024-07-18:acme::abc azure/gpt-4o openrouter/openai/gpt-4o GPT-4
        gpt-35-turbo text-embedding-3-small text-embedding-ada-002 text-davinci-003
        davinci-002 whisper-1 tts-1-hd dall-e-3 openai.gpt-oss-120b-1:0 gpt-oss:20b
        chatgpt-4o-latest openai/whatever curie:ft-acme-2021 babbage-002
        o4-mini-deep-research omni-moderation-latest
        azureml://registries/azure-openai/models/gpt-4o/versions/2024-08-06
        databricks-gpt-oss-120b gpt-image-1 sora-2 gpt-realtime code-davinci-002
        ft:davinci-002:acme:x:1
    """,
    "anthropic": """
        claude-3-5-sonnet-20241022 anthropic.claude-3-5-sonnet-20241022-v2:0
        us.anthropic.claude-3-haiku-20240307-v1:0
        arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-3-5-sonnet-20241022-v2:0
        arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-v2 claude-v1
        claude-instant-1.2 claude-2.1 claude claude-3-5-sonnet@20240620
        publishers/anthropic/models/claude-opus-4@20250514 anthropic/claude-3.5-sonnet:beta
        bedrock/us.anthropic.claude-x Claude-3-Opus vertex_ai/claude-3-opus@20240229
        databricks-claude-sonnet-4 us-gov.anthropic.claude-3-haiku-20240307-v1:0
    """,
    "google": """
        gemini-1.5-pro models/gemini-1.5-flash-001 gemini/gemini-pro
        google/gemini-2.0-flash-001 gemma-2-9b-it gemma:7b gemma2:9b text-bison@002
        chat-bison textembedding-gecko@003 text-embedding-004
        text-multilingual-embedding-002 imagen-3.0-generate-002 veo-2.0 palm-2
        publishers/google/models/gemini-2.5-pro google.gemma-3-27b-it codegemma:7b
        embedding-001 gemini-embedding-001 google/flan-t5-xxl medlm-large
        projects/p/locations/us/publishers/google/models/foo multimodalembedding@001
        gemma3n:e4b imagegeneration@006 code-gecko@001
    """,
    "cohere": """
        command command-r command-r-plus-08-2024 cohere.command-r-v1:0
        cohere.embed-english-v3 embed-multilingual-v3.0 rerank-english-v3.0 rerank-v3.5
        embed-v4.0 Cohere-command-r-plus-08-2024 CohereForAI/c4ai-command-r-v01
        c4ai-aya-expanse-32b command-a-03-2025 command-r7b-12-2024 command-light-nightly
        cohere/foo aya:8b command-r:35b
    """,
    "meta": """
        llama3:8b meta-llama/Llama-3.3-70B-Instruct meta.llama3-1-70b-instruct-v1:0
        us.meta.llama3-2-90b-instruct-v1:0 Meta-Llama-3.1-405B-Instruct
        accounts/fireworks/models/llama-v3p1-70b-instruct @cf/meta/llama-3-8b-instruct
        llama-3.1-8b-instant llama2 codellama:7b codellama/CodeLlama-34b-Instruct-hf
        llama-guard-3-8b groq/llama3-70b-8192 databricks-meta-llama-3-1-70b-instruct
        meta/llama-3.1-405b-instruct-maas registry.ollama.ai/library/llama3
        Llama-4-Scout-17B-16E-Instruct openai/llama-3-70b
        replicate/meta/meta-llama-3-70b-instruct llama3.1-70b
    """,
    "unknown": """
        llm-router-2 fraud-detector-gpt my-claude-like-thing command-center-bot
        gpt4all-falcon gpt-neo-2.7b gpt-j-6b mistral-large o1research credit-scorer
        internal/scorer-v3 amazon.titan-text-express-v1 deepseek-r1-distill-llama-70b
        qwen2.5:7b gemini-trade-scorer azure/my-deployment llamaindex-agent ada-scoring-v2
        embedding-service veolia imagenet-classifier tts-router
        arn:aws:bedrock:us-east-1:1:application-inference-profile/abc123 embed-faq
        rerank-bot meta-learner-v2 metadata-extractor openaire-scorer aya-hr-bot
        googlebot-detector anthropic-principle cohere cohere-ish commander optimizer-2
        opt-out-classifier whisper-detector palm-reader sonar-3 claudette-v1 gpt
    """,
}


@pytest.mark.parametrize(
    ("model_id", "provider"), [(m, p) for p, ids in IDS.items() for m in ids.split()]
)
def test_the_vendor_is_told_from_the_id(model_id, provider):
    assert infer_provider(model_id) == provider
    assert infer_provider(f"  {model_id.upper()} ") == provider


def test_more_vendors_are_opt_in():
    expected = {
        "mistral-large-latest": "mistral",
        "us.deepseek.r1-v1:0": "deepseek",
        "deepseek-r1-distill-llama-70b": "deepseek",
        "amazon.nova-pro-v1:0": "amazon",
        "qwen2.5:7b": "alibaba",
        "x-ai/grok-4": "xai",
        "nvidia/llama-3.1-nemotron-70b-instruct": "nvidia",
        "gpt-4o": "openai",
        "credit-scorer": "unknown",
    }
    assert {m: infer_provider(m, EXTENDED_PROVIDERS) for m in expected} == expected


def test_a_hosts_own_patterns_come_first():
    table = DEFAULT_PROVIDERS.preceded_by({"acme-bank": r"(?:fraud|gpt-4o-acme)-?"})
    assert table.infer("GPT-4o-acme-2") == "acme-bank"
    assert table.infer("gpt-4o") == "openai"
    assert table.preceded_by({"other": "fraud-"}).infer("fraud-x") == "other"


def test_a_table_may_be_all_of_a_hosts_own_with_groups_and_flags_in_its_patterns():
    families = {"fraud": r"(?P<kind>fraud|f)-(scorer|(\d))", "credit": r"(?x: credit - (a|b) )"}
    table = ProviderTable(families, {"risk lab": ("lab+", "risk")})
    expected = {
        "fraud-7": "fraud",
        "hub/f-scorer": "fraud",
        "lab+.credit-b": "credit",
        "us.risk.something": "risk lab",
        "lab+/something": "risk lab",
        "lab.something": "unknown",
        "gpt-4o": "unknown",
        "": "unknown",
    }
    assert {m: table.infer(m) for m in expected} == expected
    assert ProviderTable({}, {"a": ("b",)}).infer("b.c") == "a"
    assert ProviderTable({"a": "b"}, {}).infer("b.c") == "a"
    assert ProviderTable({}, {}).infer(".b.c") == "unknown"


def test_what_hosts_put_before_a_name_is_taken_off_its_start_only():
    assert infer_provider("databricks-claude-sonnet-4") == "anthropic"
    assert infer_provider("anthropic-databricks-claude-scorer") == "unknown"


@given(st.text(max_size=600))
def test_any_text_has_an_answer(model_id):
    assert infer_provider(model_id) in {
        "openai", "anthropic", "google", "cohere", "meta", "unknown"
    }  # fmt: skip
