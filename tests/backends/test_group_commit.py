"""SQLite's writers of one process are committed as groups, and none of them can tell."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Thread

import pytest
from sqlalchemy import event

from model_registry.domain.changes import Seen
from model_registry.errors import (
    ConcurrentUpdate,
    ModelAlreadyExists,
    OutcomeUnknown,
    StoreError,
)
from model_registry.plugins import open_store
from model_registry.registry import Registry
from model_registry.testing import Draft
from model_registry.testing.fakes import START, listed, told
from model_registry_sql.group_commit import GroupCommit

WRITERS = 16


@pytest.fixture
def store(tmp_path):
    with open_store(f"sqlite:///{tmp_path}/registry.db") as store:
        yield store


class Held:
    """Keeps a store's writers waiting, so that they are committed as one group."""

    def __init__(self, store) -> None:
        self._group: GroupCommit = store._transactions._group
        self._going, self._may_go = Event(), Event()
        self._first = Thread(target=self._group.write, args=(self._wait,))

    def _wait(self, _session):
        self._going.set()
        assert self._may_go.wait(30)

    @contextmanager
    def until(self, waiting: int):
        """Hold writers back; let them go at the end, when so many wait."""
        self._first.start()
        assert self._going.wait(30)
        try:
            yield
            self.wait_for(waiting)
        finally:
            self._may_go.set()
            self._first.join(30)

    def wait_for(self, waiting: int) -> None:
        end = time.monotonic() + 30
        while len(self._group._waiting) < waiting:
            assert time.monotonic() < end
            time.sleep(0.001)


def _outcome(store, tenant_id, changes):
    try:
        return store.commit(tenant_id, changes)
    except StoreError as error:
        return error
    except (ModelAlreadyExists, ConcurrentUpdate) as error:
        return type(error)


def _as_a_group(store, commits):
    """Commit some things as one group, and return what each of them met."""
    held = Held(store)
    with ThreadPoolExecutor(len(commits)) as threads:
        with held.until(len(commits)):
            outcomes = []
            for number, (tenant_id, changes) in enumerate(commits, 1):
                outcomes.append(threads.submit(_outcome, store, tenant_id, changes))
                held.wait_for(number)  # in this order
        return [outcome.result(timeout=30) for outcome in outcomes]


def _followed(store):
    """Return a list of the commands that SQLite is given from now on."""
    commands: list[str] = []
    event.listen(
        store._engine, "checkout", lambda driver, *_: driver.set_trace_callback(commands.append)
    )
    store._transactions.close()
    return commands


def test_all_that_wait_are_written_with_one_commit(store):
    commands = _followed(store)
    drafts = [Draft(f"org_{number % 3}") for number in range(WRITERS)]
    commits = [(d.tenant_id, [d.insert(f"m{n}")]) for n, d in enumerate(drafts)]
    outcomes = _as_a_group(store, commits)
    assert commands.count("COMMIT") == 2  # the one that held the others up, and theirs
    assert commands.count("SAVEPOINT one") == commands.count("RELEASE one") == WRITERS
    for tenant_id in {draft.tenant_id for draft in drafts}:
        acknowledged = [
            o for (own, _), o in zip(commits, outcomes, strict=True) if own == tenant_id
        ]
        assert [sealed for (sealed,) in acknowledged] == told(store, tenant_id)
        assert Registry(store).tenant(tenant_id).verify().intact


def test_one_that_is_refused_does_not_touch_its_neighbours(store):
    draft = Draft()
    known = draft.insert("known")
    store.commit("org_abc", [known])
    stale = draft.replace(known.entry, owner="stale")
    good = [draft.insert("a"), draft.replace(known.entry, owner="first"), draft.insert("b")]
    outcomes = _as_a_group(
        store,
        [
            ("org_abc", [good[0]]),
            ("org_abc", [draft.insert("c"), draft.insert("known")]),
            ("org_abc", [good[1]]),
            ("org_abc", [draft.insert("d"), stale]),
            ("org_abc", [good[2], Seen("a", START)]),
        ],
    )
    assert outcomes[1] is ModelAlreadyExists
    assert outcomes[3] is ConcurrentUpdate
    assert [o[0].sequence for o in (outcomes[0], outcomes[2], outcomes[4])] == [2, 3, 4]
    assert {entry.model_id for entry in listed(store)} == {"known", "a", "b"}
    assert Registry(store).tenant("org_abc").verify().intact


