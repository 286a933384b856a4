"""PostgreSQL: the connection breaks around a COMMIT, and the store still knows what became of it."""

from __future__ import annotations

import tempfile
from itertools import count
from pathlib import Path

import psycopg
import pytest
from interleaving import HeldUp
from lossy_wire import LossyWire
from sqlalchemy import make_url

from model_registry.domain.changes import Seen
from model_registry.errors import OutcomeUnknown
from model_registry.plugins import open_store
from model_registry.testing import Draft
from model_registry.testing.fakes import START, listed, told


@pytest.fixture
def wire(postgresql):
    with tempfile.TemporaryDirectory(prefix="wire-", dir="/tmp") as folder:
        wire = LossyWire(postgresql.folder, Path(folder))
        wire.folder = folder
        yield wire
        wire.close()


@pytest.fixture
def store(new_postgresql_url, wire):
    url = make_url(new_postgresql_url()).update_query_dict({"host": wire.folder})
    with open_store(url.render_as_string(hide_password=False)) as store:
        yield store


@pytest.mark.parametrize("breaks", ["before", "after"])
@pytest.mark.parametrize("first", [True, False], ids=["first", "later"])
def test_a_commit_is_written_once_wherever_the_connection_breaks(store, wire, first, breaks):
    draft = Draft()
    earlier = () if first else store.commit("org_abc", [draft.insert("known")])
    insert = draft.insert("new")
    wire.breaks = breaks
    sealed = store.commit("org_abc", [insert])
    assert wire.breaks is None
    assert told(store) == [*earlier, *sealed]
    assert insert.entry in listed(store)
    assert store.head("org_abc").revision == len(earlier) + 1


def test_where_nobody_can_know_the_error_says_so(store, wire):
    draft = Draft()
    store.commit("org_abc", [draft.insert("known")])
    wire.breaks, wire.then_gone = "after", True
    with pytest.raises(OutcomeUnknown, match="not known whether it was written"):
        store.commit("org_abc", [draft.insert("new")])


@pytest.mark.parametrize("breaks", ["before", "after"])
def test_an_observation_is_simply_made_again(store, wire, breaks):
    store.commit("org_abc", [Draft().insert("known")])
    wire.breaks = breaks
    store.commit("org_abc", [Seen("known", START)])
    assert listed(store)[0].last_seen_at == START


CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim'"


def test_a_connection_that_is_cut_at_any_step_of_a_commit_is_replaced(new_postgresql_url):
    url = new_postgresql_url()
    with (
        open_store(f"{url}&application_name=victim") as store,
        psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as other,
    ):
        for step in count():
            draft = Draft(f"org_{step}")
            known, new = draft.insert("known"), draft.insert("new")
            store.commit(draft.tenant_id, [known])
            replace = draft.replace(known.entry, owner="risk")
            with HeldUp(store, step, lambda: other.execute(CUT)) as cut:
                store.commit(draft.tenant_id, [replace, new])
            assert listed(store, draft.tenant_id) == [new.entry, replace.after]
            assert store.head(draft.tenant_id).revision == 2
            if not cut.reached:
                break
        assert step > 5
