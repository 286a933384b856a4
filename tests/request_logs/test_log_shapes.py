"""Every well-known shape over a sample of its log, which has in it each trap that applies."""

from __future__ import annotations

import gzip
import shutil
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import attrs
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model_registry.domain.request_log import Period, Reason
from model_registry.plugins import open_request_log
from model_registry.shaping import shape_from
from model_registry_memory import IterableRequestLog
from model_registry_parquet.json_lines import Unreadable
from model_registry_parquet.json_values import objects

SAMPLES = Path(__file__).parent / "samples"
MONTH = Period.before(datetime(2026, 3, 13, tzinfo=UTC), 30)
AT_NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


@attrs.frozen(kw_only=True)
class Sample:
    """
    What a scan of a sample has to find.

    ``rows`` are those that are no AI request, name no model, are another's, are
    outside the period, and are not understood.
    """

    shape: str
    file: str
    models: dict[str, int]
    rows: tuple[int, int, int, int, int]
    tenant: str = "org_abc"
    url: str = ""
    microsecond: int = 0


SAMPLE_LIST = [
    Sample(
        shape="native",
        file="native.jsonl",
        models={"gpt-4o": 2, "GPT-4o": 1},
        rows=(0, 3, 1, 1, 2),
    ),
    Sample(
        shape="litellm-payload",
        file="litellm-payload.jsonl",
        models={
            "gpt-4o-2024-08-06": 2,
            "GPT-4o-2024-08-06": 1,
            "bedrock/anthropic.claude-3-5-sonnet-20240620-v1:0": 1,
        },
        rows=(1, 1, 2, 1, 2),
        microsecond=250_000,
    ),
    Sample(
        shape="otel-genai",
        file="otel-genai.jsonl",
        url="tenant=resource.attributes[organization.id]",
        models={"gpt-4o": 1, "claude-3-opus": 1, "gpt-4o-mini-2024-07-18": 1, "GPT-4o": 1},
        rows=(2, 1, 2, 1, 2),
    ),
    Sample(
        shape="bedrock",
        file="bedrock.jsonl",
        tenant="123456789012",
        models={
            "anthropic.claude-3-haiku-20240307-v1:0": 1,
            "Anthropic.Claude-3-Haiku-20240307-v1:0": 1,
            "us.anthropic.claude-3-5-sonnet-20241022-v2:0": 1,
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/"
            "us.anthropic.claude-3-5-sonnet-20241022-v2:0": 1,
        },
        rows=(1, 1, 1, 1, 2),
    ),
    Sample(
        shape="bedrock",
        file="bedrock-concatenated.json",
        tenant="210987654321",
        models={"anthropic.claude-3-haiku-20240307-v1:0": 1},
        rows=(1, 1, 7 - 1, 0, 0),
    ),
    Sample(
        shape="azure-openai",
        file="azure-openai.jsonl",
        tenant="4b5c6d7e-0000-1111-2222-333344445555",
        models={"gpt-4o": 2, "GPT-4o": 1, "advice-prod": 1},
        rows=(1, 2, 1, 1, 2),
        microsecond=123_456,
    ),
    *(
        Sample(
            shape="langfuse",
            file=file,
            tenant="proj_1",
            models={"gpt-4o": 1, "GPT-4o": 1, "text-embedding-3-small": 1},
            rows=(0, 2, 1, 1, broken),
            microsecond=963_000,
        )
        for file, broken in (("langfuse.jsonl", 2), ("langfuse.json", 1), ("langfuse.csv", 2))
    ),
    Sample(
        shape="portkey",
        file="portkey.jsonl",
        url="all_rows_are=org_abc",
        models={"gpt-4o": 1, "GPT-4o": 1},
        rows=(0, 2, 0, 1, 2),
    ),
    *(
        Sample(
            shape="helicone",
            file=file,
            models={"gpt-4o": 1, "GPT-4o": 1, "claude-3-opus": 1},
            rows=(0, 1, 1, 1, broken),
        )
        for file, broken in (("helicone.jsonl", 2), ("helicone.json", 1))
    ),
    # The CSV of the export tool has neither the organization nor other names of the model.
    Sample(
        shape="helicone",
        file="helicone.csv",
        url="all_rows_are=org_abc",
        models={"gpt-4o": 2, "GPT-4o": 1},
        rows=(0, 2, 0, 1, 2),
    ),
]
each_sample = pytest.mark.parametrize("sample", SAMPLE_LIST, ids=lambda sample: sample.file)


def named(path: Path, sample: Sample, **more: str) -> str:
    given = [f"shape={sample.shape}", *([sample.url] if sample.url else [])]
    given += [f"{name}={quote(value)}" for name, value in more.items()]
    return f"file:///{quote(str(path))}?{'&'.join(given)}"


def said(url: str, sample: Sample) -> tuple[dict[str, int], int | None, int]:
    scan = open_request_log(url).scan(sample.tenant, MONTH)
    return {s.model_id: s.requests for s in scan.sightings}, scan.rows_read, scan.rows_broken


