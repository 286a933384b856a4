"""An inventory of the first schema is refused, upgraded with all that it holds, and goes on."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import attrs
import pytest
from agreement import assert_agreed
from sqlalchemy import column, create_engine, insert, table, text

from model_registry.domain.changes import Seen
from model_registry.domain.lifecycle import RiskTier, ValidationStatus
from model_registry.errors import DamagedData, SchemaOutdated, StoreError
from model_registry.plugins import open_store
from model_registry.registry import Registry
from model_registry.testing import Draft
from model_registry.testing.fakes import listed, told
from model_registry.testing.strategies import TELLING
from model_registry_memory import MemoryStore
from model_registry_sql.migrating import _run, sql, upgrade
from model_registry_sql.rows import entry_values, event_values
from model_registry_sql.schema import Place, Tables
from model_registry_sql.transactions import transactions_of

TENANTS = ("org_abc", "org_xyz", "Öрг 🦙")
FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)
LATER = ("number", "document", "line")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "postgresql":
        return request.getfixturevalue("new_postgresql_url")()
    return f"sqlite:///{tmp_path}/registry.db"


def _filled():
    """Return what is to be in the database, in a store that has no schema."""
    store = MemoryStore()
    for tenant_id in TENANTS:
        draft = Draft(tenant_id)
        known = [draft.insert(name, provider="ﬁrst", tags={name: name}) for name in TELLING]
        at_first, at_last = (Draft(tenant_id, lambda at=at: at) for at in (FIRST, LAST))
        odd = [
            at_first.insert("=1+1", owner="@x", description="a\u001fb\r\n\"c\" 'd', %"),
            at_first.insert("at the same time"),
            at_last.insert("x" * 512, description="字" * 10_000, risk_tier=RiskTier.TIER_1),
        ]
        gone = draft.insert("gone")
        store.commit(tenant_id, [*known, *odd, gone])
        replaced = draft.replace(
            known[0].entry, validation_status=ValidationStatus.PENDING_VALIDATION, provider="ACME"
        )
        seen = Seen("=1+1", datetime(2026, 4, 1, microsecond=1, tzinfo=UTC))
        store.commit(tenant_id, [replaced, draft.remove(gone.entry), seen])
    return store


def _write_first_schema(url, store, tenants=TENANTS):
    """Make the database that the first schema's code would have left."""
    engine = create_engine(url)
    tables = Tables.at(Place(), engine.dialect.name)
    with transactions_of(engine).changing_schema(Place()) as connection:
        _run("0001", Place(), connection=connection)
        for tenant_id in tenants:
            entries = [entry_values(entry) for entry in listed(store, tenant_id)]
            names = [name for name in entries[0] if name not in LATER]
            rows = [{name: entry[name] for name in names} for entry in entries]
            known = table(
                tables.entries.name, *(column(n, tables.entries.c[n].type) for n in names)
            )
            connection.execute(insert(known), rows)
            connection.execute(
                insert(tables.events), list(map(event_values, told(store, tenant_id)))
            )
            head = store.head(tenant_id)
            connection.execute(
                insert(tables.heads).values(tenant_id=tenant_id, **attrs.asdict(head))
            )
    engine.dispose()


def test_everything_is_as_it_was_and_goes_on(url):
    expected = _filled()
    _write_first_schema(url, expected)
    with pytest.raises(
        SchemaOutdated,
        match=r"revision 0001 and this version needs 0002; run: model-registry db up",
    ):
        open_store(url)
    with pytest.raises(StoreError, match=r"which no SQL can do; run.*: model-registry db upgrade"):
        sql(url, since="0001")
    assert upgrade(url).found == "0001"
    with open_store(url) as store:
        assert_agreed(store, expected, TENANTS)
        for tenant_id in TENANTS:
            draft = Draft(tenant_id)
            before, *_, last = listed(expected, tenant_id)
            changes = [
                draft.insert("new", description="straße"),
                draft.replace(before, description=None, display_name="%_"),
                draft.remove(last),
            ]
            for each in (store, expected):
                each.commit(tenant_id, changes)
        assert_agreed(store, expected, (*TENANTS, "org_new"))


def test_in_sqlite_each_tenants_entries_lie_together_oldest_first(tmp_path):
    url = f"sqlite:///{tmp_path}/registry.db"
    expected = _filled()
    _write_first_schema(url, expected)
    upgrade(url)
    engine = create_engine(url)
    with engine.connect() as connection:
        numbers = "SELECT tenant_id, id, number FROM model_registry_entries ORDER BY number"
        rows = connection.execute(text(numbers)).all()
    engine.dispose()
    assert len({(row.tenant_id, row.number >> 40) for row in rows}) == len(TENANTS)
    for tenant_id in TENANTS:
        own = [row for row in rows if row.tenant_id == tenant_id]
        oldest_first = [entry.id for entry in reversed(listed(expected, tenant_id))]
        assert [row.id for row in own] == oldest_first
        assert [row.number & (1 << 40) - 1 for row in own] == list(range(len(own)))


def test_an_entry_that_is_none_stops_the_upgrade_and_nothing_is_changed(url):
    _write_first_schema(url, _filled())
    engine = create_engine(url)
    damaged = "UPDATE model_registry_entries SET tags = :tags WHERE model_id = '=1+1'"
    with engine.begin() as connection:
        connection.execute(text(damaged), {"tags": "[1]"})
    with pytest.raises(DamagedData, match=r"The stored entry .* is damaged"):
        upgrade(url)
    with pytest.raises(SchemaOutdated, match="has schema revision 0001"):
        open_store(url)
    with engine.begin() as connection:
        connection.execute(text(damaged), {"tags": "{}"})
    engine.dispose()
    upgrade(url)
    with open_store(url) as store:
        assert Registry(store).tenant("org_abc").verify().intact


def test_what_was_found_to_be_edited_still_is(url):
    expected = _filled()
    _write_first_schema(url, expected)
    engine = create_engine(url)
    edits = (
        "folded_provider = 'other'",
        "search_text = 'other'",
        "provider = 'other'",
        "owner = 'other'",
    )
    edited = [entry.id for entry in listed(expected, "org_abc")[: len(edits)]]
    with engine.begin() as connection:
        for edit, entry_id in zip(edits, edited, strict=True):
            change = text(f"UPDATE model_registry_entries SET {edit} WHERE id = :id")
            connection.execute(change, {"id": entry_id})
    engine.dispose()
    upgrade(url)
    with open_store(url) as store:
        report = Registry(store).tenant("org_abc").verify()
        said = " ".join(map(str, report.discrepancies))
        assert [entry_id for entry_id in edited if entry_id not in said] == []


UPGRADING = """
import resource, sys
from model_registry_sql.migrating import check, upgrade
check(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
upgrade(sys.argv[1])
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_the_upgrade_of_a_large_inventory_takes_little_memory(url):
    store, draft = MemoryStore(), Draft()
    description = "All that there is to say of a model. " * 50
    store.commit("org_abc", [draft.insert(f"m{n}", description=description) for n in range(3_000)])
    _write_first_schema(url, store, ["org_abc"])
    said = subprocess.run(
        [sys.executable, "-c", UPGRADING, url], capture_output=True, text=True, check=True
    )
    assert int(said.stdout) < 20, said.stdout  # MiB; the rows are 11, and their texts 11
