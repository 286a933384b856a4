"""What becomes of each row, and that the whole file is one commit or none."""

from __future__ import annotations

from datetime import timedelta

import pytest

from model_registry import (
    Amendment,
    FieldChange,
    ImportRequest,
    ImportRow,
    Registration,
    Registry,
    StoreError,
    ValidationError,
)
from model_registry import importing as use_case
from model_registry.testing import CountedIds, TickingClock
from model_registry.testing.fakes import START
from model_registry_memory import MemoryStore


class BusyStore(MemoryStore):
    """A store in which somebody else writes just before the next commit."""

    meanwhile = None

    def commit(self, tenant_id, changes):
        act, self.meanwhile = self.meanwhile, None
        if act is not None:
            act()
        return super().commit(tenant_id, changes)


@pytest.fixture
def tenant():
    clock = TickingClock(START + timedelta(microseconds=600_000), timedelta(seconds=1))
    registry = Registry(BusyStore(), clock=clock, new_id=CountedIds())
    tenant = registry.tenant("org_abc", "ana")
    tenant.register(
        Registration(
            model_id="gpt-4o",
            provider="openai",
            display_name="GPT-4o",
            risk_tier="tier_2",
            validation_status="validated",
            owner="ml-risk",
            description="chat",
            tags={"unit": "retail", "use": "chat"},
        )
    )
    return tenant


def imported(tenant, *fields, faults=(), **request):
    rows = [ImportRow(number, said, {}, faults) for number, said in enumerate(fields, start=2)]
    return tenant.import_rows(rows, ImportRequest(**request))


def told(refused):
    return {fault.field: fault.message for fault in refused.faults}


def test_new_changed_unchanged_and_refused_rows_are_told_apart(tenant):
    report = imported(
        tenant,
        {"model_id": "gpt-4o", "risk_tier": "tier_1", "owner": None, "display_name": None},
        {"model_id": "claude-3-5-sonnet", "risk_tier": "tier_3", "owner": "crm", "tags": None},
        {"model_id": "broken", "risk_tier": "high", "owner": " ", "validation_status": "done"},
        {"risk_tier": "tier_1"},
        partial=True,
    )
    (changed,) = report.changed
    assert changed.changes == {
        "display_name": FieldChange("GPT-4o", "gpt-4o"),
        "risk_tier": FieldChange("tier_2", "tier_1"),
        "owner": FieldChange("ml-risk", None),
    }
    (new,) = report.new
    made = tenant.find("claude-3-5-sonnet")
    assert new.insert.entry == made
    assert (made.provider, made.validation_status, made.owner) == ("anthropic", "draft", "crm")
    broken, nameless = report.refused
    assert (broken.row, broken.model_id) == (4, "broken")
    assert set(told(broken)) == {"risk_tier", "owner", "validation_status"}
    assert (nameless.row, nameless.model_id) == (5, None)
    assert set(told(nameless)) == {"model_id"}
    assert report.written
    assert [event.action for event in tenant.history().events] == [
        "registered", "registered", "updated"
    ]  # fmt: skip
    assert (tenant.head().revision, tenant.head().sequence) == (2, 3)
    again = imported(tenant, {"model_id": "gpt-4o", "risk_tier": "tier_1", "owner": None})
    assert [row.model_id for row in again.unchanged] == ["gpt-4o"]
    assert not again.written
    assert tenant.head().revision == 2


@pytest.mark.parametrize("request_", [{}, {"dry_run": True}, {"dry_run": True, "partial": True}])
def test_nothing_is_written_in_a_dry_run_or_beside_a_refused_row(tenant, request_):
    before = tenant.head()
    good = {"model_id": "new", "risk_tier": "tier_1"}
    report = imported(tenant, good, {"model_id": "bad"}, **request_)
    assert (len(report.new), len(report.refused), report.written) == (1, 1, False)
    assert tenant.head() == before


def test_a_status_moves_by_the_lifecycle_only_and_begins_anywhere(tenant):
    report = imported(
        tenant,
        {"model_id": "gpt-4o", "validation_status": "draft", "owner": "x"},
        {"model_id": "old", "risk_tier": "tier_4", "validation_status": "deprecated"},
        partial=True,
    )
    (refused,) = report.refused
    (fault,) = refused.faults
    assert fault.field == "validation_status"
    assert "in_validation" in fault.allowed
    assert set(refused.changes) == {"owner"}
    assert tenant.find("old").validation_status == "deprecated"
    assert tenant.find("gpt-4o").owner == "ml-risk"


def test_an_old_row_undoes_nothing_unless_told_so(tenant):
    entry = tenant.find("gpt-4o")
    row = {"model_id": "gpt-4o", "owner": "ml-risk", "description": "chat"}
    row |= {"updated_at": entry.updated_at, "last_seen_at": entry.created_at}
    tenant.update(entry.id, Amendment(owner="newer"))
    report = imported(tenant, row, dry_run=True)
    assert set(told(report.refused[0])) == {"updated_at"}
    assert report.refused[0].changes == {"owner": FieldChange("newer", "ml-risk")}
    assert imported(tenant, {**row, "owner": "newer"}).unchanged, "an old row may agree"
    assert imported(tenant, row, overwrite=True).written
    assert tenant.find("gpt-4o").owner == "ml-risk"


