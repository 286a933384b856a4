"""JSON Lines as they are met: broken, cut, compressed, hostile; nothing of it is fatal."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from pathlib import Path

import pytest

from model_registry.domain.request_log import LogScan, Shape
from model_registry.errors import RequestLogError, TooManyModels
from model_registry.testing.request_log_contract import MONTH, NOW, row
from model_registry_parquet import JsonLinesRequestLog
from model_registry_parquet.json_lines import LONGEST_LINE

GOOD = json.dumps(row("gpt-4o")).encode()


def scanned(path: Path | str, **options: object) -> LogScan:
    return JsonLinesRequestLog(path, **options).scan("org_abc", MONTH)


def counts(scan: LogScan) -> dict[str, int]:
    return {sighting.model_id: sighting.requests for sighting in scan.sightings}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "requests.jsonl"


BROKEN = {
    "not JSON": [
        b"{",
        GOOD[:-9],
        GOOD + GOOD,
        b'{"model": NaN}',
        b"\xef\xbb\xbf{}",
        b'{"model": "\\ud800"}',
        b'{"prompt": "\\udfff"}',
        b'{"prompt": "a\tb"}',
        b'{"model": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"prompt": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}",
        b"\x00",
    ],
    "not UTF-8": [b'{"model": "\xff"}', b'{"prompt": "\xc3"}', b"\xff\xfe{\x00}\x00"],
    "not an object": [b"[]", b"5", b"null", b'"text"', b"[{}]", b"[" * 100_000],
    "a number too large": [b'{"model": 1e999}'],
    "model is not text": [json.dumps(row(model)).encode() for model in (5, True, {}, [], 0)],
    "timestamp is not a time": [
        json.dumps(row("m", timestamp=time)).encode()
        for time in (None, "", "soon", True, [], 10**30, "2026-02-30T00:00:00Z")
    ],
}


@pytest.mark.parametrize(
    ("reason", "line"), [(reason, line) for reason, lines in BROKEN.items() for line in lines]
)
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_broken_line_is_counted_and_told(log: Path, reason: str, line: bytes, end: bytes) -> None:
    log.write_bytes(end.join((GOOD, line, GOOD, b"")))
    scan = scanned(log)
    assert counts(scan) == {"gpt-4o": 2}
    assert (scan.rows_read, scan.rows_broken) == (3, 1)
    assert scan.examples == (f"{log}, line 2: {reason}",)


def test_an_object_over_two_lines_is_two_broken_lines(log: Path) -> None:
    log.write_bytes(GOOD.replace(b", ", b",\n", 1) + b"\n" + GOOD + b" " + GOOD + b"\n")
    scan = scanned(log)
    assert (scan.sightings, scan.rows_read, scan.rows_broken) == ((), 3, 3)


def test_what_a_line_holds_besides_does_not_matter(log: Path) -> None:
    strange = {"prompt": "x" * 100_000, "": {"model": [1, {"model": "no"}]}, "n": 10**400}
    log.write_text(json.dumps({**strange, **row("gpt-4o"), "\u2028": "\u2028"}))
    assert counts(scanned(log)) == {"gpt-4o": 1}


def test_blank_lines_and_a_byte_order_mark_are_nothing(log: Path) -> None:
    log.write_bytes(b"\xef\xbb\xbf" + b"\n \r\n\n".join([GOOD, GOOD]) + b"\n\n")
    scan = scanned(log)
    assert counts(scan) == {"gpt-4o": 2}
    assert (scan.rows_read, scan.rows_broken) == (2, 0)


def test_an_empty_file_has_no_rows(log: Path) -> None:
    log.write_bytes(b"")
    assert scanned(log) == LogScan(sightings=(), rows_read=0)


def test_a_half_written_last_line_is_broken_and_an_unended_one_is_not(log: Path) -> None:
    log.write_bytes(GOOD + b"\n" + GOOD)
    assert counts(scanned(log)) == {"gpt-4o": 2}
    log.write_bytes(GOOD + b"\n" + GOOD[:40])
    scan = scanned(log)
    assert (counts(scan), scan.rows_broken) == ({"gpt-4o": 1}, 1)
    assert scan.examples == (f"{log}, line 2: not JSON",)


def test_only_the_first_five_broken_lines_are_told(log: Path) -> None:
    log.write_bytes(b"?\n" * 9)
    scan = scanned(log)
    assert scan.rows_broken == 9
    assert scan.examples == tuple(f"{log}, line {number}: not JSON" for number in range(1, 6))


def test_line_numbers_hold_over_blocks_and_files(tmp_path: Path) -> None:
    lines = [GOOD] * 20_000
    lines[14_999] = b"?"
    (tmp_path / "b.jsonl").write_bytes(b"\n".join(lines))
    (tmp_path / "a.jsonl").write_bytes(GOOD + b"\n!\n")
    scan = scanned(tmp_path / "*.jsonl")
    assert counts(scan) == {"gpt-4o": 20_000}
    assert [example.rpartition("/")[2] for example in scan.examples] == [
        "a.jsonl, line 2: not JSON",
        "b.jsonl, line 15000: not JSON",
    ]


@pytest.mark.parametrize("packed", [False, True])
def test_a_line_of_50_megabytes_is_passed_over_in_bounded_memory(log: Path, packed: bool) -> None:
    long = json.dumps(row("long", prompt="x" * (50 * 2**20))).encode()
    content = b"\n".join([GOOD, long, GOOD, b"?", long])
    log.write_bytes(gzip.compress(content, 1) if packed else content)
    del long, content
    tracemalloc.start()
    try:
        scan = scanned(log)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert counts(scan) == {"gpt-4o": 2}
    assert (scan.rows_read, scan.rows_broken) == (5, 3)
    too_long = "longer than 16,777,216 bytes"
    assert scan.examples == tuple(
        f"{log}, line {line}: {reason}"
        for line, reason in ((2, too_long), (4, "not JSON"), (5, too_long))
    )
    assert peak < 2.5 * LONGEST_LINE


def test_a_line_just_as_long_as_allowed_is_read(log: Path) -> None:
    bare = len(json.dumps(row("gpt-4o", prompt="")))
    full = json.dumps(row("gpt-4o", prompt="x" * (LONGEST_LINE - bare - 1))).encode() + b"\n"
    assert len(full) == LONGEST_LINE
    log.write_bytes(full + GOOD)
    assert counts(scanned(log)) == {"gpt-4o": 2}


class TestGzip:
    CONTENT = b"\n".join([json.dumps(row(f"model-{n % 7}", n=n)).encode() for n in range(9_000)])

    def test_is_told_by_its_first_bytes(self, log: Path) -> None:
        log.write_bytes(gzip.compress(self.CONTENT))
        assert sum(counts(scanned(log)).values()) == 9_000
        plain = log.with_suffix(".gz")
        plain.write_bytes(self.CONTENT)
        assert sum(counts(scanned(plain)).values()) == 9_000

    def test_may_be_of_several_members_with_padding(self, log: Path) -> None:
        half = len(self.CONTENT) // 2
        members = [gzip.compress(self.CONTENT[:half]), b"\0" * 500, gzip.compress(b"")]
        log.write_bytes(b"".join([*members, gzip.compress(self.CONTENT[half:]), b"\0" * 9]))
        scan = scanned(log)
        assert (sum(counts(scan).values()), scan.rows_broken) == (9_000, 0)

    @pytest.mark.parametrize("cut", [4, 8, 9, 3_000])
    def test_what_could_be_unpacked_counts_and_the_fault_is_told(self, log: Path, cut: int) -> None:
        log.write_bytes(gzip.compress(self.CONTENT)[:-cut])
        scan = scanned(log)
        assert 0 < sum(counts(scan).values()) <= 9_000
        assert 1 <= scan.rows_broken <= 2
        assert scan.examples[-1].endswith(": the compressed data end too early")

    def test_damage_in_the_middle_is_told(self, log: Path) -> None:
        packed = bytearray(gzip.compress(self.CONTENT))
        packed[-4] ^= 1
        log.write_bytes(packed)
        scan = scanned(log)
        assert 8_000 < sum(counts(scan).values()) < 9_000
        assert scan.examples[-1].endswith(": the compressed data are damaged")
        log.write_bytes(gzip.compress(self.CONTENT) + b"something else")
        scan = scanned(log)
        assert (sum(counts(scan).values()), scan.rows_broken) == (9_000, 1)

    def test_a_bomb_takes_no_memory(self, log: Path) -> None:
        log.write_bytes(gzip.compress(b"\0" * 2**28, 1))
        tracemalloc.start()
        try:
            assert (scanned(log).rows_read, scanned(log).rows_broken) == (1, 1)
            assert tracemalloc.get_traced_memory()[1] < 2.5 * LONGEST_LINE
        finally:
            tracemalloc.stop()


def test_numbers_since_1970_in_nested_objects(log: Path) -> None:
    shape = Shape(time="startTime", tenant="metadata.user_api_key_org_id", model="model")
    record = {
        "startTime": NOW.timestamp() - 0.5,
        "model": "gpt-4o",
        "metadata": {"user_api_key_org_id": "org_abc", "headers": {"a": [1]}},
        "messages": [{"role": "user", "content": "x"}],
    }
    log.write_text(json.dumps(record))
    (sighting,) = scanned(log, shape=shape).sightings
    assert sighting.first_seen_at.timestamp() == NOW.timestamp() - 0.5


def test_one_block_with_too_many_models_is_an_error(log: Path) -> None:
    log.write_bytes(b"\n".join(json.dumps(row(f"m{n}")).encode() for n in range(11)))
    assert len(scanned(log, max_models=11).sightings) == 11
    with pytest.raises(TooManyModels, match="more than 10 distinct models"):
        scanned(log, max_models=10)


def test_progress_is_told_in_bytes_of_all_files(tmp_path: Path) -> None:
    for name, lines in (("a.jsonl", 9_000), ("b.jsonl.gz", 9_000), ("c.jsonl", 0)):
        content = (GOOD + b"\n") * lines
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    heard: list[tuple[int, int | None]] = []
    log = JsonLinesRequestLog(tmp_path)
    log.scan("org_abc", MONTH, lambda done, total: heard.append((done, total)))
    total = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert heard == sorted(heard)
    assert heard[-1] == (total, total)
    assert len(heard) > 4


def test_a_folder_that_names_the_tenant_is_believed(tmp_path: Path) -> None:
    for tenant in ("org_abc", "org_xyz", "a%2Fb", "__HIVE_DEFAULT_PARTITION__"):
        folder = tmp_path / "date=2026-03-12" / f"tenant_id={tenant}"
        folder.mkdir(parents=True)
        (folder / "part.jsonl").write_bytes(GOOD + b"\n?\n")
    (tmp_path / "_SUCCESS").write_bytes(b"?")
    (tmp_path / ".part.jsonl.crc").write_bytes(b"?")
    for path in (tmp_path, tmp_path / "date=*", tmp_path / "**" / "*.jsonl"):
        log = JsonLinesRequestLog(path)
        for tenant in ("org_abc", "a/b"):
            scan = log.scan(tenant, MONTH)
            assert (counts(scan), scan.rows_read) == ({"gpt-4o": 1}, 2)
        assert log.scan("nobody", MONTH).rows_read == 0


def test_a_file_that_cannot_be_read_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(RequestLogError, match=r"No file of a request log matches '.*\*\.jsonl'"):
        scanned(tmp_path / "*.jsonl")
    (tmp_path / "gone.jsonl").symlink_to(tmp_path / "nothing")
    with pytest.raises(RequestLogError, match=r"gone\.jsonl"):
        scanned(tmp_path / "gone.jsonl")
    (tmp_path / "a.parquet").write_bytes(b"PAR1" + b"x" * 20)
    with pytest.raises(RequestLogError, match=r"a\.parquet is Parquet, among files of JSON Lines"):
        scanned(tmp_path / "a.parquet")
