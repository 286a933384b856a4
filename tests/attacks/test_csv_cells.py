"""The CSV export read by others: the same values everywhere, and no cell that is a formula."""

import csv
import io
import json

import duckdb
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_registry import Registration, Registry
from model_registry.codec import entry_to_json
from model_registry.testing import CountedIds, TickingClock
from model_registry.testing.strategies import registrations
from model_registry.written import CSV_COLUMNS, unguarded
from model_registry_memory import MemoryStore

FREE_TEXT = ("model_id", "provider", "display_name", "owner", "description")
SIGNS = "=+-@＝＋－＠﹦﹢﹣﹫"  # noqa: RUF001  # full-width and small forms count too
UNSEEN = "\t\r\n\x0b\x0c\x1c\x1f \x85\xa0\u2003\u3000\ufeff\u200b\u2060"
PIECES = [
    *SIGNS,
    *UNSEEN,
    '"',
    "'",
    ",",
    ";",
    "|",
    "\\",
    "a",
    "1",
    "cmd|' /C calc'!A0",
    "{",
    "\r\n",
]
nasty = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)
filled = nasty.filter(lambda text: not text.isspace())
hostile = st.builds(
    Registration,
    model_id=filled,
    provider=filled,
    risk_tier=st.just("tier_1"),
    display_name=filled,
    owner=filled,
    description=nasty,
    tags=st.dictionaries(filled, nasty, max_size=2),
)


def exported(made, **options):
    tenant = Registry(MemoryStore(), clock=TickingClock(), new_id=CountedIds()).tenant("org_abc")
    for registration in made:
        tenant.register(registration)
    shown = [entry_to_json(entry) for entry in tenant.list(limit=200).entries]
    return b"".join(tenant.export(**options)), shown


def cells(entry):
    """What the cells of an entry hold when nothing is guarded."""
    tags = json.dumps(entry["tags"], ensure_ascii=False)
    return [({**entry, "tags": tags})[name] or "" for name in CSV_COLUMNS]


def read_by_csv(raw):
    return list(csv.reader(io.StringIO(raw.decode(), newline="")))[1:]


def read_by_pandas(raw):
    frame = pandas.read_csv(io.BytesIO(raw), dtype=str, keep_default_na=False)
    assert tuple(frame.columns) == CSV_COLUMNS
    return [list(row) for row in frame.to_numpy()]


def read_by_duckdb(raw, tmp_path):
    path = tmp_path / "inventory.csv"
    path.write_bytes(raw)
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in CSV_COLUMNS)
    query = f"""SELECT * FROM read_csv('{path}', header=true, delim=',', quote='"', escape='"',
                auto_detect=false, nullstr='~none~', columns={{{columns}}})"""
    return [[cell or "" for cell in row] for row in duckdb.sql(query).fetchall()]


@pytest.mark.parametrize("guard", [True, False])
@given(made=st.lists(hostile | registrations(), max_size=5, unique_by=lambda one: one.model_id))
@settings(deadline=None, max_examples=40)
def test_three_readers_get_the_same_values(tmp_path_factory, guard, made):
    raw, shown = exported(made, guard=guard)
    found = read_by_csv(raw)
    assert read_by_pandas(raw) == found
    assert read_by_duckdb(raw, tmp_path_factory.getbasetemp()) == found
    for row, entry in zip(found, shown, strict=True):
        for name, cell, value in zip(CSV_COLUMNS, row, cells(entry), strict=True):
            assert cell == value or (guard and name in FREE_TEXT and cell == "'" + value)


@given(made=st.lists(hostile, min_size=1, max_size=3, unique_by=lambda one: one.model_id))
@settings(deadline=None, max_examples=150)
def test_no_cell_begins_as_a_formula_however_it_is_hidden(made):
    raw, _ = exported(made)
    for row in read_by_csv(raw):
        for cell in row:
            assert cell[:1] not in {"\t", "\r", "\n"}
            assert cell.lstrip(UNSEEN)[:1] not in set(SIGNS), cell


def test_each_sign_behind_what_cannot_be_seen():
    texts = [f"{before}{sign}1" for sign in SIGNS for before in ("", *UNSEEN)]
    raw, shown = exported(
        Registration(model_id=text, provider="p", risk_tier="tier_1", owner=text) for text in texts
    )
    assert len(shown) == len(texts) < 200
    for row, entry in zip(read_by_csv(raw), shown, strict=True):
        guarded = [row[CSV_COLUMNS.index(name)] for name in ("model_id", "display_name", "owner")]
        assert guarded == ["'" + entry["model_id"]] * 3, ascii(entry["model_id"])


@given(text=nasty)
@settings(deadline=None, max_examples=150)
def test_the_guard_can_be_taken_back_from_any_text(text):
    made = Registration(model_id="m", provider="p", risk_tier="tier_1", description=text)
    guarded, _ = exported([made])
    exact, _ = exported([made], guard=False)
    place = CSV_COLUMNS.index("description")
    assert unguarded(read_by_csv(guarded)[0][place]) == read_by_csv(exact)[0][place] == text


def test_an_apostrophe_of_the_texts_own_is_not_taken_for_the_guard():
    texts = ["=1", "'=1", "''\u200b=1"]
    raw, _ = exported([Registration(model_id=t, provider="p", risk_tier="tier_1") for t in texts])
    found = [row[CSV_COLUMNS.index("model_id")] for row in read_by_csv(raw)]
    assert sorted(found) == sorted("'" + text for text in texts)


def test_what_is_no_formula_is_left_as_it_is():
    plain = ["a=1", " x", "'a", '"=1"', "1-1", "gpt-4o", "\u200bx", "user@example.com"]
    raw, _ = exported([Registration(model_id=t, provider="p", risk_tier="tier_1") for t in plain])
    found = [row[CSV_COLUMNS.index("model_id")] for row in read_by_csv(raw)]
    assert sorted(found) == sorted(plain)