def _refusing(store, command):
    """Let the disk be full at the next such command; the transaction is undone, as SQLite does."""
    real = store._transactions._borrow
    refused = []

    class Driver:
        def __init__(self, driver):
            self._driver = driver

        def __getattr__(self, name):
            return getattr(self._driver, name)

        def execute(self, text, *values):
            if text.startswith(command) and not refused:
                refused.append(text)
                self._driver.execute("ROLLBACK")
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorname = "SQLITE_FULL"
                raise error
            return self._driver.execute(text, *values)

    class Pooled:
        def __init__(self, pooled):
            self._pooled = pooled
            self.dbapi_connection = Driver(pooled.dbapi_connection)

        def close(self):
            self._pooled.close()

    store._transactions._borrow = lambda: Pooled(real())
    return refused


@pytest.mark.parametrize("command", ["COMMIT", "INSERT INTO model_registry_events"])
def test_where_the_disk_refuses_the_group_nobody_is_told_otherwise(store, command):
    draft = Draft()
    store.commit("org_abc", [draft.insert("known")])
    before = (listed(store), told(store), store.head("org_abc"))
    store._transactions.close()
    held = Held(store)
    commits = [[draft.insert(f"m{number}")] for number in range(WRITERS)]
    with ThreadPoolExecutor(WRITERS) as threads:
        with held.until(WRITERS):
            outcomes = [threads.submit(_outcome, store, "org_abc", each) for each in commits]
            held.wait_for(WRITERS)
            refused = _refusing(store, command)
        met = [outcome.result(timeout=30) for outcome in outcomes]
    assert refused
    assert {str(error) for error in met} == {"The store could not be written: the disk is full"}
    assert (listed(store), told(store), store.head("org_abc")) == before
    store.commit("org_abc", commits[0])
    assert store.head("org_abc").sequence == 2


class _Uncopyable(Exception):
    def __init__(self, one, other):
        super().__init__(f"{one} {other}")


def test_whatever_fails_a_group_fails_all_of_it():
    """An error need not be one that can be made anew from what it says."""

    class Session:
        in_transaction = True

        def command(self, _text):
            pass

    @contextmanager
    def failing_at_the_end():
        yield Session()
        raise _Uncopyable("one", "other")

    group = GroupCommit(failing_at_the_end)
    with group._turn, ThreadPoolExecutor(3) as threads:
        jobs = [threads.submit(group.write, lambda _session: "written") for _ in range(3)]
        while len(group._waiting) < 3:
            time.sleep(0.001)
        group._turn.release()
        try:
            errors = [job.exception(timeout=30) for job in jobs]
        finally:
            group._turn.acquire()
    assert [type(error) for error in errors] == [_Uncopyable] * 3


INTERRUPTED = """
import os, signal, sys, threading, time
from model_registry.plugins import open_store
from model_registry.testing import Draft
from model_registry.testing.fakes import listed

with open_store(sys.argv[1]) as store:
    group, draft = store._transactions._group, Draft()
    going, may_go = threading.Event(), threading.Event()

    def hold(_session):
        going.set()
        may_go.wait(30)

    def interrupt():
        while not group._waiting:
            time.sleep(0.001)
        os.kill(os.getpid(), signal.SIGINT)

    first = threading.Thread(target=group.write, args=(hold,))
    first.start()
    going.wait(30)
    threading.Thread(target=interrupt).start()
    try:
        store.commit("org_abc", [draft.insert("given up")])
    except KeyboardInterrupt:
        print("interrupted")
    may_go.set()
    first.join()
    store.commit("org_abc", [draft.insert("later")])
    print([entry.model_id for entry in listed(store)])
"""


def test_who_is_interrupted_while_waiting_is_not_written_later(tmp_path):
    said = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, f"sqlite:///{tmp_path}/registry.db"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert said.stdout.splitlines() == ["interrupted", "['later']"]


def test_who_is_interrupted_while_writing_leaves_the_others_in_doubt(store):
    """The interruption may have come before the commit or after it."""
    draft = Draft()

    def interrupted(_session):
        raise KeyboardInterrupt

    group = store._transactions._group
    held = Held(store)
    with ThreadPoolExecutor(2) as threads:
        with held.until(2):
            leader = threads.submit(group.write, interrupted)
            held.wait_for(1)
            other = threads.submit(_outcome, store, "org_abc", [draft.insert("a")])
        failures = {type(leader.exception(timeout=30)), type(other.result(timeout=30))}
    assert OutcomeUnknown in failures
    assert listed(store) == []
    store.commit("org_abc", [draft.insert("a")])
    assert store.head("org_abc").sequence == 1