@each_sample
def test_a_scan_finds_the_tenants_ai_requests_and_no_others(sample: Sample) -> None:
    log = open_request_log(named(SAMPLES / sample.file, sample))
    scan = log.scan(sample.tenant, MONTH)

    assert {s.model_id: s.requests for s in scan.sightings} == sample.models
    assert scan.rows_broken == sample.rows[-1]
    assert scan.rows_read == sum(sample.models.values()) + sum(sample.rows)
    if "gpt-4o" in sample.models:
        first = min(s.first_seen_at for s in scan.sightings)
        assert first == AT_NINE.replace(microsecond=sample.microsecond) or sample.shape == "native"


@each_sample
def test_every_row_is_explained(sample: Sample) -> None:
    told = open_request_log(named(SAMPLES / sample.file, sample)).explain(sample.tenant, MONTH)

    assert told.rows_counted == sum(sample.models.values())
    reasons = told.not_counted or {}
    assert (*(reasons.get(reason, 0) for reason in Reason), told.rows_broken) == sample.rows
    assert told.rows_read == told.rows_counted + sum(sample.rows)
    model = [field for field in told.fields if field.purpose == "model"]
    assert any(field.rows and field.values for field in model)
    assert len(told.names) > 3


@each_sample
def test_compressed_it_is_the_same(sample: Sample, tmp_path: Path) -> None:
    path = tmp_path / f"{sample.file}.gz"
    path.write_bytes(gzip.compress((SAMPLES / sample.file).read_bytes()))

    plain = said(named(SAMPLES / sample.file, sample), sample)
    assert said(named(path, sample), sample) == plain


@each_sample
def test_with_summaries_it_is_the_same(sample: Sample, tmp_path: Path) -> None:
    summaries = str(tmp_path / "summaries.db")
    path = tmp_path / sample.file
    shutil.copy(SAMPLES / sample.file, path)

    plain = said(named(path, sample), sample)
    url = named(path, sample, summaries=summaries)
    assert said(url, sample) == plain
    assert said(url, sample) == plain


@pytest.mark.parametrize(
    "sample",
    [sample for sample in SAMPLE_LIST if sample.file.endswith(".jsonl")],
    ids=lambda sample: sample.file,
)
def test_a_line_that_is_written_on_counts_from_then_on(sample: Sample, tmp_path: Path) -> None:
    whole = (SAMPLES / sample.file).read_bytes()
    first, half = whole.split(b"\n", 1)[0], whole.rsplit(b"\n", 1)[1]
    path = tmp_path / sample.file
    path.write_bytes(whole)
    url = named(path, sample, summaries=str(tmp_path / "summaries.db"))
    before, _, broken = said(url, sample)
    path.write_bytes(whole[: -len(half)] + first + b"\n")

    after, _, still_broken = said(url, sample)
    assert still_broken < broken
    assert sum(after.values()) > sum(before.values())


@pytest.mark.parametrize(
    "sample",
    [sample for sample in SAMPLE_LIST if ".json" in sample.file],
    ids=lambda sample: sample.file,
)
def test_rows_in_python_mean_the_same(sample: Sample) -> None:
    """The definition, ``RowReader``, says of the same rows what the fast ways say."""
    with (SAMPLES / sample.file).open("rb") as file:
        texts = [text for text in objects(file) if not isinstance(text, Unreadable)]
    pairs = [f"shape={sample.shape}", *([sample.url] if sample.url else [])]
    shape = shape_from(dict(pair.split("=", 1) for pair in pairs))
    rows = [msgspec.json.decode(text) for text in texts]

    scan = IterableRequestLog(rows, shape).scan(sample.tenant, MONTH)
    assert {s.model_id: s.requests for s in scan.sightings} == sample.models


def test_langfuse_in_parquet_has_columns_of_times_and_of_text(tmp_path: Path) -> None:
    rows = msgspec.json.decode((SAMPLES / "langfuse.json").read_bytes())
    for row in rows:
        row["start_time"] = datetime.fromisoformat(row["start_time"] or "1999-01-01")
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "langfuse.parquet")
    url = f"parquet:///{tmp_path}?shape=langfuse"

    scan = open_request_log(url).scan("proj_1", MONTH)
    assert {s.model_id: s.requests for s in scan.sightings} == {
        "gpt-4o": 1,
        "GPT-4o": 1,
        "text-embedding-3-small": 1,
    }
    told = open_request_log(url).explain("proj_1", MONTH)
    assert (told.rows_read, told.rows_counted, told.rows_broken) == (8, 3, 0)


@each_sample
def test_nobody_gets_the_rows_of_a_log_that_are_said_to_be_anothers(sample: Sample) -> None:
    shape = attrs.evolve(sample, url="all_rows_are=org_xyz")
    log = open_request_log(named(SAMPLES / sample.file, shape))
    assert log.scan("org_abc", MONTH).sightings == ()
    assert log.scan("org_xyz", MONTH).sightings
    told = log.explain("org_abc", MONTH)
    assert told.rows_counted == 0
    assert (told.not_counted or {})[Reason.OTHER_TENANT]
