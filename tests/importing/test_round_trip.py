"""What was exported comes back as it was: no change, no event, whatever the texts are."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_registry import (
    Amendment,
    Columns,
    ExportFormat,
    FieldChange,
    Registration,
    Registry,
    read_rows,
    workbook,
)
from model_registry.testing import CountedIds, TickingClock
from model_registry.testing.fakes import START
from model_registry.testing.strategies import registrations
from model_registry_memory import MemoryStore

PIECES = (
    *("=", "+", "-", "@", "＝", "'", '"', ",", ";", "\t", "\r", "\n", "\r\n", " ", "\u200b", "\ufeff"),  # noqa: RUF001  # full-width forms are formulas too
    *("\x01", "\x1f", "\x85", "\u2028", "\ufffe", "\uffff", "🦙", "a", "1", "=1+1", "#N/A", "TRUE"),
    *("_x0041_", "_x000D_", "_x005F_", "_x00", "_", "x0041", "2026-03-13", "1E5", "&lt;", "]]>"),
    *("<mergeCell ref='A1:A2'/>", "sep=;", "<!DOCTYPE"),
)  # fmt: skip
nasty = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
filled = nasty.filter(lambda text: bool(text) and not text.isspace())
hostile = st.builds(
    Registration,
    model_id=filled,
    provider=filled,
    risk_tier=st.just("tier_2"),
    display_name=filled,
    validation_status=st.sampled_from(["draft", "validated", "deprecated"]),
    owner=st.none() | filled,
    description=st.none() | nasty,
    tags=st.dictionaries(filled, nasty, max_size=2),
)
inventories = st.lists(hostile | registrations(), max_size=6, unique_by=lambda made: made.model_id)
FORMS = ("csv", "exact csv", "json", "xlsx")


def tenant_on(store=None):
    clock = TickingClock(START + timedelta(microseconds=123_456), timedelta(seconds=2))
    registry = Registry(store or MemoryStore(), clock=clock, new_id=CountedIds())
    return registry.tenant("org_abc", "ana")


def tenant_with(made, store=None):
    tenant = tenant_on(store)
    for registration in made:
        tenant.register(registration)
    return tenant


def written(inventory, form, folder) -> Path:
    path = Path(folder) / f"inventory.{form.split()[-1]}"
    if form == "xlsx":
        chunks = workbook(inventory.entries())
    else:
        chunks = inventory.export(ExportFormat(form.split()[-1]), guard=form != "exact csv")
    with path.open("wb") as file:
        file.writelines(chunks)
    return path


def rows_of(path, form, columns=None):
    return read_rows(path, columns, guard=form != "exact csv")


@pytest.mark.parametrize("form", FORMS)
@given(made=inventories)
@settings(deadline=None, max_examples=25)
def test_importing_an_export_changes_nothing_and_writes_no_event(form, made):
    tenant = tenant_with(made)
    before = tenant.head()
    with TemporaryDirectory() as folder:
        report = tenant.import_rows(rows_of(written(tenant, form, folder), form))
    assert len(report.unchanged) == len(report.decisions) == len(made), report
    assert not report.written
    assert tenant.head() == before


@pytest.mark.parametrize("form", FORMS)
@given(made=inventories)
@settings(deadline=None, max_examples=15)
def test_an_empty_inventory_gets_what_was_exported(form, made):
    source, target = tenant_with(made), tenant_on()
    with TemporaryDirectory() as folder:
        path = written(source, form, folder)
        report = target.import_rows(rows_of(path, form, Columns(ignored={"id"})))
    assert len(report.new) == len(made)
    assert {entry.model_id: said(entry, form) for entry in target.entries()} == {
        entry.model_id: said(entry, form) for entry in source.entries()
    }


def said(entry, form):
    """What a file can tell of an entry: a cell cannot tell an empty text from none."""
    fields = {a.name: getattr(entry, a.name) for a in attrs.fields(Registration)}
    return fields if form == "json" else fields | {"description": entry.description or None}


def test_every_store_takes_an_import_as_one_commit(store, tmp_path):
    source = tenant_with(
        Registration(model_id=f"m{n}", provider="p", risk_tier="tier_1", tags={"n": str(n)})
        for n in range(30)
    )
    target = tenant_on(store)
    path = written(source, "xlsx", tmp_path)
    report = target.import_rows(read_rows(path, Columns(ignored={"id"})))
    assert report.written
    assert (target.head().revision, target.head().sequence) == (1, 30)
    assert target.verify().intact
    for form in FORMS:
        again = target.import_rows(rows_of(written(target, form, tmp_path), form))
        assert len(again.unchanged) == 30
    assert target.head().revision == 1


@pytest.mark.parametrize("form", FORMS)
def test_a_later_export_in_hand_says_what_it_would_set_back(form, tmp_path):
    tenant = tenant_with([Registration(model_id="m", provider="p", risk_tier="tier_1")])
    path = written(tenant, form, tmp_path)
    (entry,) = tenant.entries()
    tenant.update(entry.id, Amendment(owner="newer"))
    report = tenant.import_rows(rows_of(path, form))
    (refused,) = report.refused
    assert [fault.field for fault in refused.faults] == ["updated_at"]
    assert refused.changes == {"owner": FieldChange("newer", None)}
    assert not report.written
