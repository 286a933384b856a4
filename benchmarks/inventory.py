"""The inventories that are measured: made the same way at every size, for every contestant."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final
from uuid import UUID

import attrs

from model_registry import ModelEntry, Registration, RiskTier, Store, ValidationStatus
from model_registry.domain.changes import Insert, register

TENANT: Final = "org_abc"
ACTOR: Final = "bench@example.com"
SECRET: Final = "a-secret-of-the-benchmarks-and-of-nothing-else"
ENTRIES: Final = 10_000
FREQUENT: Final = "serves"
"""A word that every description holds."""

_A_COMMIT: Final = 25_000
_BEGIN: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
_PROVIDERS: Final = ("openai", "anthropic", "google", "acme")
_TIERS: Final = tuple(RiskTier)
_STATUSES: Final = tuple(ValidationStatus)[:4]
_UNITS: Final = ("retail banking", "markets", "operations", "payments", "wealth", "compliance")
_SYLLABLES: Final = ("ka", "lo", "mi", "ne", "pu", "ra", "so", "te", "vi", "zu")


def rare_word(number: int) -> str:
    """Return the word that the description of this entry shares with nine others."""
    digits = f"{number // 10 * 7_919 % 1_000_003:06d}"
    return "".join(_SYLLABLES[int(digit)] for digit in digits)


def entry_id(number: int) -> str:
    """Return the id of an entry: as scattered as a random one, and the same in each run."""
    return str(UUID(int=random.Random(number).getrandbits(128), version=4))


def inserts(count: int, tenant_id: str = TENANT) -> Iterator[Insert]:
    """Give the registrations of an inventory, oldest first."""
    for number in range(count):
        unit = _UNITS[number % len(_UNITS)]
        registration = Registration(
            model_id=f"model-{number}",
            provider=_PROVIDERS[number % 4],
            display_name=f"Model number {number}",
            risk_tier=_TIERS[number % 4],
            validation_status=_STATUSES[number // 4 % 4],
            owner=f"team-{number % 50}@example.com",
            description=f"Serves use case {number % 200} in {unit}, "
            f"as project {rare_word(number)} asked for",
            tags={"business_unit": unit, "environment": "production"},
        )
        yield register(
            registration,
            tenant_id=tenant_id,
            entry_id=entry_id(number),
            actor=ACTOR,
            at=_BEGIN + timedelta(seconds=7 * number),
        )


def fill(store: Store, count: int, tenant_id: str = TENANT) -> None:
    """Put an inventory into a store, some thousand entries a commit."""
    changes = inserts(count, tenant_id)
    while chunk := list(islice(changes, _A_COMMIT)):
        store.commit(tenant_id, chunk)


def fill_handwritten(path: Path, count: int) -> None:
    """Put the same inventory into the hand-written registry's database."""
    from sqlalchemy import insert

    from benchmarks.handwritten import create_engine_for
    from benchmarks.handwritten_models import Audit, Model

    engine = create_engine_for(f"sqlite:///{path}")
    entries = [change.entry for change in inserts(count)]
    with engine.begin() as connection:
        connection.execute(insert(Model), [_values(entry) for entry in entries])
        connection.execute(
            insert(Audit),
            [
                {
                    "tenant_id": entry.tenant_id,
                    "entry_id": entry.id,
                    "actor": ACTOR,
                    "action": "registered",
                    "changes": {"model_id": entry.model_id},
                }
                for entry in entries
            ],
        )
    engine.dispose()


def _values(entry: ModelEntry) -> dict[str, object]:
    values = attrs.asdict(entry, recurse=False)
    return {
        **values,
        "risk_tier": entry.risk_tier.value,
        "validation_status": entry.validation_status.value,
        "tags": dict(entry.tags),
    }
