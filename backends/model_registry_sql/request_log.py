"""Request logs that are tables or views of a SQL database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event

from model_registry.domain.log_explanation import LogExplanation
from model_registry.domain.request_log import (
    MAX_MODELS,
    NATIVE,
    LogScan,
    Period,
    Progress,
    RowReader,
    Shape,
    Sighting,
    SightingTally,
)
from model_registry.errors import RegistryError, RequestLogError
from model_registry.ports import RequestLog
from model_registry.shaping import PARAMETERS, shape_from
from model_registry_sql.failures import reason, wrapping
from model_registry_sql.log_explained import explained
from model_registry_sql.log_groups import Group, database_groups
from model_registry_sql.log_table import find_table
from model_registry_sql.sqlite_log import sqlite_groups
from model_registry_sql.urls import dialect_of, parted, read_url, shown

_MOST_EXAMPLES: Final = 5
_EXTRAS: Final = {
    "trino": "trino",
    "bigquery": "bigquery",
    "snowflake": "snowflake",
    "databricks": "databricks",
    "clickhousedb": "clickhouse",
    "duckdb": "duckdb",
}
"""Which extra brings the dialect of a URL's database."""

_OURS: Final = ("table", "schema", *PARAMETERS)


@contextmanager
def _wrapping(what: str) -> Iterator[None]:
    """Wrap what any driver raises: those of warehouses have errors of their own, too."""
    try:
        with wrapping(RequestLogError, what):
            yield
    except RegistryError:
        raise
    except Exception as error:
        raise RequestLogError(f"{what}: {reason(error)}") from error


class SqlRequestLog(RequestLog):
    """
    A log in a table or view of any database that SQLAlchemy knows.

    A scan is one statement, and what comes back is a row for each model. A log
    is never written. Times may be timestamps (those without a zone are UTC),
    numbers, or ISO 8601 texts; ``docs/sql.md`` says how each is compared.

    Args:
        engine: of the host, which is never disposed.
        table: name of the table or view.
        schema: where it is, None for the connection's own schema.
        shape: what its columns are called.
        max_models: how many distinct models a scan may hold.

    Raises:
        RequestLogError: the database cannot be reached, or has no such table or column.
    """

    def __init__(
        self,
        engine: Engine,
        table: str,
        schema: str | None = None,
        shape: Shape = NATIVE,
        *,
        max_models: int = MAX_MODELS,
    ) -> None:
        self._engine = engine
        self._owns_engine = False
        self._shape = shape
        self._max_models = max_models
        self._what = f"The request log {shown(engine.url)}"
        with _wrapping(f"{self._what} cannot be opened"):
            self._table = find_table(engine, table, schema, shape)

    @classmethod
    def open(cls, url: URL, *args: Any, engine_options: dict[str, Any], **options: Any) -> Self:
        """Open a log on an engine of its own, which closing it disposes."""
        engine = _open_engine(url, engine_options)
        try:
            log = cls(engine, *args, **options)
        except BaseException:
            engine.dispose()
            raise
        log._owns_engine = True
        return log

    def scan(self, tenant_id: str, period: Period, progress: Progress | None = None) -> LogScan:
        if self._shape.is_only_others(tenant_id):
            return LogScan(sightings=())
        tally = SightingTally(self._max_models)
        broken = 0
        examples: list[str] = []
        time, model = self._shape.time, self._shape.model
        with (
            _wrapping(f"{self._what} cannot be read"),
            self._engine.connect() as connection,
        ):
            for group in self._groups(connection, RowReader(self._shape, tenant_id, period)):
                if not isinstance(group.model, str):
                    count, example = group.requests + group.broken, f"{model} is not text"
                elif group.model.isspace():
                    continue
                else:
                    count = group.broken
                    example = f"{time} is not a time: {group.example or 'null'}"
                    if group.requests and group.first is not None and group.last is not None:
                        tally.add(Sighting(group.model, group.requests, group.first, group.last))
                broken += count
                if count and len(examples) < _MOST_EXAMPLES:
                    examples.append(f"{count} rows of model {group.model!r}: {example}")
        return LogScan(sightings=tally.total(), rows_broken=broken, examples=tuple(examples))

    def explain(
        self, tenant_id: str, period: Period, progress: Progress | None = None
    ) -> LogExplanation:
        with (
            _wrapping(f"{self._what} cannot be read"),
            self._engine.connect() as connection,
        ):
            return explained(connection, self._table, RowReader(self._shape, tenant_id, period))

    def _groups(self, connection: Connection, meant: RowReader) -> Iterator[Group]:
        if connection.dialect.name == "sqlite":
            return sqlite_groups(connection, self._table, meant)
        return database_groups(connection, self._table, meant, self._max_models)

    def close(self) -> None:
        if self._owns_engine:
            self._engine.dispose()


def open_request_log(url: str, *, max_models: int = MAX_MODELS, **options: Any) -> SqlRequestLog:
    """
    Open the request log that a URL names, for reading only.

    Args:
        url: of the database, with ``table`` in its query and, where they are
            needed, ``schema``, ``shape`` (a well-known one or a TOML file), ``time``,
            ``model``, ``tenant`` (empty if the log has none), ``time_unit`` and
            ``all_rows_are``; what else is there is the driver's.
        max_models: how many distinct models a scan may hold.
        options: for SQLAlchemy's ``create_engine``.

    Raises:
        RequestLogError: no such database, table or column, or it cannot be reached.
    """
    database, given = parted(read_url(url, RequestLogError), url, _OURS)
    table, schema = given.pop("table", ""), given.pop("schema", "")
    if not table:
        raise RequestLogError(
            f"A request log in a database needs the name of its table: {shown(database)}?table=…"
        )
    shape = shape_from(given)
    return SqlRequestLog.open(
        database, table, schema or None, shape, max_models=max_models, engine_options=options
    )


def _open_engine(url: URL, options: dict[str, Any]) -> Engine:
    """Open an engine that holds no connection between scans, which are rare."""
    with _wrapping(f"The request log {shown(url)} cannot be opened"):
        settings = {"poolclass": NullPool, "hide_parameters": True, **options}
        if _dialect(url) != "sqlite":
            return create_engine(url, **_only_reading(url, settings))
        engine = create_engine(_read_only(url), **settings)
        event.listen(engine, "connect", _take_any_text)
        return engine


def _dialect(url: URL) -> str:
    try:
        return dialect_of(url, RequestLogError)
    except RequestLogError as error:
        extra = _EXTRAS.get(url.drivername.partition("+")[0])
        if extra is None:
            raise
        raise RequestLogError(
            f"{url.drivername}:// needs a package that is not installed; "
            f"run: pip install 'model-risk-registry[{extra}]'"
        ) from error


def _only_reading(url: URL, settings: dict[str, Any]) -> dict[str, Any]:
    if url.get_backend_name() != "duckdb":
        return settings
    if not Path(url.database or "").is_file():
        raise RequestLogError(f"The request log {url.database or shown(url)} does not exist")
    return {**settings, "connect_args": {"read_only": True, **settings.get("connect_args", {})}}


def _read_only(url: URL) -> URL:
    """Return the URL of a SQLite file as one that can neither change nor create it."""
    name = url.database or ""
    if not name.startswith("file:"):
        if not Path(name).is_file():
            raise RequestLogError(f"The request log {name or shown(url)} does not exist")
        name = f"file:{quote(name)}"
    return url.set(database=name).update_query_dict({"mode": "ro", "uri": "true"})


def _take_any_text(connection: Any, _: object) -> None:
    """Let a model id that is not UTF-8 be one that cannot be registered, not the scan's end."""
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
