"""
Write a sample request log: 90 days of three banks' AI requests, made up but realistic.

    python examples/make_requests.py                  # the log that is shipped
    python examples/make_requests.py --until now -o recent.jsonl

The same arguments give the same bytes. What real logs hold is in here too:
logins, which name no model; failures; ids as every platform spells them; a
model that was retired two months ago; one that appeared last week; rows with an
empty model; and one line that a crash cut in half.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

DAYS = 90
LAST = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
SEED = 20261123


class Use(NamedTuple):
    """How one bank uses one model: so many requests, from one day of the log to another."""

    model: str
    host: str
    requests: int
    action: str = "chat.completion"
    first_day: int = 0
    last_day: int = DAYS


EMBEDDING, RERANK, SCORE = "embedding", "rerank", "score"

BANKS = {
    "org_abc": (
        Use("gpt-4o", "openai", 640),
        Use("gpt-4o-mini", "openai", 410),
        Use("claude-3-5-sonnet-20241022", "anthropic", 260),
        Use("us.anthropic.claude-sonnet-4-20250514-v1:0", "bedrock", 180, first_day=30),
        Use("credit-risk-scorer-v3", "internal", 220, SCORE),
        Use("text-embedding-3-large", "openai", 150, EMBEDDING),
        Use("gemini-2.5-flash", "vertex_ai", 90, first_day=45),
        Use("command-r-plus-08-2024", "cohere", 60),
        Use("meta-llama/Llama-3.3-70B-Instruct", "internal", 75),
        Use("ft:gpt-4o-mini-2024-07-18:abc::9xQz1Lr4", "openai", 45, first_day=60),
        Use("gpt-3.5-turbo-0125", "openai", 70, last_day=35),
        Use("o3-mini", "openai", 18, first_day=84),
    ),
    "org_xyz": (
        Use("azure/gpt-4o", "azure", 310),
        Use(
            "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/"
            "eu.anthropic.claude-3-7-sonnet-20250219-v1:0",
            "bedrock",
            140,
        ),
        Use("claude-3-5-sonnet-v2@20241022", "vertex_ai", 95),
        Use("publishers/google/models/gemini-1.5-pro-002", "vertex_ai", 85),
        Use("embed-multilingual-v3.0", "cohere", 110, EMBEDDING),
        Use("rerank-v3.5", "cohere", 55, RERANK),
        Use("openrouter/openai/gpt-4.1-mini", "openrouter", 40, first_day=50),
        Use("llama3:8b", "internal", 65),
        Use("meta.llama3-1-70b-instruct-v1:0", "bedrock", 30, last_day=70),
        Use("fraud-detector-gpt", "internal", 130, SCORE),
        Use("GPT-4o", "openai", 6, first_day=75),
    ),
    "org_nord": (
        Use("gpt-4o-2024-08-06", "openai", 150),
        Use("models/gemini-2.0-flash", "google", 70),
        Use("anthropic.claude-3-haiku-20240307-v1:0", "bedrock", 60),
        Use("aml-alert-ranker", "internal", 45, SCORE),
    ),
}

LOGINS = {"org_abc": 160, "org_xyz": 110, "org_nord": 40}
PEOPLE = {"org_abc": 60, "org_xyz": 35, "org_nord": 12}
OUTCOMES = {"success": 94, "error": 3, "rate_limited": 2, "blocked": 1}


def events(until: datetime, chance: Random) -> Iterator[dict[str, object]]:
    """Make every event, in no order."""
    for tenant, uses in BANKS.items():
        for use in uses:
            for _ in range(use.requests):
                yield request(tenant, use, until, chance)
        for _ in range(LOGINS[tenant]):
            at = moment(chance.uniform(0, DAYS), until, chance)
            action = chance.choice(("login", "login", "logout", "policy.viewed"))
            yield event(tenant, at, chance, action=action, model=None, provider=None)
    for tenant in ("org_abc", "org_xyz"):
        at = moment(chance.uniform(80, DAYS), until, chance)
        yield event(tenant, at, chance, action="chat.completion", model="", provider="openai")


def request(tenant: str, use: Use, until: datetime, chance: Random) -> dict[str, object]:
    """Make one request to a model."""
    at = moment(chance.uniform(use.first_day, use.last_day), until, chance)
    return {
        **event(tenant, at, chance, action=use.action, model=use.model, provider=use.host),
        "outcome": chance.choices(list(OUTCOMES), list(OUTCOMES.values()))[0],
        "prompt_tokens": int(chance.lognormvariate(6.3, 0.9)),
        "latency_ms": int(chance.lognormvariate(6.8, 0.6)),
    }


def event(
    tenant: str,
    at: datetime,
    chance: Random,
    *,
    action: str,
    model: str | None,
    provider: str | None,
) -> dict[str, object]:
    """Make one event of a platform's audit log."""
    return {
        "request_id": f"req_{chance.getrandbits(48):012x}",
        "timestamp": at.isoformat().replace("+00:00", "Z"),
        "action": action,
        "user_id": f"u_{chance.randrange(PEOPLE[tenant]):03d}",
        "tenant_id": tenant,
        "model": model,
        "provider": provider,
        "outcome": "success",
    }


def moment(day: float, until: datetime, chance: Random) -> datetime:
    """Turn a day of the log into a time, in office hours where the log's ends permit it."""
    start = until - timedelta(days=DAYS)
    at = (start + timedelta(days=day)).replace(microsecond=0)
    office = at.replace(hour=int(min(max(chance.gauss(12.5, 2.5), 6), 20)))
    return office if start <= office < until else at


def lines(until: datetime) -> list[str]:
    """Return the log, a line each, oldest first."""
    chance = Random(SEED)  # noqa: S311  # a sample, not a secret
    made = sorted(
        events(until, chance), key=lambda event: (event["timestamp"], event["request_id"])
    )
    written = [json.dumps(event, separators=(", ", ": ")) for event in made]
    cut = len(written) * 9 // 10
    written[cut] = written[cut][:97]
    return written


def main() -> None:
    """Write the log where the command line says."""
    parser = argparse.ArgumentParser(description="Write a sample request log.")
    parser.add_argument("--until", default=LAST.isoformat(), help="time of the end, or: now")
    parser.add_argument("-o", "--output", default=Path(__file__).with_name("requests.jsonl"))
    given = parser.parse_args()
    now = given.until == "now"
    until = datetime.now(UTC) if now else datetime.fromisoformat(given.until)
    until = until.astimezone(UTC).replace(microsecond=0)
    Path(given.output).write_text("\n".join(lines(until)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
