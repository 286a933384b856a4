"""The inventory that is measured: 10,000 entries of one tenant in a SQLite file."""

import json
import sqlite3
from pathlib import Path

from model_registry import Registration, open_registry
from model_registry.codec import entry_to_json

ENTRIES = 10_000
TENANT = "org_abc"
ACTOR = "bench@example.com"
SECRET = "a-secret-of-the-benchmarks-and-of-nothing-else"
STATUSES = ("draft", "pending_validation", "in_validation", "validated")


def filled(folder: Path) -> tuple[str, list[str]]:
    """Make the inventory; return its URL and its entries' ids."""
    url = f"sqlite:///{folder}/registry.db"
    ids = []
    with open_registry(url) as registry:
        tenant = registry.tenant(TENANT, ACTOR)
        for number in range(ENTRIES):
            entry = tenant.register(
                Registration(
                    model_id=f"model-{number}",
                    provider=("openai", "anthropic", "google", "acme")[number % 4],
                    display_name=f"Model number {number}",
                    risk_tier=f"tier_{number % 4 + 1}",
                    validation_status=STATUSES[number // 4 % 4],
                    owner=f"team-{number % 50}@example.com",
                    description=f"Serves use case {number % 200} of the benchmarks",
                    tags={"business_unit": f"unit-{number % 20}", "environment": "production"},
                )
            )
            ids.append(entry.id)
    return url, ids


def raw_copy(folder: Path, url: str) -> sqlite3.Connection:
    """Copy the entries into a plain table: what sqlite3 alone can do with them."""
    raw = sqlite3.connect(folder / "raw.db", isolation_level=None)
    raw.execute("PRAGMA journal_mode=WAL")
    raw.execute("PRAGMA synchronous=FULL")
    raw.execute("CREATE TABLE entries (id TEXT PRIMARY KEY, created TEXT, body TEXT, owner TEXT)")
    raw.execute("CREATE TABLE events (number INTEGER PRIMARY KEY, body TEXT)")
    raw.execute("CREATE INDEX newest ON entries (created DESC, id)")
    with open_registry(url) as registry:
        store = registry.tenant(TENANT, ACTOR)
        offset = 0
        raw.execute("BEGIN")
        while entries := store.list(limit=200, offset=offset).entries:
            rows = [
                (e.id, str(e.created_at), json.dumps(entry_to_json(e)), e.owner) for e in entries
            ]
            raw.executemany("INSERT INTO entries VALUES (?, ?, ?, ?)", rows)
            offset += len(entries)
        raw.execute("COMMIT")
    return raw
