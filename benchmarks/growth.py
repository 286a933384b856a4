"""How cost grows: with the entries of a tenant, with tenants, and with the history of an entry."""

from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import attrs

from benchmarks.effort import Effort
from benchmarks.figures import Figure, Row
from benchmarks.inventory import ACTOR, FREQUENT, TENANT, entry_id, fill, inserts, rare_word
from benchmarks.kept import copy_of, kept_store
from benchmarks.turns import Call, in_turns
from model_registry import (
    DEFAULT_LIFECYCLE,
    Amendment,
    Filter,
    Registration,
    Registry,
    RiskTier,
    Store,
    TenantRegistry,
    ValidationStatus,
    open_registry,
)
from model_registry.domain.changes import Replace, amend

ENTRIES: Final = (1_000, 10_000, 100_000, 1_000_000)
TENANTS: Final = (1, 10, 1_000)
EVENTS: Final = (1, 1_000, 100_000)

_A_TENANTS_ENTRIES: Final = 100
_EVENTS_A_COMMIT: Final = 1_000
_SHARE: Final = 0.3


def store_of_entries(count: int) -> Path:
    """Return the database of one tenant with so many entries."""
    return kept_store(f"entries-{count}", partial(fill, count=count))


def store_of_tenants(count: int) -> Path:
    """Return the database of so many tenants; the first one is asked."""

    def put_in(store: Store) -> None:
        for number in range(count):
            fill(store, _A_TENANTS_ENTRIES, f"{TENANT}-{number}")

    return kept_store(f"tenants-{count}", put_in)


def store_of_events(count: int) -> Path:
    """Return the database of one entry that was changed again and again."""

    def put_in(store: Store) -> None:
        (insert,) = inserts(1)
        store.commit(TENANT, [insert])
        entry, done = insert.entry, 1
        while done < count:
            changes: list[Replace] = []
            for number in range(done, min(done + _EVENTS_A_COMMIT, count)):
                changed = Amendment(owner=f"team-{number}@example.com")
                at = datetime.now(UTC)
                change = amend(entry, changed, lifecycle=DEFAULT_LIFECYCLE, actor=ACTOR, at=at)
                changes.append(change)
                entry = change.after
            store.commit(TENANT, changes)
            done += len(changes)

    return kept_store(f"events-{count}", put_in)


def measured(folder: Path, effort: Effort) -> Iterator[Row]:
    """Measure copies of the databases, since what is kept is to stay as it is."""
    once = attrs.evolve(effort, trials=1)
    for part, sizes, store, asked in (
        ("entries", ENTRIES, store_of_entries, _of_entries),
        ("tenants", TENANTS, store_of_tenants, _of_tenants),
        ("events", EVENTS, store_of_events, _of_events),
    ):
        found: dict[str, dict[str, Figure]] = {}
        for size in sizes:
            copy = copy_of(store(size), folder)
            with open_registry(f"sqlite:///{copy}") as registry:
                for name, call in asked(registry, size).items():
                    call(-1)
                    figures = in_turns({"ours": call}, once, share=_SHARE)
                    found.setdefault(name, {})[f"{size:,}"] = figures["ours"]
            for file in folder.glob(f"{copy.name}*"):
                file.unlink()
        for name, by_size in found.items():
            yield Row(part=part, name=name, figures=by_size)


def _of_entries(registry: Registry, size: int) -> dict[str, Call]:
    tenant = registry.tenant(TENANT, ACTOR)
    return {
        **_everyday(tenant, size),
        "list of 50, nine tenths down": lambda _: tenant.list(offset=size * 9 // 10),
        "search, two terms, one rare": lambda n: tenant.list(_rare(n * 7 % size)),
        "search, a frequent term": lambda _: tenant.list(Filter(search=FREQUENT)),
        "search, two characters": lambda _: tenant.list(Filter(search="zu")),
        "filter by provider": lambda _: tenant.list(Filter(provider="anthropic")),
        "filter by tier and status": lambda _: tenant.list(
            Filter(risk_tier=RiskTier.TIER_2, validation_status=ValidationStatus.IN_VALIDATION)
        ),
        "register": lambda n: tenant.register(
            Registration(model_id=f"new-{n}", provider="acme", risk_tier=RiskTier.TIER_4)
        ),
        "CSV export, first chunk": lambda _: _first_of(tenant.export()),
        "CSV export": lambda _: deque(tenant.export(), maxlen=0),
    }


def _of_tenants(registry: Registry, _: int) -> dict[str, Call]:
    return _everyday(registry.tenant(f"{TENANT}-0", ACTOR), _A_TENANTS_ENTRIES)


def _of_events(registry: Registry, size: int) -> dict[str, Call]:
    tenant = registry.tenant(TENANT, ACTOR)
    of_it = partial(tenant.history, entry_id(0))
    return {
        "history, first 50": lambda _: of_it(),
        "history, last 50": lambda _: of_it(offset=max(0, size - 50)),
        **_everyday(tenant, 1),
    }


def _everyday(tenant: TenantRegistry, size: int) -> dict[str, Call]:
    some = [entry_id(number) for number in range(0, size, max(1, size // 1_000))]
    return {
        "get one": lambda n: tenant.get(some[n % len(some)]),
        "list of 50": lambda _: tenant.list(),
        "audited update": lambda n: tenant.update(
            some[n % len(some)], Amendment(owner=f"owner-{n}")
        ),
    }


def _rare(number: int) -> Filter:
    return Filter(search=f"{FREQUENT} {rare_word(number)}")


def _first_of(chunks: Iterator[bytes]) -> bytes:
    return next(chunks)
