"""
Edits of a Parquet store's files, made behind its back; a verification must report each.

Which columns there are is asked of the schemas, so that a new one cannot be forgotten.
As written, no edit at all escapes, since manifests hold the files' checksums. Where
there are none, as in stores from before, the history itself must tell; then the
exceptions are what it says nothing of: when a model was last seen, in which revision
a row was written, and rows that later ones overrule.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model_registry.domain.changes import Seen
from model_registry.errors import DamagedData
from model_registry.registry import Registry
from model_registry.testing import Draft
from model_registry.testing.fakes import START
from model_registry_parquet import ParquetStore
from model_registry_parquet.rows import ENTRIES, EVENTS

OWN, FOREIGN = "org_abc", "org_xyz"
SCHEMAS = {"entries": ENTRIES, "events": EVENTS}
COLUMNS = [
    pytest.param(kind, name, id=f"{kind}.{name}")
    for kind, schema in SCHEMAS.items()
    for name in schema.names
]
SILENT = {"last_seen_at", "revision", "removed"}

TEXTS = ["draft", "tier_1", "deleted", FOREIGN, "", "{", '{"unit":"z"}', '{"owner":{"from":1.5}}']
TEXTS += ['{"created_at":{"from":null,"to":{"a":"b"}}}', '{"a":"\\ud800"}', "[" * 5_000, None]
TICKS = [1, -1, 10**6, -(10**6), 2**62, -(2**62)]
COUNTS = [1, -1, 1_000, -(2**40)]


class Desk:
    """The folder as somebody sees it who may write there."""

    def __init__(self, path: Path, *, checksums: bool) -> None:
        self.path = path
        self.store = ParquetStore(path / "r")
        for tenant_id in (OWN, FOREIGN):
            draft = Draft(tenant_id)
            known = draft.insert("a", tags={"unit": "x"}, description="Straße", owner="o")
            gone, own = draft.insert("gone"), draft.insert(f"of {tenant_id}")
            found = draft.adopt("found", START + timedelta(days=3))
            self.store.commit(tenant_id, [known, gone, own, found])
            amended = draft.replace(known.entry, owner="risk", tags={"unit": "y"})
            seen = Seen("a", START + timedelta(days=3))
            self.store.commit(tenant_id, [amended, draft.remove(gone.entry), seen])
        self.folder = path / "r/tenant-00000001"
        self.manifest = max(self.folder.glob("manifest-*.json"))
        if not checksums:
            for manifest in (path / "r").glob("tenant-*/manifest-*.json"):
                manifest.write_text(_without_checksums(manifest.read_text()))
        shutil.copytree(path / "r", path / "kept")

    @contextmanager
    def edited(self) -> Iterator[None]:
        """Let the folder be changed for a while."""
        try:
            yield
        finally:
            shutil.rmtree(self.path / "r")
            shutil.copytree(self.path / "kept", self.path / "r")

    def files(self, kind: str) -> list[Path]:
        live = json.loads(self.manifest.read_text())[kind]
        return [self.folder / file["name"] for file in live]

    def found(self, tenant_id: str = OWN) -> bool:
        """Tell whether a verification by the next process reports anything, or refuses."""
        try:
            with ParquetStore(self.path / "r") as store:
                return not Registry(store).tenant(tenant_id).verify().intact
        except DamagedData as error:
            return "\n" not in str(error)


def _without_checksums(text: str) -> str:
    manifest = json.loads(text)
    for part in (manifest, *manifest["entries"], *manifest["events"]):
        del part["sha256"]
    return json.dumps(manifest)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("tampering"), checksums=True)


@pytest.fixture(scope="module")
def old_desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("tampering"), checksums=False)


def others(field: pa.Field[Any], value: Any) -> Sequence[Any]:
    """Return what else a column could hold, and what it cannot."""
    if pa.types.is_boolean(field.type):
        return [not value, None]
    if pa.types.is_timestamp(field.type):
        return [None, *TICKS] if value is None else [None, *(value + tick for tick in TICKS)]
    if pa.types.is_integer(field.type):
        return [None, *(value + count for count in COUNTS)]
    return [*TEXTS, f"{value}x", f"{value} ", str(value).upper()]


def put(file: Path, name: str, row: int, other: Any = None) -> bool:
    """Write a file anew with another value in one place; tell whether that made a difference."""
    table = pq.read_table(file)
    plain = pa.int64() if pa.types.is_timestamp(table.schema.field(name).type) else None
    column = table.column(name).cast(plain) if plain else table.column(name)
    values = column.to_pylist()
    if values[row] == other:
        return False
    values[row] = other
    place = table.schema.get_field_index(name)
    kind = table.schema.field(name).type
    changed = pa.array(values, plain or kind).cast(kind)
    pq.write_table(table.set_column(place, name, changed), file)
    return True


def stored(file: Path, name: str) -> list[Any]:
    column = pq.read_table(file, columns=[name]).column(name)
    return (
        column.cast(pa.int64()).to_pylist()
        if pa.types.is_timestamp(column.type)
        else column.to_pylist()
    )


@pytest.mark.parametrize(("kind", "name"), COLUMNS)
def test_any_other_value_in_any_column_is_reported(desk: Desk, kind: str, name: str) -> None:
    """By the checksums, whatever it is: one plain and one impossible value for each row."""
    for file in desk.files(kind):
        for row, value in enumerate(stored(file, name)):
            choices = others(SCHEMAS[kind].field(name), value)
            for other in (choices[0], choices[-1]):
                with desk.edited():
                    assert put(file, name, row, other) is desk.found(), (row, other)
    assert not desk.found()


@pytest.mark.parametrize(("kind", "name"), COLUMNS)
def test_without_checksums_the_history_tells(old_desk: Desk, kind: str, name: str) -> None:
    last = old_desk.files(kind)[-1]
    value = stored(last, name)[0]
    for other in others(SCHEMAS[kind].field(name), value):
        if name in {"tags", "changes"} and other == f"{value} ":
            continue  # the same JSON
        with old_desk.edited():
            changed = put(last, name, 0, other)
            if kind == "events" or name not in SILENT:
                assert changed is old_desk.found(), other
            else:
                old_desk.found()  # raises nothing but the store's own error
    assert not old_desk.found()


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_row_that_is_deleted_copied_or_moved_is_reported(
    desk: Desk, old_desk: Desk, kind: str
) -> None:
    for store in (desk, old_desk):
        for file in store.files(kind):
            rows = list(range(pq.read_metadata(file).num_rows))
            moved = [[*rows[1:], rows[0]], *([[1, 0, *rows[2:]]] if rows[2:] else [])]
            if store is old_desk and kind == "entries":
                moved = []  # their order says nothing
            for order in (rows[1:], rows[:-1], [*rows, rows[0]], [rows[-1], *rows], *moved):
                with store.edited():
                    pq.write_table(pq.read_table(file).take(order), file)
                    assert store.found(), order
        assert not store.found()


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_file_that_is_dropped_or_put_in_anothers_place_is_reported(
    desk: Desk, old_desk: Desk, kind: str
) -> None:
    for store in (desk, old_desk):
        first, second = store.files(kind)
        with store.edited():
            first.unlink()
            assert store.found()
        with store.edited():
            shutil.copyfile(first, second)
            assert store.found()
        (foreign,) = (store.path / f"r/tenant-00000002/{kind}-000000000001").parent.glob(
            f"{kind}-000000000001-*"
        )
        with store.edited():
            shutil.copyfile(foreign, first)
            assert store.found()


def fields(value: Any, *path: str | int) -> Iterator[tuple[str | int, ...]]:
    """Return where the plain values of a JSON document are."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from fields(inner, *path, key)
    else:
        yield path


