"""Workbooks: what risk people open, and what they or anybody else send back."""

from __future__ import annotations

import re
import tracemalloc
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import gettempdir

import openpyxl
import pytest

from model_registry import (
    Columns,
    Filter,
    Registration,
    Registry,
    StoreError,
    ValidationError,
    open_registry,
    read_rows,
    workbook,
)
from model_registry.spreadsheets import xlsx_rows
from model_registry.testing import CountedIds, TickingClock
from model_registry.written import CSV_COLUMNS
from model_registry_memory import MemoryStore

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
FORMULAS = ("=1+1", "+1", "@SUM(A1)", "#N/A", "=cmd|' /C calc'!A0", "TRUE", "0012", "1E5")


def written(path: Path, entries) -> Path:
    with path.open("wb") as file:
        file.writelines(workbook(entries))
    return path


@pytest.fixture
def tenant():
    clock = TickingClock(datetime(2026, 3, 13, 9, 30, 15, 123_456, UTC), timedelta(hours=1))
    tenant = Registry(MemoryStore(), clock=clock, new_id=CountedIds()).tenant("org_abc", "ana")
    for text in FORMULAS:
        tenant.register(
            Registration(model_id=text, provider=text, risk_tier="tier_1", description=text)
        )
    return tenant


class TestWritten:
    def test_it_opens_filtered_and_frozen_with_real_dates_that_name_their_zone(
        self, tenant, tmp_path
    ):
        book = openpyxl.load_workbook(written(tmp_path / "i.xlsx", tenant.entries()))
        sheet = book["Inventory"]
        assert [cell.value for cell in sheet[1]] == list(CSV_COLUMNS)
        assert sheet.auto_filter.ref == f"A1:L{len(FORMULAS) + 1}"
        assert sheet.freeze_panes == "C2"
        assert all(sheet.column_dimensions[letter].width > 9 for letter in "ABCDEFGHIJKL")
        newest = sheet["K2"]
        entry = next(tenant.entries())
        assert newest.is_date
        assert abs(newest.value.replace(tzinfo=UTC) - entry.created_at) < timedelta(milliseconds=1)
        assert newest.number_format.endswith('" UTC"')
        assert sheet["J2"].value is None
        assert "Times are UTC" in " ".join(cell.value for cell in book["Notes"]["A"])

    def test_no_text_is_a_formula_an_error_or_a_number(self, tenant, tmp_path):
        sheet = openpyxl.load_workbook(written(tmp_path / "i.xlsx", tenant.entries())).active
        cells = [cell for row in sheet.iter_rows(min_row=2, max_col=9) for cell in row]
        assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}
        assert {sheet.cell(row, 2).value for row in range(2, 2 + len(FORMULAS))} == set(FORMULAS)
        with zipfile.ZipFile(tmp_path / "i.xlsx") as archive:
            assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")

    def test_a_text_that_no_cell_can_hold_is_told_and_leaves_no_file_behind(self, tenant):
        tags = {f"key-{n}": "x" * 1_000 for n in range(40)}
        made = Registration(model_id="big", provider="p", risk_tier="tier_1", tags=tags)
        tenant.register(made)
        before = set(Path(gettempdir()).glob("openpyxl.*"))
        with pytest.raises(ValidationError, match=r"tags: of 'big' take 40,\d+ characters"):
            list(workbook(tenant.entries()))

        def breaks_off():
            yield next(tenant.entries(Filter(search="TRUE")))
            raise StoreError("gone")

        with pytest.raises(StoreError):
            list(workbook(breaks_off()))
        assert set(Path(gettempdir()).glob("openpyxl.*")) <= before

    def test_memory_does_not_grow_with_the_inventory(self, tenant, tmp_path):
        (entry, *_) = tenant.entries()

        def peak(rows):
            tracemalloc.start()
            written(tmp_path / "i.xlsx", (entry for _ in range(rows)))
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            return most

        peak(1)
        assert peak(300) < peak(30) + 100_000


