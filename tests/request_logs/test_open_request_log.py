"""A log in files is named by a path or a URL, and what is in it decides what it is."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model_registry.domain.request_log import Shape
from model_registry.errors import RequestLogError
from model_registry.plugins import open_request_log
from model_registry.testing.request_log_contract import MONTH, NOW, row
from model_registry_parquet import JsonLinesRequestLog, ParquetRequestLog


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/a b.jsonl").write_text(json.dumps(row("gpt-4o")))
    (tmp_path / "parquet/tenant_id=org_abc").mkdir(parents=True)
    rows = pa.table({"model": ["gpt-4o"], "timestamp": [NOW]})
    pq.write_table(rows, tmp_path / "parquet/tenant_id=org_abc/part-0")
    return tmp_path


@pytest.mark.parametrize(
    "url",
    [
        "logs/a b.jsonl",
        "logs",
        "logs/",
        "{here}/logs",
        "logs/?[ ]b.json*",
        "**/*.jsonl",
        "file:///logs/a%20b.jsonl",
        "file:///{here}/logs",
        "jsonl:///logs/*",
        "JSONL:///{here}/logs/a b.jsonl",
        "parquet",
        "parquet/*/part-*",
        "file:///parquet",
        "parquet:///parquet",
        "parquet:///{here}/parquet/*",
    ],
)
def test_paths_and_urls(here: Path, url: str) -> None:
    log = open_request_log(url.format(here=here))
    kind = ParquetRequestLog if "parquet" in url.replace(str(here), "") else JsonLinesRequestLog
    assert type(log) is kind
    (sighting,) = log.scan("org_abc", MONTH).sightings
    assert (sighting.model_id, sighting.requests) == ("gpt-4o", 1)


def test_a_url_sets_the_shape(here: Path) -> None:
    record = {"at": (NOW.timestamp() - 1) * 1000, "called": {"id": "o3"}, "org": "org_abc"}
    (here / "odd.jsonl").write_text(json.dumps(record) + "\n" + json.dumps({**record, "org": "x"}))
    url = "jsonl:///odd.jsonl?time=at&time_unit=ms&model=called.id&tenant="
    for tenant, requests in (("", 2), ("org", 1)):
        (sighting,) = open_request_log(url + tenant).scan("org_abc", MONTH).sightings
        assert (sighting.model_id, sighting.requests) == ("o3", requests)
        assert sighting.first_seen_at == NOW - timedelta(seconds=1)
    given = Shape(time="wrong", model="called.id", tenant="org", time_unit="ms")
    log = open_request_log("jsonl:///odd.jsonl?time=at", shape=given)
    assert len(log.scan("org_abc", MONTH).sightings) == 1


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nothing.jsonl", r"No file of a request log matches 'nothing\.jsonl'"),
        ("logs/*.gz", r"No file of a request log matches 'logs/\*\.gz'"),
        ("parquet:///nothing", "No file of a request log matches 'nothing'"),
        ("empty", "No file of a request log matches 'empty'"),
        ("", "is named by a path"),
        ("file://", "is named by a path"),
        ("jsonl://logs", r"jsonl:///relative/path or jsonl:////path/from/the/root"),
        (
            "file:///logs?tiem=at",
            "no parameter 'tiem'; there are shape, all_rows_are, time, model, tenant, time_unit, su",
        ),
        ("file:///logs?time_unit=h", "time_unit must be s, ms, us or ns, not 'h'"),
        ("file:///logs?model=", "'model' of a request log names nothing"),
        ("*", "names Parquet and other files, such as"),
    ],
)
def test_what_names_no_log_is_an_error_in_one_line(here: Path, url: str, message: str) -> None:
    (here / "empty").mkdir()
    with pytest.raises(RequestLogError, match=message) as caught:
        open_request_log(url)
    assert "\n" not in str(caught.value)


def test_files_that_come_later_are_found(here: Path) -> None:
    log = open_request_log("logs")
    (here / "logs/later.jsonl").write_text(json.dumps(row("gpt-4o")))
    (sighting,) = log.scan("org_abc", MONTH).sightings
    assert sighting.requests == 2
