"""The registry called from Python, beside sqlite3 alone."""

import json
from itertools import count
from pathlib import Path

from benchmarks.inventory import ACTOR, TENANT, raw_copy
from benchmarks.timing import Timing, timed
from model_registry import Amendment, Registration, open_registry

Row = tuple[str, Timing, Timing]


def measured(folder: Path, url: str, ids: list[str]) -> list[Row]:
    """Return for each operation our timing and that of sqlite3 alone."""
    raw = raw_copy(folder, url)
    numbers = count()

    def raw_get(n: int) -> object:
        query = "SELECT body FROM entries WHERE id = ?"
        return json.loads(raw.execute(query, (ids[n % len(ids)],)).fetchone()[0])

    def raw_list(n: int) -> object:
        total = raw.execute("SELECT count(*) FROM entries").fetchone()
        query = "SELECT body FROM entries ORDER BY created DESC, id LIMIT 50 OFFSET ?"
        return total, [json.loads(body) for (body,) in raw.execute(query, (n % 20 * 50,))]

    def raw_write(statement: str, *values: str) -> None:
        raw.execute("BEGIN IMMEDIATE")
        raw.execute(statement, values)
        raw.execute("INSERT INTO events (body) VALUES (?)", (json.dumps(values),))
        raw.execute("COMMIT")

    def raw_update(n: int) -> None:
        raw_write("UPDATE entries SET owner = ? WHERE id = ?", f"o{n}", ids[n % len(ids)])

    def raw_register(n: int) -> None:
        raw_write("INSERT INTO entries VALUES (?, ?, '{}', '')", f"raw-{n}", str(n))

    def raw_export(_: int) -> object:
        return [body for (body,) in raw.execute("SELECT body FROM entries ORDER BY created")]

    with open_registry(url) as registry:
        tenant = registry.tenant(TENANT, ACTOR)

        def update(n: int) -> object:
            return tenant.update(ids[n % len(ids)], Amendment(owner=f"owner-{n}"))

        def register(_: int) -> object:
            model_id = f"in-process-{next(numbers)}"
            made = Registration(model_id=model_id, provider="acme", risk_tier="tier_4")
            return tenant.register(made)

        pairs = [
            ("get one", lambda n: tenant.get(ids[n % len(ids)]), raw_get),
            ("risk_tier", lambda n: tenant.risk_tier(f"model-{n % len(ids)}"), raw_get),
            ("list of 50", lambda n: tenant.list(limit=50, offset=n % 20 * 50), raw_list),
            ("audited update", update, raw_update),
            ("register", register, raw_register),
            ("CSV export of 10,000", lambda _: b"".join(tenant.export()), raw_export),
        ]
        return [(name, timed(ours), timed(other)) for name, ours, other in pairs]