def test_any_other_value_in_any_field_of_a_manifest_is_reported(desk: Desk) -> None:
    text = desk.manifest.read_text()
    for *path, last in fields(json.loads(text)):
        for other in (None, -1, 0, 2, 10**30, "", "x", "0" * 64, {}, []):
            manifest = part = json.loads(text)
            for key in path:
                part = part[key]
            if part[last] != other:
                part[last] = other
                with desk.edited():
                    desk.manifest.write_text(json.dumps(manifest))
                    assert desk.found(), (path, last, other)
    assert not desk.found()


def test_a_store_from_before_checksums_goes_on_and_has_them_from_then_on(old_desk: Desk) -> None:
    with old_desk.edited():
        with ParquetStore(old_desk.path / "r") as store:
            store.commit(OWN, [Draft(OWN).insert("with a checksum")])
        assert not old_desk.found()
        newest = max(old_desk.folder.glob("manifest-*.json"))
        assert [bool(f["sha256"]) for f in json.loads(newest.read_text())["events"]] == [0, 0, 1]


def test_a_manifest_that_is_dropped_is_missed(desk: Desk) -> None:
    with desk.edited():
        for manifest in desk.folder.glob("manifest-*.json"):
            manifest.unlink()
        assert desk.found()
        with ParquetStore(desk.path / "r") as store, pytest.raises(DamagedData, match="has lost"):
            store.commit(OWN, [Draft(OWN).insert("as if nothing had been")])


@pytest.mark.parametrize("other", [None, b"{", b'{"tenant_id": "org_xyz"}', b'{"tenant_id": "x"}'])
def test_a_tenants_name_that_is_changed_or_dropped_is_reported(
    desk: Desk, other: bytes | None
) -> None:
    name = desk.path / "r/tenant-00000001.json"
    with desk.edited():
        if other is None:
            name.unlink()
        else:
            name.write_bytes(other)
        assert desk.found()


def test_a_lost_folder_is_not_given_to_another_tenant(desk: Desk) -> None:
    name = desk.path / "r/tenant-00000001.json"
    with desk.edited():
        content = name.read_bytes()
        name.unlink()
        with ParquetStore(desk.path / "r") as store, pytest.raises(DamagedData, match="elsewhere"):
            store.commit("org_new", [Draft("org_new").insert("m")])
        assert not name.exists()
        name.write_bytes(content)
        assert not desk.found()


def test_a_store_that_was_open_all_along_reports_an_edit_too(desk: Desk) -> None:
    assert Registry(desk.store).tenant(OWN).verify().intact
    with desk.edited():
        assert put(desk.files("entries")[-1], "owner", 0, "nobody")
        assert not Registry(desk.store).tenant(OWN).verify().intact
    assert Registry(desk.store).tenant(OWN).verify().intact


def test_an_event_that_cannot_be_read_is_named_and_the_others_are_read(desk: Desk) -> None:
    with desk.edited():
        assert put(desk.files("events")[0], "at", 1, 2**62)
        with ParquetStore(desk.path / "r") as store:
            verification = Registry(store).tenant(OWN).verify()
            unreadable = [
                found.sequence
                for found in verification.discrepancies
                if "cannot be read" in found.message
            ]
            assert unreadable == [2]
            assert verification.events == 6
