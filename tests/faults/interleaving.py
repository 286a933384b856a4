"""
Two commits, one of them held up at each of its steps while the other runs.

What may come of it is asked of the store in memory, which takes one commit after
the other: the outcome must be that of one of the two orders, to the last hash.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from typing import Self

import attrs
from sqlalchemy import event

from model_registry.domain.changes import Change, Seen
from model_registry.domain.replay import rebuild
from model_registry.errors import RegistryError
from model_registry.ports import Store
from model_registry.testing import Draft
from model_registry.testing.fakes import START, listed, told
from model_registry_memory import MemoryStore
from model_registry_sql import SqlStore


@attrs.frozen
class Pair:
    """What is there before, and two commits that were decided upon it."""

    tenant_id: str
    before: list[Change]
    one: list[Change]
    other: list[Change]


def _insert_insert(draft):
    return [], [draft.insert("a")], [draft.insert("a")]


def _first_commits(draft):
    return [], [draft.insert("a")], [draft.insert("b")]


def _first_inserts_crosswise(draft):
    return (
        [],
        [draft.insert("a"), draft.insert("b"), draft.insert("c")],
        [draft.insert("d"), draft.insert("c"), draft.insert("b")],
    )


def _replace_replace(draft):
    known = draft.insert("a")
    one, other = (draft.replace(known.entry, owner=owner) for owner in ("x", "y"))
    return [known], [one], [other]


def _replace_replace_crosswise(draft):
    a, b = draft.insert("a"), draft.insert("b")
    one = [draft.replace(known.entry, owner="x") for known in (a, b)]
    other = [draft.replace(known.entry, owner="y") for known in (b, a)]
    return [a, b], one, other


def _replace_remove(draft):
    known = draft.insert("a")
    return [known], [draft.replace(known.entry, owner="x")], [draft.remove(known.entry)]


def _remove_remove(draft):
    known = draft.insert("a")
    return [known], [draft.remove(known.entry)], [draft.remove(known.entry)]


def _remove_insert(draft):
    known = draft.insert("a")
    return [known], [draft.remove(known.entry)], [draft.insert("a")]


def _swap_insert(draft):
    """On PostgreSQL each waits for the other at one step: a deadlock."""
    known = draft.insert("z")
    return (
        [known],
        [draft.remove(known.entry), draft.insert("a")],
        [draft.insert("a"), draft.insert("z")],
    )


def _seen_replace(draft):
    known = draft.insert("a")
    seen = Seen("a", START + timedelta(days=1))
    return [known], [seen], [draft.replace(known.entry, owner="x")]


def _seen_seen(draft):
    later, earlier = (Seen("a", START + timedelta(days=days)) for days in (2, 1))
    return [draft.insert("a")], [later], [earlier]


def _seen_remove(draft):
    known = draft.insert("a")
    return [known], [Seen("a", START + timedelta(days=1))], [draft.remove(known.entry)]


def _discovery_insert(draft):
    """A discovery that saw a known model and a new one, which somebody registers meanwhile."""
    at = START + timedelta(days=1)
    return [draft.insert("a")], [draft.adopt("b", at), Seen("a", at)], [draft.insert("b")]


PAIRS = {
    make.__name__.strip("_"): make
    for make in (
        _insert_insert,
        _first_commits,
        _first_inserts_crosswise,
        _replace_replace,
        _replace_replace_crosswise,
        _replace_remove,
        _remove_remove,
        _remove_insert,
        _swap_insert,
        _seen_replace,
        _seen_seen,
        _seen_remove,
        _discovery_insert,
    )
}


def pair(name: str, tenant_id: str, *, swapped: bool) -> Pair:
    """Return a pair for a tenant of its own; swapped, the second is the one that is held up."""
    before, one, other = PAIRS[name](Draft(tenant_id))
    return Pair(tenant_id, before, *((other, one) if swapped else (one, other)))


def outcome(store: Store, tenant_id: str, changes: list[Change]) -> object:
    """Return what a commit gives or which error it raises, to be compared."""
    try:
        return store.commit(tenant_id, changes)
    except RegistryError as error:
        return type(error), str(error)


def serial_outcomes(given: Pair) -> list[object]:
    """Return what the two orders make of a pair."""
    outcomes: list[object] = []
    for order in ((0, 1), (1, 0)):
        store = MemoryStore()
        store.commit(given.tenant_id, given.before)
        done: dict[int, object] = {}
        for place in order:
            done[place] = outcome(store, given.tenant_id, (given.one, given.other)[place])
        outcomes.append((done[0], done[1], state(store, given.tenant_id)))
    return outcomes


def state(store: Store, tenant_id: str) -> object:
    """Return all that a store tells of a tenant; it must hold together at any moment."""
    history, entries = told(store, tenant_id), listed(store, tenant_id)
    explained = {key: attrs.evolve(e, last_seen_at=None) for key, e in rebuild(history).items()}
    assert explained == {e.id: attrs.evolve(e, last_seen_at=None) for e in entries}
    return history, entries, store.head(tenant_id)


class HeldUp:
    """
    Calls something once, just before a step of whatever a SQL store does next.

    Steps are the statements and the commit. In SQLite the driver tells of them, BEGIN,
    SAVEPOINT and those of the search index included; in PostgreSQL SQLAlchemy does.
    """

    def __init__(self, store: SqlStore, step: int, meanwhile: Callable[[], None]) -> None:
        self.reached = False
        self._store = store
        self._engine = store._engine
        self._left = step
        self._meanwhile = meanwhile
        self._failed: BaseException | None = None
        if self._engine.dialect.name == "sqlite":
            self._hooks = {"checkout": self._follow, "checkin": self._leave}
        else:
            self._hooks = {"before_cursor_execute": self._step, "commit": self._step}

    def __enter__(self) -> Self:
        self._store._transactions.close()  # what it keeps out of the pool
        for name, hook in self._hooks.items():
            event.listen(self._engine, name, hook)
        return self

    def __exit__(self, *_: object) -> None:
        self._store._transactions.close()
        for name, hook in self._hooks.items():
            event.remove(self._engine, name, hook)
        if self._failed is not None:
            raise self._failed

    def _follow(self, connection: sqlite3.Connection, *_: object) -> None:
        connection.set_trace_callback(self._step)

    def _leave(self, connection: sqlite3.Connection, *_: object) -> None:
        connection.set_trace_callback(None)

    def _step(self, *_: object) -> None:
        self._left -= 1
        if self._left == -1:
            self.reached = True
            try:
                self._meanwhile()
            except BaseException as error:  # the driver would swallow it
                self._failed = error
