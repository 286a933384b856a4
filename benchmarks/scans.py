"""Scans of request logs, beside DuckDB's own query; each in a process of its own."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from benchmarks import request_logs
from benchmarks.alone import alone, in_rounds
from benchmarks.effort import Effort
from benchmarks.figures import Figure, Row, of_trials
from benchmarks.request_logs import TENANT
from model_registry import Period, open_request_log

_ROUNDS: Final = 3
_MILLIONS: Final = 1_000_000
_JSON_COLUMNS: Final = "{timestamp: 'TIMESTAMP', tenant_id: 'VARCHAR', model: 'VARCHAR'}"


def measured(folder: Path, effort: Effort) -> Iterator[Row]:
    """
    Measure scans of one tenant's requests in 30 days, or of as many as a log has.

    Args:
        folder: where the summaries of incremental scans are kept.
        effort: how often.
    """
    millions = request_logs.ROWS // _MILLIONS
    parquet, json = request_logs.parquet_log(), request_logs.json_log()
    yield from _again_and_again(f"Parquet, {millions} million rows", parquet, 30, folder, effort)
    lines = f"JSON Lines, {millions // 10} million rows"  # of the log's first days
    yield from _again_and_again(lines, json, None, folder, effort)
    yield from _sizes(parquet, millions)


def _again_and_again(
    name: str, log: Path, days: int | None, folder: Path, effort: Effort
) -> Iterator[Row]:
    """Measure scans from nothing, and with the summaries that an earlier one has kept."""
    duckdb = f"benchmarks.scans:{'duckdb_json' if name.startswith('JSON') else 'duckdb_parquet'}"
    mine = "benchmarks.scans:ours"
    scan: dict[str, Any] = {"log": str(log), "days": days}
    again = {**scan, "summaries": str(folder / f"{log.name}.summaries")}
    first = alone(mine, **again, rounds=1)
    scans: list[Figure] = []
    second: list[Figure] = []
    theirs: list[Figure] = []
    for _ in range(effort.trials):
        theirs.append(alone(duckdb, **scan))
        scans.append(alone(mine, **scan))
        second.append(alone(mine, **again))
    for what, ours in (
        (name, of_trials(scans)),
        (f"{name}, second run", of_trials(second)),
        (f"{name}, first run that keeps summaries", first),
    ):
        yield Row(part="scans", name=what, figures={"ours": ours, "DuckDB": of_trials(theirs)})


def _sizes(log: Path, millions: int) -> Iterator[Row]:
    """Measure how cost grows with the log: a scan of everything, once for the largest."""
    logs = {
        "1 million": request_logs.part_of(log, request_logs.FILES // millions),
        f"{millions} million": log,
        f"{millions * 10} million": request_logs.tenfold(log),
    }
    for who, task in (("ours", "ours"), ("DuckDB", "duckdb_parquet")):
        figures = {
            size: alone(f"benchmarks.scans:{task}", log=str(path), rounds=1, days=None)
            for size, path in logs.items()
        }
        yield Row(part="logs", name=f"scan of all of it, {who}", figures=figures)


def ours(
    log: str, summaries: str | None = None, rounds: int = _ROUNDS, days: int | None = 30
) -> Figure:
    """Scan with this library, in this process."""
    with_summaries = {} if summaries is None else {"summaries": summaries}
    opened = open_request_log(log, **with_summaries)
    period = _period(days)
    return in_rounds(lambda: _found(opened.scan(TENANT, period).sightings), rounds)


def duckdb_parquet(log: str, rounds: int = _ROUNDS, days: int | None = 30) -> Figure:
    """Ask DuckDB the same of Parquet files, in this process."""
    return _duckdb(f"read_parquet('{log}/**/*.parquet')", rounds, days)


def duckdb_json(log: str, rounds: int = _ROUNDS, days: int | None = 30) -> Figure:
    """Ask DuckDB the same of JSON Lines, whose columns it is told."""
    rows = f"read_json('{log}/*.jsonl', format='newline_delimited', columns={_JSON_COLUMNS})"
    return _duckdb(rows, rounds, days)


def _duckdb(rows: str, rounds: int, days: int | None) -> Figure:
    import duckdb

    query = (
        f"SELECT model, count(*), epoch_us(min(timestamp)), epoch_us(max(timestamp)) FROM {rows} "
        "WHERE tenant_id = ? AND timestamp BETWEEN ? AND ? AND model <> '' GROUP BY model"
    )
    period = _period(days)
    values = [TENANT, _naive(period.since), _naive(period.until)]
    with duckdb.connect() as connection:
        return in_rounds(lambda: _found(connection.execute(query, values).fetchall()), rounds)


def _period(days: int | None) -> Period:
    return request_logs.LAST_30_DAYS if days else request_logs.ALL_OF_IT


def _naive(at: datetime) -> datetime:
    return at.replace(tzinfo=None)


def _found(models: object) -> None:
    if not models:
        raise SystemExit("a scan that finds nothing measures nothing")