def test_a_time_is_compared_as_exactly_as_the_file_tells_it(tenant):
    entry = tenant.find("gpt-4o")
    tenant.update(entry.id, Amendment(owner="x"))
    at = tenant.find("gpt-4o").updated_at
    for told_as, stale in (
        (at + timedelta(microseconds=400), False),  # to the millisecond, as a workbook keeps it
        (at + timedelta(milliseconds=2), True),
        (at.replace(microsecond=0) + timedelta(seconds=1), False),  # as a cell shows it, rounded
        (at.replace(microsecond=0) - timedelta(seconds=1), True),
    ):
        report = imported(
            tenant, {"model_id": "gpt-4o", "owner": "y", "updated_at": told_as}, dry_run=True
        )
        assert bool(report.refused) is stale, told_as


def test_line_ends_that_a_program_changed_are_no_change(tenant):
    entry = tenant.find("gpt-4o")
    tenant.update(entry.id, Amendment(description="one\r\ntwo\rthree"))
    assert imported(tenant, {"model_id": "gpt-4o", "description": "one\ntwo\nthree"}).unchanged
    assert imported(tenant, {"model_id": "gpt-4o", "description": "one\ntwo"}).changed


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"model_id": "gpt-4o", "id": "00000000-0000-0000-0000-00000000beef"}, "id"),
        ({"model_id": "gpt-4o-renamed", "id": "00000000-0000-0000-0000-000000000001"}, "id"),
        ({"model_id": "gpt-4o", "created_at": "2020-01-01T00:00:00Z"}, "created_at"),
        ({"model_id": "gpt-4o", "tenant_id": "org_xyz"}, "tenant_id"),
        ({"model_id": "brand-new", "tenant_id": "org_xyz"}, "tenant_id"),
        ({"model_id": "gpt-4o", "provider": None}, "provider"),
        ({"model_id": "gpt-4o", "validation_status": None}, "validation_status"),
        ({"model_id": "gpt-4o", "updated_at": "yesterday"}, "updated_at"),
        ({"model_id": "x" * 513}, "model_id"),
        ({"model_id": 4.1}, "model_id"),
        ({"model_id": "\ud800"}, "model_id"),
        ({"model_id": "gpt-4o", "tags": {"unit": 1}}, "tags.unit"),
    ],
)
def test_what_is_not_this_models_or_not_acceptable_is_refused(tenant, said, field):
    before = tenant.head()
    (refused,) = imported(tenant, {"risk_tier": "tier_1", **said}).refused
    assert field in told(refused)
    assert tenant.head() == before


def test_a_model_in_two_rows_is_refused_in_both(tenant):
    row = {"model_id": "twice", "risk_tier": "tier_1"}
    report = imported(tenant, row, {"model_id": "once", "risk_tier": "tier_1"}, row, partial=True)
    assert [(one.row, told(one)["model_id"]) for one in report.refused] == [
        (2, "is also in row 4"),
        (4, "is also in row 2"),
    ]
    assert tenant.find("twice") is None


def test_a_column_of_one_tag_leaves_the_others(tenant):
    row = ImportRow(2, {"model_id": "gpt-4o"}, {"use": None, "region": "eu"})
    new = ImportRow(3, {"model_id": "new", "risk_tier": "tier_1"}, {"use": None, "region": "us"})
    assert tenant.import_rows([row, new]).written
    assert tenant.find("gpt-4o").tags == {"unit": "retail", "region": "eu"}
    assert tenant.find("new").tags == {"region": "us"}


def test_rows_are_decided_anew_where_somebody_else_was_faster(tenant):
    store = tenant.workings.store
    entry = tenant.find("gpt-4o")
    row = {"model_id": "gpt-4o", "owner": "imported"}

    store.meanwhile = lambda: tenant.update(entry.id, Amendment(risk_tier="tier_1"))
    assert imported(tenant, row).written
    assert (tenant.find("gpt-4o").owner, tenant.find("gpt-4o").risk_tier) == ("imported", "tier_1")

    store.meanwhile = lambda: tenant.delete(entry.id)
    report = imported(tenant, {**row, "owner": "again", "id": entry.id})
    assert set(told(report.refused[0])) == {"id", "risk_tier"}

    new = {"model_id": "new", "risk_tier": "tier_3"}
    rival = Registration(model_id="new", provider="unknown", risk_tier="tier_1")
    store.meanwhile = lambda: tenant.register(rival)
    assert imported(tenant, new).changed
    assert tenant.find("new").risk_tier == "tier_3"


def test_a_store_that_fails_leaves_nothing_behind(tenant):
    def fail():
        raise StoreError("the disk is full")

    tenant.workings.store.meanwhile = fail
    before = tenant.head()
    with pytest.raises(StoreError):
        imported(tenant, {"model_id": "new", "risk_tier": "tier_1"})
    assert tenant.head() == before


def test_too_many_rows_are_refused_before_they_are_all_read(tenant, monkeypatch):
    monkeypatch.setattr(use_case, "MOST_ROWS", 3)
    read = []
    endless = (read.append(n) or ImportRow(n, {"model_id": f"m{n}"}) for n in range(10**9))
    with pytest.raises(ValidationError, match="more than 3 rows"):
        tenant.import_rows(endless)
    assert len(read) == 4
