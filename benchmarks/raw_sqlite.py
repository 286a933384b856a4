"""What sqlite3 alone can do with the same rows: an entry's, its event's and the tenant's head."""

import csv
import json
import sqlite3
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

from benchmarks.inventory import ACTOR, TENANT, inserts
from model_registry.codec import entry_to_json

_COLUMNS: Final = (
    "tenant_id", "id", "model_id", "provider", "display_name", "risk_tier", "validation_status",
    "owner", "description", "tags", "last_seen_at", "created_at", "updated_at",
)  # fmt: skip
_SHOWN: Final = ", ".join(_COLUMNS)
_EXPORTED: Final = _COLUMNS[1:]
_SCHEMA: Final = f"""
    CREATE TABLE entries ({_SHOWN}, PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, model_id));
    CREATE INDEX newest ON entries (tenant_id, created_at DESC, id);
    CREATE TABLE events (tenant_id, sequence, at, actor, action, entry_id, model_id, changes,
        previous_hash, hash, PRIMARY KEY (tenant_id, sequence));
    CREATE INDEX of_entry ON events (tenant_id, entry_id, sequence);
    CREATE TABLE heads (tenant_id PRIMARY KEY, revision, sequence, hash);
"""
_ADD_ENTRY: Final = f"INSERT INTO entries VALUES ({', '.join('?' * len(_COLUMNS))})"
_ADD_EVENT: Final = f"INSERT INTO events VALUES ({', '.join('?' * 10)})"


def make(path: Path, count: int) -> None:
    """Make the inventory's rows; the events of its registrations are left out."""
    with Raw(path) as raw:
        raw.connection.executescript(_SCHEMA)
        raw.connection.execute("BEGIN")
        raw.connection.execute("INSERT INTO heads VALUES (?, 0, 0, ?)", (TENANT, "0" * 64))
        entries = (entry_to_json(change.entry) for change in inserts(count))
        raw.connection.executemany(_ADD_ENTRY, (_row(entry) for entry in entries))
        raw.connection.execute("COMMIT")


def _row(entry: dict[str, Any]) -> list[Any]:
    return [*({**entry, "tags": json.dumps(entry["tags"])}[name] for name in _COLUMNS)]


class Raw:
    """A connection as durable as ours: WAL, on disk at commit."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def get(self, entry_id: str) -> tuple[Any, ...]:
        query = f"SELECT {_SHOWN} FROM entries WHERE tenant_id = ? AND id = ?"
        row: tuple[Any, ...] = self.connection.execute(query, (TENANT, entry_id)).fetchone()
        return row

    def page(self, offset: int) -> object:
        total = "SELECT count(*) FROM entries WHERE tenant_id = ?"
        query = (
            f"SELECT {_SHOWN} FROM entries WHERE tenant_id = ? "
            "ORDER BY created_at DESC, id LIMIT 50 OFFSET ?"
        )
        return (
            self.connection.execute(total, (TENANT,)).fetchone(),
            self.connection.execute(query, (TENANT, offset)).fetchall(),
        )

    def update(self, entry_id: str, owner: str, at: str) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        before = self.get(entry_id)
        statement = "UPDATE entries SET owner = ?, updated_at = ? WHERE tenant_id = ? AND id = ?"
        self.connection.execute(statement, (owner, at, TENANT, entry_id))
        changes = {"owner": {"from": before[7], "to": owner}}
        self._record(entry_id, before[2], "updated", changes, at)
        self.connection.execute("COMMIT")

    def register(self, entry: dict[str, Any], at: str) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.execute(_ADD_ENTRY, _row(entry))
        changes = {name: {"from": None, "to": value} for name, value in entry.items()}
        self._record(entry["id"], entry["model_id"], "registered", changes, at)
        self.connection.execute("COMMIT")

    def export(self, path: str) -> None:
        query = (
            f"SELECT {', '.join(_EXPORTED)} FROM entries WHERE tenant_id = ? "
            "ORDER BY created_at DESC, id"
        )
        with open(path, "w", newline="") as file:  # noqa: PTH123  # a device's path
            writer = csv.writer(file)
            writer.writerow(_EXPORTED)
            writer.writerows(self.connection.execute(query, (TENANT,)))

    def _record(
        self, entry_id: str, model_id: str, action: str, changes: dict[str, Any], at: str
    ) -> None:
        query = "SELECT revision, sequence, hash FROM heads WHERE tenant_id = ?"
        revision, sequence, last = self.connection.execute(query, (TENANT,)).fetchone()
        event = {
            "tenant_id": TENANT,
            "sequence": sequence + 1,
            "at": at,
            "actor": ACTOR,
            "action": action,
            "entry_id": entry_id,
            "model_id": model_id,
            "changes": changes,
            "previous_hash": last,
        }
        hashed = sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()
        row = [*({**event, "changes": json.dumps(changes)}.values()), hashed]
        self.connection.execute(_ADD_EVENT, row)
        self.connection.execute(
            "UPDATE heads SET revision = ?, sequence = ?, hash = ? WHERE tenant_id = ?",
            (revision + 1, sequence + 1, hashed, TENANT),
        )
