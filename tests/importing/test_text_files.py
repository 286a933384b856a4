"""CSV and JSON as people and their programs save them, and what their columns mean."""

from __future__ import annotations

import json

import pytest

from model_registry import Columns, FileFormat, ValidationError, read_rows
from model_registry.domain.rules import Instant
from model_registry.spreadsheets import csv_rows, json_rows
from model_registry.spreadsheets.columns import read_columns

PLAIN = "model_id,owner\r\ngpt-4o,crème\r\n"


@pytest.fixture
def saved(tmp_path):
    def save(content, name="inventory.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return save


def rows(path, columns=None, **options):
    return [(row.number, row.fields) for row in read_rows(path, columns, **options)]


def fault(path, columns=None, **options):
    with pytest.raises(ValidationError) as refused:
        rows(path, columns, **options)
    return "; ".join(map(str, refused.value.faults))


class TestCsv:
    @pytest.mark.parametrize(
        "content",
        [
            PLAIN,
            "\ufeff" + PLAIN,
            PLAIN.replace(",", ";"),
            PLAIN.replace(",", "\t"),
            PLAIN.replace("\r\n", "\n"),
            PLAIN.replace("\r\n", "\r"),
            "sep=;\r\n" + PLAIN.replace(",", ";"),
            ' model_id ,"owner"\r\n"gpt-4o","crème"',
            "model_id,owner,,\r\n,,,\r\n\r\ngpt-4o,crème,,\r\n".replace("\r\n,,,\r\n\r\n", "\r\n"),
        ],
    )
    def test_one_file_in_many_dresses(self, saved, content):
        assert rows(saved(content)) == [(2, {"model_id": "gpt-4o", "owner": "crème"})]

    def test_blank_rows_are_passed_over_and_numbers_are_the_sheets(self, saved):
        text = 'model_id,description\n,\na,"two\nlines"\n\nb,\n'
        assert rows(saved(text)) == [
            (3, {"model_id": "a", "description": "two\nlines"}),
            (5, {"model_id": "b", "description": None}),
        ]

    def test_the_guards_apostrophe_is_taken_back_unless_it_is_none(self, saved):
        path = saved("model_id\n'=1\n''=1\n'a\n")
        names = [said["model_id"] for _, said in rows(path)]
        assert names == ["=1", "'=1", "'a"]
        exact = [said["model_id"] for _, said in rows(path, guard=False)]
        assert exact == ["'=1", "''=1", "'a"]

    def test_a_value_beyond_the_header_is_told_and_a_short_row_is_empty(self, saved):
        long, short = read_rows(saved("model_id,owner\na,b,c\nd\n"))
        assert [str(one) for one in long.faults] == ["row: column 3 has a value and no name"]
        assert (short.fields, short.faults) == ({"model_id": "d", "owner": None}, [])

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            ("", "has no rows"),
            (",,\n\n", "has no rows"),
            ("owner\nx\n", "no column that means model_id; there are 'owner'"),
            ("model_id,a,a\nx,y,z\n", "several columns of one name: a"),
            ("model_id,Risk,Notes\nx,y,z\n", "columns that mean no field: 'Risk', 'Notes'"),
            (PLAIN.encode("cp1252"), "is not UTF-8 after row"),
            (PLAIN.encode("utf-16"), "is not UTF-8 after row 0"),
            ('model_id\na\n"b"c\n', "is no CSV after row 2"),
            ('model_id\na\n"never closed', "is no CSV after row 2"),
        ],
    )
    def test_what_is_no_such_file_is_one_clear_fault(self, saved, content, told):
        assert told in fault(saved(content))

    def test_a_time_as_a_workbooks_cell_shows_it_is_a_time(self, saved):
        (row,) = read_rows(saved("model_id,updated_at\na,2026-03-13 09:30:00 UTC\n"))
        assert (
            Instant().parse("", row.fields["updated_at"]).isoformat() == "2026-03-13T09:30:00+00:00"
        )

    def test_a_file_that_is_too_large_is_not_read(self, saved, monkeypatch):
        monkeypatch.setattr(csv_rows, "MOST_BYTES", 20)
        assert "at most 20 are read" in fault(saved(PLAIN))

    def test_tags_are_json_and_their_faults_are_the_rows(self, saved):
        text = 'model_id,tags\na,"{""k"": ""v""}"\nb,"{""k"": 1"\nc,"{""k"":""v"",""k"":""w""}"\n'
        good, broken, twice = read_rows(saved(text))
        assert good.fields["tags"] == {"k": "v"}
        assert [one.field for one in (*broken.faults, *twice.faults)] == ["tags", "tags"]


