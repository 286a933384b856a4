"""The export: twelve columns, values that other readers get back, and no formula."""

import csv
import io
import json

import duckdb
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_registry import ExportFormat, Filter, Registration, Registry
from model_registry.codec import entry_to_json
from model_registry.testing import CountedIds, TickingClock
from model_registry.testing.strategies import registrations
from model_registry.written import CSV_COLUMNS
from model_registry_memory import MemoryStore


def tenant_with(made):
    tenant = Registry(MemoryStore(), clock=TickingClock(), new_id=CountedIds()).tenant("org_abc")
    for registration in made:
        tenant.register(registration)
    return tenant


def exported(tenant, *args, **options):
    return b"".join(tenant.export(*args, **options)).decode()


ROWS = [
    Registration(
        model_id="gpt-4o",
        provider="openai",
        risk_tier="tier_2",
        description='says "hi",\r\nand more',
        tags={"unit": "retail", "ü": "é"},
    ),
    Registration(model_id="=1+1", provider="@x", risk_tier="tier_1", owner="+1", description="-"),
    Registration(model_id="＝full", provider="ok", risk_tier="tier_1", owner="\tx"),  # noqa: RUF001  # full-width on purpose
]


def test_csv_is_rfc_4180_with_the_contracts_columns():
    text = exported(tenant_with(ROWS[:1]))
    lines = text.split("\r\n")
    assert lines[0] == (
        "id,model_id,provider,display_name,risk_tier,validation_status,owner,description,"
        "tags,last_seen_at,created_at,updated_at"
    )
    assert text.endswith("\r\n")
    assert '"says ""hi"",\r\nand more","{""unit"": ""retail"", ""ü"": ""é""}",,' in text
    assert exported(tenant_with([])).count("\r\n") == 1


def test_a_formula_never_survives_unless_the_guard_is_off():
    tenant = tenant_with(ROWS[1:])
    rows = list(csv.DictReader(io.StringIO(exported(tenant), newline="")))
    by_id = {row["model_id"]: row for row in rows}
    assert by_id.keys() == {"'=1+1", "'＝full"}  # noqa: RUF001  # full-width on purpose
    formula = by_id["'=1+1"]
    assert [formula[name] for name in ("provider", "owner", "description", "display_name")] == [
        "'@x", "'+1", "'-", "'=1+1"
    ]  # fmt: skip
    exact = list(csv.DictReader(io.StringIO(exported(tenant, guard=False), newline="")))
    assert {row["model_id"] for row in exact} == {"=1+1", "＝full"}  # noqa: RUF001  # likewise


def test_json_has_the_lists_schema_with_every_record():
    tenant = tenant_with(ROWS)
    body = json.loads(exported(tenant, ExportFormat.JSON))
    assert (body["total"], body["limit"], body["offset"]) == (3, 3, 0)
    assert body["models"] == [entry_to_json(entry) for entry in tenant.list().entries]
    filtered = json.loads(exported(tenant, ExportFormat.JSON, Filter(risk_tier="tier_2")))
    assert [model["model_id"] for model in filtered["models"]] == ["gpt-4o"]
    assert json.loads(exported(tenant_with([]), ExportFormat.JSON)) == {
        "models": [], "total": 0, "limit": 0, "offset": 0
    }  # fmt: skip


@given(st.lists(registrations(), max_size=5, unique_by=lambda made: made.model_id))
@settings(deadline=None, max_examples=50)
def test_python_reads_back_what_was_written(made):
    tenant = tenant_with(made)
    rows = list(csv.DictReader(io.StringIO(exported(tenant, guard=False), newline="")))
    expected = []
    for entry in tenant.list(limit=200).entries:
        shown = entry_to_json(entry)
        shown["tags"] = json.dumps(shown["tags"], ensure_ascii=False)
        expected.append({name: shown[name] or "" for name in CSV_COLUMNS})
    assert rows == expected


def test_pandas_and_duckdb_read_the_same_values(tmp_path):
    tenant = tenant_with(ROWS)
    path = tmp_path / "inventory.csv"
    path.write_bytes(b"".join(tenant.export()))

    with path.open(newline="", encoding="utf-8") as file:
        expected = [tuple(row.values()) for row in csv.DictReader(file)]
    frame = pandas.read_csv(path, dtype=str, keep_default_na=False)
    assert [tuple(row) for row in frame.to_numpy()] == expected
    query = f"SELECT * FROM read_csv('{path}', all_varchar=true, nullstr='~')"
    assert [tuple(v or "" for v in row) for row in duckdb.sql(query).fetchall()] == expected


@pytest.mark.parametrize("form", ExportFormat)
def test_an_export_is_a_stream(form):
    made = (Registration(model_id=f"m{n}", provider="p", risk_tier="tier_1") for n in range(1_200))
    chunks = list(tenant_with(made).export(form))
    assert len(chunks) == {ExportFormat.CSV: 3, ExportFormat.JSON: 4}[form]
