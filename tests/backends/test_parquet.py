"""The Parquet store keeps what every store keeps, and its files are anybody's to read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp

import duckdb
import pandas
import pytest
from hypothesis import settings

from model_registry.domain.chain import Head
from model_registry.domain.inventory import EVERYTHING
from model_registry.errors import ModelNotFound, SchemaOutdated, StoreError
from model_registry.testing import Draft, StoreContract, store_state_machine
from model_registry_parquet import ParquetStore, open_store


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class TestParquetStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[ParquetStore]:
        with ParquetStore(tmp_path / "registry") as store:
            yield store


def _fresh() -> ParquetStore:
    return ParquetStore(Path(mkdtemp()) / "registry", grace=timedelta(0))


def _reopened(store: ParquetStore) -> ParquetStore:
    store.close()
    return ParquetStore(store.path, grace=timedelta(0))


TestParquetMachine = store_state_machine(_fresh, _reopened).TestCase
TestParquetMachine.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)


def test_another_stores_commit_is_seen_at_once(tmp_path: Path) -> None:
    with ParquetStore(tmp_path / "r") as one, ParquetStore(tmp_path / "r") as other:
        draft = Draft()
        assert other.head("org_abc") == Head()
        insert = draft.insert("gpt-4o")
        one.commit("org_abc", [insert])
        assert other.get("org_abc", insert.entry.id) == insert.entry
        replaced = draft.replace(insert.entry, owner="risk")
        other.commit("org_abc", [replaced])
        assert one.get("org_abc", insert.entry.id) == replaced.after
        one.commit("org_abc", [draft.remove(replaced.after)])
        assert other.page("org_abc", EVERYTHING, 50, 0).total == 0
        with pytest.raises(ModelNotFound):
            other.commit("org_abc", [draft.replace(replaced.after, owner="x")])


def test_nothing_on_disk_is_named_after_data(tmp_path: Path) -> None:
    with ParquetStore(tmp_path / "r") as store:
        for tenant in ("../../etc", "/", ".", "a\\b", "org_abc", "ORG_ABC", "org_abc "):
            store.commit(tenant, [Draft(tenant).insert("../../../passwd")])
            assert store.head(tenant).sequence == 1
    ours = re.compile(
        r"registry\.json|lock|tenant-\d{8}(\.json)?"
        r"|(entries|events)-\d{12}-[0-9a-f]{8}\.parquet|manifest-\d{12}\.json"
    )
    found = [path.name for path in tmp_path.glob("r/**/*")]
    assert all(ours.fullmatch(name) for name in found), found
    assert names(tmp_path) == ["r"]


def test_a_tenants_commit_touches_no_other_tenants_files(tmp_path: Path) -> None:
    with ParquetStore(tmp_path / "r") as store:
        store.commit("one", [Draft("one").insert("m")])
        store.commit("two", [Draft("two").insert("m")])
        before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("r/*.*")}
        one = names(tmp_path / "r/tenant-00000001")
        store.commit("two", [Draft("two").insert("n")])
        assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("r/*.*")} == before
        assert names(tmp_path / "r/tenant-00000001") == one


def test_memory_holds_no_more_than_so_many_entries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model_registry_parquet.tenants.MOST_HELD", 5)
    tenants = [f"org-{number}" for number in range(6)]
    with ParquetStore(tmp_path / "r") as store:
        for tenant in tenants:
            store.commit(tenant, [Draft(tenant).insert(f"m{n}") for n in range(2)])
    with ParquetStore(tmp_path / "r") as store:
        for tenant in tenants * 2:
            assert store.page(tenant, EVERYTHING, 50, 0).total == 2
        ledgers = [store._tenants.find(tenant) for tenant in tenants]
        assert sum(ledger.current.known is not None for ledger in ledgers) <= 3


def test_pandas_and_duckdb_read_the_files_as_they_lie(tmp_path: Path) -> None:
    at = datetime(2026, 3, 13, 1, 2, 3, 4, UTC)
    with ParquetStore(tmp_path / "r") as store:
        draft = Draft()
        kept = draft.insert("gpt-4o", tags={"b": "ü", "a": "1"}, owner="risk")
        gone = draft.insert("claude-2")
        store.commit("org_abc", [kept, gone, draft.adopt("o3", at)])
        store.commit("org_abc", [draft.remove(gone.entry)])
        store.commit("org_xyz", [Draft("org_xyz").insert("gpt-4o")])

    frame = pandas.concat(map(pandas.read_parquet, sorted(tmp_path.glob("r/*/entries-*.parquet"))))
    row = frame[frame.id == kept.entry.id].iloc[0]
    assert (row.tenant_id, row.model_id, row.risk_tier) == ("org_abc", "gpt-4o", "tier_4")
    assert json.loads(row.tags) == {"a": "1", "b": "ü"}
    assert row.created_at == kept.entry.created_at

    found = duckdb.sql(f"""
        select model_id, tags, epoch_us(last_seen_at)
        from '{tmp_path}/r/*/entries-*.parquet'
        qualify row_number() over (partition by id order by revision desc) = 1 and not removed
        order by tenant_id, model_id
    """).fetchall()
    micros = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    tags = '{"a":"1","b":"ü"}'
    assert found == [("gpt-4o", tags, None), ("o3", "{}", micros), ("gpt-4o", "{}", None)]
    actions = duckdb.sql(f"""
        select action, changes->'$.owner.to' from '{tmp_path}/r/*/events-*.parquet'
        where tenant_id = 'org_abc' order by sequence
    """).fetchall()
    assert [action for action, _ in actions] == [
        "registered",
        "registered",
        "discovered",
        "deleted",
    ]
    assert actions[0][1] == '"risk"'


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("parquet:///r", "r"),
        ("parquet:///inner/r%20x", "inner/r x"),
        ("parquet:///{here}/r", "{here}/r"),
    ],
)
def test_three_slashes_are_relative_and_four_from_the_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, path: str
) -> None:
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path)
    with open_store(url.format(here=tmp_path)) as store:
        assert store.path == tmp_path / path.format(here=tmp_path)


@pytest.mark.parametrize(
    "url", ["parquet://folder", "parquet://", "parquet:///", "parquet:///r?grace=1"]
)
def test_a_url_that_names_no_folder_is_refused(url: str) -> None:
    with pytest.raises(StoreError, match="parquet:///folder"):
        open_store(url)


def test_a_folder_that_is_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(StoreError, match=r"holds 'thesis\.txt' and is no Parquet store"):
        ParquetStore(tmp_path)
    assert names(tmp_path) == ["thesis.txt"]
    with pytest.raises(StoreError, match="cannot be opened: No such file"):
        ParquetStore(tmp_path / "not/there")
    with pytest.raises(StoreError, match="cannot be opened: "):
        ParquetStore(tmp_path / "thesis.txt")


def test_a_store_in_another_format_is_refused(tmp_path: Path) -> None:
    ParquetStore(tmp_path / "r").close()
    (tmp_path / "r/registry.json").write_text('{"format": 2}')
    with pytest.raises(SchemaOutdated, match="has format 2, and this version reads 1"):
        ParquetStore(tmp_path / "r")
