"""The registry called from Python, beside sqlite3 alone and beside a dict."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Final

from benchmarks import raw_sqlite
from benchmarks.effort import Effort
from benchmarks.figures import Row
from benchmarks.inventory import ACTOR, ENTRIES, TENANT, entry_id
from benchmarks.machine import LOAD_CORE, pinned
from benchmarks.turns import Call, in_turns
from model_registry import (
    Amendment,
    Registration,
    Registry,
    RiskTier,
    TenantRegistry,
    open_registry,
)
from model_registry.codec import entry_to_json

_AT: Final = "2026-11-24T09:00:00.000000Z"
_LOOK_UPS: Final = 1_000


def measured(folder: Path, url: str, effort: Effort) -> Iterator[Row]:
    """
    Measure the use cases on an inventory of ``ENTRIES``, which they change.

    Args:
        folder: for the database of sqlite3 alone.
        url: of our store.
        effort: how long.
    """
    raw_sqlite.make(folder / "raw.db", ENTRIES)
    with (
        pinned(LOAD_CORE),
        open_registry(url) as registry,
        raw_sqlite.Raw(folder / "raw.db") as raw,
    ):
        tenant = registry.tenant(TENANT, ACTOR)
        yield _tiers(registry, effort)
        for name, ours, theirs in _pairs(tenant, raw):
            yield Row(
                part="process",
                name=name,
                figures=in_turns({"ours": ours, "sqlite3": theirs}, effort, share=0.5),
            )
        yield _observed(registry, effort)


def _pairs(tenant: TenantRegistry, raw: raw_sqlite.Raw) -> Iterator[tuple[str, Call, Call]]:
    ids = [entry_id(number) for number in range(0, ENTRIES, 10)]
    some = len(ids)
    sample = entry_to_json(tenant.get(ids[0]))
    fresh = count()

    def update(number: int) -> object:
        return tenant.update(ids[number % some], Amendment(owner=f"owner-{number}"))

    def raw_update(number: int) -> None:
        raw.update(ids[number % some], f"owner-{number}", _AT)

    def register(number: int) -> object:
        return tenant.register(
            Registration(
                model_id=f"in-process-{number}",
                provider=sample["provider"],
                display_name=sample["display_name"],
                risk_tier=RiskTier.TIER_4,
                owner=sample["owner"],
                description=sample["description"],
                tags=sample["tags"],
            )
        )

    def raw_register(_: int) -> None:
        number = ENTRIES + next(fresh)
        new = {"id": entry_id(number), "model_id": f"model-{number}"}
        raw.register({**sample, **new}, _AT)

    yield "get one", lambda n: tenant.get(ids[n % some]), lambda n: raw.get(ids[n % some])
    yield (
        "list of 50",
        lambda n: tenant.list(limit=50, offset=n % 20 * 50),
        lambda n: raw.page(n % 20 * 50),
    )
    yield "audited update", update, raw_update
    yield "register", register, raw_register


def _tiers(registry: Registry, effort: Effort) -> Row:
    """Look tiers up as a policy engine does, of registered models, many times in a row."""
    asked = [f"model-{number}" for number in range(0, ENTRIES, ENTRIES // _LOOK_UPS)]
    tier = registry.risk_tiers()
    known = {(TENANT, model_id): tier(TENANT, model_id) for model_id in asked}

    def ours(_: int) -> None:
        for model_id in asked:
            tier(TENANT, model_id)

    def theirs(_: int) -> None:
        for model_id in asked:
            known[TENANT, model_id]

    figures = in_turns({"ours": ours, "dict": theirs}, effort, batch=_LOOK_UPS, share=0.5)
    tier.close()
    return Row(part="process", name="risk_tier", figures=figures)


def _observed(registry: Registry, effort: Effort) -> Row:
    """Tell of requests as a gateway does, of known models, beside counting them in a dict."""
    told = [f"model-{number}" for number in range(0, ENTRIES, ENTRIES // _LOOK_UPS)]
    counts: dict[tuple[str, str], int] = {}

    def ours(_: int) -> None:
        for model_id in told:
            registry.observe(TENANT, model_id)

    def theirs(_: int) -> None:
        for model_id in told:
            counts[TENANT, model_id] = counts.get((TENANT, model_id), 0) + 1

    figures = in_turns({"ours": ours, "dict": theirs}, effort, batch=_LOOK_UPS, share=0.5)
    return Row(part="process", name="observe", figures=figures)