class TestJson:
    def test_the_exports_form_and_a_bare_list(self, saved):
        models = [{"model_id": "a", "owner": None}, {"model_id": "b", "tags": {"k": "v"}}]
        expected = [(1, models[0]), (2, models[1])]
        assert rows(saved(json.dumps(models), "m.json")) == expected
        export = json.dumps({"models": models, "total": 2, "limit": 2, "offset": 0})
        assert rows(saved("\ufeff" + export, "m.JSON")) == expected
        assert rows(saved("[]", "m.json")) == rows(saved('{"models": []}', "m.json")) == []

    def test_a_number_is_no_name(self, saved):
        (row,) = read_rows(saved('[{"model_id": 4.10, "tags": {"k": 1}}]', "m.json"))
        assert [one.field for one in row.faults] == ["model_id"]

    @pytest.mark.parametrize(
        "content",
        [
            b"", b"{", b"\xff", b"NaN", b'{"models": 1}', b"7", b"[1]", b'[{"a": 1, "a": 2}]',
            b"[" * 100_000, b'[{"model_id": NaN}]', b'{"models": [[]]}', b"1" * 5_000,
        ],
    )  # fmt: skip
    def test_what_is_no_such_file_is_one_clear_fault(self, saved, content):
        assert fault(saved(content, "m.json")).startswith("file: ")

    def test_unknown_keys_of_any_object_are_told_at_once(self, saved):
        path = saved('[{"model_id": "a", "x": 1}, {"model_id": "b", "y": 2}]', "m.json")
        assert "'x', 'y'" in fault(path)

    def test_a_file_that_is_too_large_is_not_read(self, saved, monkeypatch):
        monkeypatch.setattr(json_rows, "MOST_BYTES", 1)
        assert "at most 1 are read" in fault(saved("[]", "m.json"))


class TestColumns:
    SHEET = "Model Name;Tier;Unit;Nr\ngpt-4o;High;retail;1\nllama;;;2\n"

    def test_columns_values_and_tags_are_called_as_the_file_calls_them(self, saved):
        mapping = saved(
            """
            ignore = ["Nr", "not there"]
            [columns]
            "Model Name" = "model_id"
            Tier = "risk_tier"
            Unit = "tags.business_unit"
            [values.risk_tier]
            High = "tier_1"
            "" = "tier_4"
            """,
            "mapping.toml",
        )
        first, second = read_rows(saved(self.SHEET), read_columns(mapping))
        assert first.fields == {"model_id": "gpt-4o", "risk_tier": "tier_1"}
        assert first.tags == {"business_unit": "retail"}
        assert second.fields == {"model_id": "llama", "risk_tier": "tier_4"}
        assert second.tags == {"business_unit": None}

    @pytest.mark.parametrize(
        ("columns", "told"),
        [
            ({"names": {"Modell": "model_id"}}, "has no column 'Modell'; there are 'Model Name'"),
            ({"names": {"Tier": "owner", "Unit": "owner"}}, "mean owner: 'Tier', 'Unit'"),
            ({"names": {"Tier": "tags", "Unit": "tags.unit"}}, "one tag in 'Unit' too"),
        ],
    )
    def test_what_a_mapping_cannot_mean_is_told(self, saved, columns, told):
        assert told in fault(saved(self.SHEET), Columns(**columns))

    def test_columns_are_ignored_by_name_or_by_pattern(self, saved):
        path = saved("model_id;risk_profile_purpose;risk_profile_findings;[a]\nm;x;y;z\n")
        columns = Columns(ignored={"risk_profile_*", "[a]"})
        assert rows(path, columns) == [(2, {"model_id": "m"})]

    def test_a_mapping_of_no_field_is_refused_as_it_is_made(self):
        with pytest.raises(ValidationError, match="'tier', which is no field of an entry"):
            Columns(names={"Tier": "tier"})
        with pytest.raises(ValidationError, match=r"'tags\.'"):
            Columns(values={"tags.": {}})

    @pytest.mark.parametrize(
        "content",
        ["[columns", b"\xff", "column = 1", "columns = 1", "ignore = 'Nr'", "ignore = [1]",
         "values = 1", "[values]\nrisk_tier = 1", "[columns]\nA = 1"],
    )  # fmt: skip
    def test_what_is_no_mapping_file_is_a_clear_fault(self, saved, content):
        with pytest.raises(ValidationError, match="mapping: "):
            read_columns(saved(content, "mapping.toml"))

    def test_a_format_is_told_by_the_name_or_by_the_caller(self, saved):
        path = saved(PLAIN, "inventory")
        assert "tells no format; known are .csv, .json, .xlsx" in fault(path)
        assert len(rows(path, form=FileFormat.CSV)) == 1
