"""Bodies, query strings and log lines: what the document allows is taken, and nothing does harm."""

import gzip
import json
from contextlib import suppress
from urllib.parse import quote

import pytest
from http_service import EXPORT, MODELS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_registry.asgi.params import read_query
from model_registry.codec import read_object
from model_registry.domain.discovery import DiscoveryRequest
from model_registry.domain.entry import Amendment, Registration
from model_registry.domain.inventory import Filter, Window
from model_registry.errors import RequestLogError, TooManyModels, ValidationError
from model_registry.testing.request_log_contract import MONTH, row
from model_registry_parquet import JsonLinesRequestLog

FEW = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
FIELDS = ["model_id", "provider", "risk_tier", "display_name", "validation_status", "owner",
          "description", "tags", "lookback_days", "dry_run", "auto_assign_tier", "id", "x"]  # fmt: skip
texts = st.text(max_size=12) | st.sampled_from(["tier_1", "draft", "m", "\x00", "\ud800", " "])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(st.sampled_from(FIELDS) | texts, values, max_size=8)


def outcome(reading):
    """Return what was read, or the faults that it was refused for; anything else is raised."""
    try:
        return reading()
    except ValidationError as error:
        return error.faults


@pytest.mark.parametrize(
    ("written", "status"),
    [("30", 200), ("30.0", 200), ("3e1", 200), ("30.5", 400), ("1e300", 400), ("-0.0", 400)],
)
def test_a_number_is_whole_however_json_writes_it(memory_client, written, status):
    raw = f'{{"lookback_days": {written}, "dry_run": true}}'
    assert memory_client.post(f"{MODELS}/discover", content=raw).status_code == status


@pytest.mark.parametrize("declared", [Registration, Amendment, DiscoveryRequest])
@given(given_object=objects | values, null_is_absent=st.booleans())
def test_an_object_is_read_or_its_faults_are_named(declared, given_object, null_is_absent):
    read = outcome(lambda: read_object(declared, given_object, null_is_absent=null_is_absent))
    assert isinstance(read, declared) or [fault.field.encode() for fault in read]


@FEW
@given(given_object=objects)
def test_any_object_has_a_documented_answer(memory_client, given_object):
    raw = json.dumps(given_object)  # NaN and lone surrogates too
    allowed = {("POST", MODELS): {201, 400, 409}, ("POST", f"{MODELS}/discover"): {200, 400},
               ("PUT", f"{MODELS}/x"): {400, 404}}  # fmt: skip
    for (method, path), statuses in allowed.items():
        answer = memory_client.request(method, path, content=raw)
        assert answer.status_code in statuses, answer.text
        answer.json()


pieces = st.sampled_from(
    ["limit", "offset", "search", "provider", "risk_tier", "=", "&", "&&", ";", "+", "%", "%00",
     "%ff", "%26", "%C3%A9", "%ED%A0%80", "1", "-1", "tier_1", "%uD800", "\x7f", "\u00e9", "[", "]"]
)  # fmt: skip


@given(
    raw=st.lists(pieces, max_size=12).map("".join).map(str.encode)
    | st.binary(max_size=60)
    | st.dictionaries(st.sampled_from(["limit", "search", "x"]), texts, max_size=3).map(
        lambda d: "&".join(f"{k}={quote(v, errors='replace')}" for k, v in d.items()).encode()
    )
)
def test_a_query_is_read_or_its_faults_are_named(raw):
    read = outcome(lambda: read_query(raw, (Filter, Window)))
    assert [type(one) for one in read] == [Filter, Window] or [fault.field for fault in read]


@FEW
@given(text=texts, form=st.sampled_from(["csv", "json"]))
def test_any_search_has_a_documented_answer(memory_client, text, form):
    query = quote(text.encode("utf-8", "surrogatepass"), safe="")
    for target in (f"{MODELS}?search={query}", f"{EXPORT}?format={form}&provider={query}"):
        assert memory_client.get(target).status_code in {200, 400}


good_line = json.dumps(row("gpt-4o")).encode()
lines = st.one_of(
    st.just(good_line),
    st.binary(max_size=40).map(lambda raw: raw.replace(b"\n", b"")),
    values.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(st.sampled_from(["timestamp", "model", "tenant_id"]), values).map(
        lambda changes: json.dumps({**row("gpt-4o"), **changes}).encode()
    ),
    st.tuples(st.integers(0, len(good_line)), st.binary(max_size=3)).map(
        lambda cut: good_line[: cut[0]] + cut[1].replace(b"\n", b"") + good_line[cut[0] :]
    ),
)


@FEW
@given(
    written=st.lists(lines, max_size=8),
    end=st.sampled_from([b"\n", b"\r\n"]),
    squeeze=st.booleans(),
)
def test_a_log_is_read_whatever_is_in_it(tmp_path_factory, written, end, squeeze):
    path = tmp_path_factory.getbasetemp() / "fuzzed.jsonl"
    raw = end.join(written)
    path.write_bytes(gzip.compress(raw, 1) if squeeze else raw)
    try:
        scan = JsonLinesRequestLog(path).scan("org_abc", MONTH)
    except (RequestLogError, TooManyModels):
        return
    counted = {one.model_id: one.requests for one in scan.sightings}
    assert counted.get("gpt-4o", 0) >= sum(line == good_line for line in written)


@FEW
@given(
    raw=st.binary(max_size=300),
    head=st.sampled_from([b"", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"PAR1"]),
)
def test_a_file_that_is_anything_is_read_or_refused(tmp_path_factory, raw, head):
    path = tmp_path_factory.getbasetemp() / "anything.jsonl"
    path.write_bytes(head + raw)
    with suppress(RequestLogError):
        JsonLinesRequestLog(path).scan("org_abc", MONTH)