def saved(path: Path, rows, *, change=None):
    """Save a workbook as a person's program would."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if change is not None:
        change(book)
    book.save(path)
    return path


def edited(path: Path, part: str, old: bytes, new: bytes) -> Path:
    """Change a part of a workbook behind openpyxl's back."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old in parts[part]
    parts[part] = parts[part].replace(old, new, 1)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def as_excel_saves(path: Path) -> Path:
    """Move a workbook's texts into the part where Excel keeps them; openpyxl does not."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    texts = []

    def shared(found):
        texts.append(found[2])
        return f'<c {found[1]}t="s"><v>{len(texts) - 1}</v></c>'

    inline = r'<c ([^>]*)t="inlineStr"><is>(<t[^>]*>[^<]*</t>)</is></c>'
    parts[SHEET] = re.sub(inline, shared, parts[SHEET])
    items = "".join(f"<si>{text}</si>" for text in texts)
    parts[STRINGS] = f'<sst xmlns="{MAIN}">{items}</sst>'
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = f'<Override PartName="/{STRINGS}" ContentType="{kind}"/></Types>'
    types = "[Content_Types].xml"
    parts[types] = parts[types].replace("</Types>", override)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def fault(path, **options):
    with pytest.raises(ValidationError) as refused:
        list(read_rows(path, **options))
    return str(refused.value)


HEADER = ("model_id", "risk_tier", "owner", "updated_at")


class TestRead:
    def test_what_a_program_saves_is_read_by_the_sheets_row_numbers(self, tmp_path):
        at = datetime(2026, 3, 13, 9, 30)  # noqa: DTZ001  # a spreadsheet has no zones
        rows = [(None, None), HEADER, ("gpt-4o", "tier_1", "a\nb", at), (), ("=", "tier_2")]
        first, second = read_rows(saved(tmp_path / "i.xlsx", rows))
        assert (first.number, second.number) == (3, 5)
        assert first.fields == {
            "model_id": "gpt-4o", "risk_tier": "tier_1", "owner": "a\nb",
            "updated_at": at.replace(tzinfo=UTC),
        }  # fmt: skip
        assert (second.fields["model_id"], second.fields["owner"]) == ("=", None)

    def test_a_cell_that_may_not_be_what_was_typed_is_its_rows_fault(self, tmp_path):
        day = datetime(2026, 3, 13)  # noqa: DTZ001  # likewise
        rows = [
            HEADER,
            ("=A1", "tier_1", None, None),
            (4.1, "tier_1", None, None),
            (day, "tier_1", day, day),
            ("#N/A", True, None, "soon"),
        ]
        faults = [
            {one.field: one.message for one in row.faults}
            for row in read_rows(saved(tmp_path / "i.xlsx", rows))
        ]
        assert "formula" in faults[0]["model_id"]
        assert "is a number" in faults[1]["model_id"]
        assert faults[2].keys() == {"model_id", "owner"}
        assert "error #N/A" in faults[3]["model_id"]
        assert "is a number" in faults[3]["risk_tier"]

    def test_what_a_column_that_is_ignored_holds_is_no_fault(self, tmp_path):
        path = saved(tmp_path / "i.xlsx", [("model_id", "Sum"), ("gpt-4o", "=1+1")])
        (row,) = read_rows(path, Columns(ignored={"Sum"}))
        assert not row.faults

    def test_a_number_may_be_a_value_that_the_mapping_knows(self, tmp_path):
        path = saved(tmp_path / "i.xlsx", [("model_id", "risk_tier"), ("a", 1), ("b", 2.0)])
        tiers = {"risk_tier": {"1": "tier_1", "2": "tier_2"}}
        assert [row.fields["risk_tier"] for row in read_rows(path, Columns(values=tiers))] == [
            "tier_1", "tier_2"
        ]  # fmt: skip

    def test_a_sheet_is_the_first_or_the_one_that_is_named(self, tmp_path):
        def second(book):
            book.create_sheet("Other").append(["model_id"])
            book["Other"].append(["from the other"])

        path = saved(tmp_path / "i.xlsx", [HEADER, ("first", "tier_1")], change=second)
        assert [row.model_id for row in read_rows(path)] == ["first"]
        assert [row.model_id for row in read_rows(path, sheet="Other")] == ["from the other"]
        assert "no sheet 'None'; there are 'Sheet', 'Other'" in fault(path, sheet="None")

    def test_merged_cells_are_refused_and_hidden_rows_are_read(self, tmp_path):
        rows = [HEADER, ("a", "tier_1", "x"), ("b", "tier_1", None)]

        def hide(book):
            book.active.row_dimensions[3].hidden = True

        hidden = saved(tmp_path / "hidden.xlsx", rows, change=hide)
        assert [row.model_id for row in read_rows(hidden)] == ["a", "b"]
        merged = saved(
            tmp_path / "merged.xlsx", rows, change=lambda book: book.active.merge_cells("C2:C3")
        )
        assert "merged cells" in fault(merged)

    def test_escapes_of_shared_texts_are_read_or_refused_but_never_mixed_up(self, tmp_path):
        path = as_excel_saves(saved(tmp_path / "i.xlsx", [HEADER, ("a_x000D_b", "tier_1")]))
        (row,) = read_rows(path)
        assert row.model_id == "a\rb"
        edited(path, STRINGS, b"a_x000D_b", b"a_x005F_x000D_b")
        assert "cannot be told" in fault(path)

    def test_an_export_that_excel_saved_again_changes_nothing(self, tenant, tmp_path):
        tenant.register(
            Registration(model_id="m", provider="p", risk_tier="tier_1", description="a\r\nb <c> ")
        )
        path = as_excel_saves(written(tmp_path / "i.xlsx", tenant.entries()))
        report = tenant.import_rows(read_rows(path))
        assert len(report.unchanged) == len(report.decisions) == len(FORMULAS) + 1


class TestHostile:
    def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(self, tmp_path, monkeypatch):
        path = saved(tmp_path / "i.xlsx", [HEADER])
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/bomb.xml", b"\0" * 3_000_000)
        monkeypatch.setattr(xlsx_rows, "MOST_BYTES", 2_000_000)
        assert "at most 2,000,000 are read" in fault(path)

    def test_an_archive_that_lies_about_its_size_gives_no_more_than_it_said(self, tmp_path):
        path = saved(tmp_path / "i.xlsx", [HEADER, *(("a" * 9_000, "tier_1"),) * 20])
        raw = path.read_bytes()
        with zipfile.ZipFile(path) as archive:
            size = archive.getinfo(SHEET).file_size
        path.write_bytes(raw.replace(size.to_bytes(4, "little"), (50).to_bytes(4, "little")))
        assert "XLSX workbook" in fault(path)

    @pytest.mark.parametrize("part", [SHEET, STRINGS, "xl/workbook.xml"])
    def test_a_dtd_is_refused(self, tmp_path, part):
        path = as_excel_saves(saved(tmp_path / "i.xlsx", [HEADER, ("a", "tier_1")]))
        entity = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><'
        assert "DTD" in fault(edited(path, part, b"<", entity))

    def test_a_row_far_away_does_not_keep_the_reader_busy(self, tmp_path):
        path = saved(tmp_path / "i.xlsx", [HEADER, ("a", "tier_1")])
        edited(path, SHEET, b'<row r="2"', b'<row r="99999999999"')
        assert "more than 1,048,576 rows" in fault(path)

    def test_a_cell_far_away_is_refused(self, tmp_path):
        path = saved(tmp_path / "i.xlsx", [HEADER, ("a", "tier_1")])
        edited(path, SHEET, b'r="B2"', b'r="XFD2"')
        assert "more than 1,000 columns in row 2" in fault(path)

    def test_a_dimension_that_is_not_true_is_not_believed(self, tmp_path):
        path = saved(tmp_path / "i.xlsx", [HEADER, ("a", "tier_1")])
        edited(path, SHEET, b'ref="A1:D2"', b'ref="A1:XFD1048576"')
        assert [row.model_id for row in read_rows(path)] == ["a"]

    @pytest.mark.parametrize(
        "content",
        [b"", b"PK", b"not a zip", b"\xd0\xcf\x11\xe0 an old .xls", b"PK\x05\x06" + b"\0" * 18],
    )
    def test_what_is_no_workbook_is_one_clear_fault(self, tmp_path, content):
        path = tmp_path / "i.xlsx"
        path.write_bytes(content)
        assert "XLSX workbook" in fault(path)

    def test_any_byte_may_be_damaged(self, tmp_path):
        path = saved(tmp_path / "i.xlsx", [HEADER, ("a", "tier_1")])
        raw = path.read_bytes()
        tenant = open_registry("memory://").tenant("org_abc")
        for place in range(0, len(raw), 97):
            path.write_bytes(raw[:place] + bytes([raw[place] ^ 0x5A]) + raw[place + 1 :])
            try:
                tenant.import_rows(read_rows(path, Columns(ignored={"updated_at"})))
            except ValidationError:
                continue
