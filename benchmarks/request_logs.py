"""Request logs to scan: 20 million requests in Parquet, some of them in JSON Lines too."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from benchmarks.kept import FORM, kept
from model_registry import Period

ROWS: Final = 20_000_000
FILES: Final = 240
"""A file holds a quarter of a day: the log is of 60 days."""

TENANT: Final = "org_0"
_ROWS_A_FILE: Final = -(-ROWS // FILES)
_JSON_FILES: Final = FILES // 10
_COPIES: Final = 10
_PART: Final = timedelta(hours=6)
_BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)
_END: Final = _BEGIN + FILES * _PART
LAST_30_DAYS: Final = Period.before(_END, 30)
ALL_OF_IT: Final = Period(_BEGIN, _END)

_ISO: Final = "%Y-%m-%dT%H:%M:%S.%fZ"

# Eight tenants, of some sixty models that are not used equally often.
_REQUESTS: Final = """
    SELECT
        make_timestamp({begin} + i * {step})::TIMESTAMP AS timestamp,
        'org_' || (hash(i * 3 + 1) % 8) AS tenant_id,
        'model-' || (least(hash(i * 7 + 2) % 60, hash(i * 11 + 3) % 60)) AS model,
        'user-' || (hash(i * 13 + 4) % 5000) AS user,
        (hash(i * 17 + 5) % 4000)::INTEGER AS prompt_tokens,
        (hash(i * 19 + 6) % 1000)::INTEGER AS completion_tokens,
        (hash(i * 23 + 7) % 90000)::INTEGER / 10 AS latency_ms
    FROM range({first}, {first} + {rows}) requests(i)
"""


def parquet_log() -> Path:
    """Return the folder of the log in Parquet files."""
    return kept("requests-parquet", FORM, _write_parquet)


def part_of(log: Path, files: int) -> Path:
    """Return a folder with the first files of a log."""
    return kept(f"{log.stem}-{files}", FORM, lambda path: _link(log, path, files, 1))


def tenfold(log: Path) -> Path:
    """Return a folder in which the same log lies ten times, without taking more disk."""
    return kept(f"{log.stem}-tenfold", FORM, lambda path: _link(log, path, FILES, _COPIES))


def json_log() -> Path:
    """Return the folder of a tenth of the log in JSON Lines."""
    return kept("requests-jsonl", FORM, _write_json)


def _link(log: Path, path: Path, files: int, copies: int) -> None:
    for copy in range(copies):
        folder = path / f"copy-{copy}"
        folder.mkdir(parents=True)
        for file in sorted(log.iterdir())[:files]:
            os.link(file, folder / file.name)


def _query(number: int) -> str:
    step = int(_PART / timedelta(microseconds=1)) // _ROWS_A_FILE
    first = number * _ROWS_A_FILE
    return _REQUESTS.format(
        begin=int(_BEGIN.timestamp()) * 1_000_000, step=step, first=first, rows=_ROWS_A_FILE
    )


def _name(number: int) -> str:
    return f"{_BEGIN + number * _PART:%Y-%m-%d-part-}{number % 4}"


def _write_parquet(path: Path) -> None:
    import duckdb
    import pyarrow.parquet as pq

    path.mkdir()
    with duckdb.connect() as connection:
        for number in range(FILES):
            table = connection.sql(_query(number)).to_arrow_table()
            file = path / f"{_name(number)}.parquet"
            pq.write_table(table, file, row_group_size=100_000, compression="zstd")


def _write_json(path: Path) -> None:
    import duckdb

    path.mkdir()
    with duckdb.connect() as connection:
        for number in range(_JSON_FILES):
            file = path / f"{_name(number)}.jsonl"
            connection.execute(
                f"COPY (SELECT * REPLACE (strftime(timestamp, '{_ISO}') AS timestamp) "
                f"FROM ({_query(number)})) TO '{file}' (FORMAT json)"
            )
