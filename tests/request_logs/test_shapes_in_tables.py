"""Shapes over tables: what databases say of rows is what ``RowReader`` says, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    Column,
    DateTime,
    Engine,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    insert,
)

from model_registry.domain.log_explanation import Explaining
from model_registry.domain.log_shapes import LOG_SHAPES
from model_registry.domain.request_log import Period, Reason, RowReader, Shape
from model_registry.errors import RequestLogError
from model_registry.plugins import open_request_log
from model_registry_memory import IterableRequestLog
from model_registry_sql import SqlRequestLog

NOW = datetime(2026, 3, 13, tzinfo=UTC)
MONTH = Period.before(NOW, 30)
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
SHAPE = Shape(
    time="told",
    time_unit="ms",
    model="asked | answered",
    tenant="org | team",
    where={"kind": ["chat", "embed"]},
    unless={"call": "tool"},
)

_numbers = count(1)


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "duckdb"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("log")
    urls = {"sqlite": f"sqlite:///{folder}/log.db", "duckdb": f"duckdb:///{folder}/log.duckdb"}
    url = urls.get(request.param) or request.getfixturevalue("new_postgresql_url")()
    engine = create_engine(url)
    yield engine
    engine.dispose()


def filled(engine: Engine, rows: Sequence[dict[str, Any]], at: Any = Text) -> str:
    name = f"log_{next(_numbers)}"
    texts = ("asked", "answered", "org", "team", "kind", "call", "unused")
    table = Table(name, MetaData(), Column("told", at), *(Column(text, Text) for text in texts))
    with engine.begin() as connection:
        table.create(connection)
        if rows:
            connection.execute(insert(table), rows)
    return name


texts = {
    "asked": st.sampled_from(["gpt-4o", "GPT-4o", "", None]),
    "answered": st.sampled_from(["gpt-4o-mini", "", None, " "]),
    "org": st.sampled_from(["org_abc", "org_xyz", "", None]),
    "team": st.sampled_from(["org_abc", "ORG_ABC", "", None]),
    "kind": st.sampled_from(["chat", "embed", "login", None]),
    "call": st.sampled_from(["tool", "", "completion", None]),
}
written = st.sampled_from(
    [
        "2026-03-02T09:00:00Z",
        "2026-03-02 09:00:00",
        "2026-03-02T09:00:00+05:45",
        str(int(NINE.timestamp() * 1000)),
        "2024-03-02T09:00:00Z",
        "1",
        "",
        "soon",
        None,
    ]
)


def agrees(engine: Engine, rows: Sequence[dict[str, Any]], name: str, shape: Shape) -> None:
    log = SqlRequestLog(engine, name, shape=shape)
    meant = IterableRequestLog(rows, shape)
    scan, said = log.scan("org_abc", MONTH), meant.scan("org_abc", MONTH)
    assert scan.sightings == said.sightings
    assert scan.rows_broken == said.rows_broken

    explaining = Explaining(RowReader(shape, "org_abc", MONTH))
    for row in rows:
        explaining.add(row, "")
    told, wanted = log.explain("org_abc", MONTH), explaining.told()
    assert told.rows_read == wanted.rows_read
    assert told.rows_counted == wanted.rows_counted
    assert told.not_counted == wanted.not_counted
    assert told.rows_broken == wanted.rows_broken
    found = {(field.purpose, field.path): field.rows for field in wanted.fields}
    assert {(field.purpose, field.path): field.rows for field in told.fields} == found


@given(rows=st.lists(st.fixed_dictionaries({"told": written, **texts}), max_size=25))
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_table_says_what_its_rows_say(engine: Engine, rows: list[dict[str, Any]]) -> None:
    agrees(engine, rows, filled(engine, rows), SHAPE)


def test_a_column_of_times_is_explained_too(engine: Engine) -> None:
    times = [NINE, NINE - timedelta(days=400), None]
    rows = [
        {"told": at and at.replace(tzinfo=None), "asked": model, "org": org, "kind": "chat"}
        for at in times
        for model in ("gpt-4o", "")
        for org in ("org_abc", "org_xyz")
    ]
    agrees(engine, rows, filled(engine, rows, DateTime), SHAPE)
    plain = Shape(time="told", model="asked", tenant=None, all_rows_are="org_xyz")
    agrees(engine, rows, filled(engine, rows, DateTime), plain)


def test_what_a_table_cannot_have_is_refused_when_it_is_opened(engine: Engine) -> None:
    name = filled(engine, [])
    for shape, what in (
        (LOG_SHAPES["otel-genai"], r"resourceSpans\.scopeSpans\.spans, attributes\[gen_ai"),
        (LOG_SHAPES["azure-openai"], r"records, properties\{\}\.modelName"),
        (
            Shape(time="told", model="asked | gone", tenant="gone | lost"),
            "no column 'gone', 'lost'",
        ),
    ):
        with pytest.raises(RequestLogError, match=what):
            SqlRequestLog(engine, name, shape=shape)
    some = SqlRequestLog(engine, name, shape=Shape(time="told", model="gone | asked", tenant=None))
    assert some.scan("org_abc", MONTH).sightings == ()


def test_columns_of_different_types_cannot_stand_for_one_another(engine: Engine) -> None:
    name = f"log_{next(_numbers)}"
    table = Table(
        name, MetaData(), Column("told", DateTime), Column("seen", Integer), Column("m", Text)
    )
    with engine.begin() as connection:
        table.create(connection)
    log = SqlRequestLog(engine, name, shape=Shape(time="told | seen", model="m", tenant=None))
    with pytest.raises(RequestLogError, match="cannot stand for one another: told"):
        log.scan("org_abc", MONTH)


# As prisma writes the migration of the model LiteLLM_SpendLogs.
SPEND_LOGS = """
CREATE TABLE "LiteLLM_SpendLogs" (
    "request_id" TEXT NOT NULL,
    "call_type" TEXT NOT NULL,
    "api_key" TEXT NOT NULL DEFAULT '',
    "spend" DOUBLE PRECISION NOT NULL DEFAULT 0.0,
    "startTime" TIMESTAMP(3) NOT NULL,
    "endTime" TIMESTAMP(3) NOT NULL,
    "model" TEXT NOT NULL DEFAULT '',
    "model_id" TEXT DEFAULT '',
    "model_group" TEXT DEFAULT '',
    "custom_llm_provider" TEXT DEFAULT '',
    "metadata" JSONB DEFAULT '{}',
    "team_id" TEXT,
    "organization_id" TEXT,
    "messages" JSONB DEFAULT '{}',
    CONSTRAINT "LiteLLM_SpendLogs_pkey" PRIMARY KEY ("request_id")
)
"""


def test_litellms_spend_logs(new_postgresql_url: Any) -> None:
    url = new_postgresql_url()
    calls = [
        ("gpt-4o-2024-08-06", "org_abc", "team_1", "acompletion", NINE),
        ("GPT-4o-2024-08-06", "org_abc", "team_1", "acompletion", NINE),
        ("gpt-4o-2024-08-06", None, "org_abc", "aembedding", NINE + timedelta(hours=1)),
        ("gpt-4o-2024-08-06", "", "org_abc", "acompletion", NINE),
        ("gpt-4o-2024-08-06", "org_xyz", "org_abc", "acompletion", NINE),
        ("gpt-4o-2024-08-06", None, None, "acompletion", NINE),
        ("", "org_abc", None, "acompletion", NINE),
        ("MCP: search", "org_abc", None, "call_mcp_tool", NINE),
        ("gpt-3.5-turbo", "org_abc", None, "acompletion", NINE - timedelta(days=300)),
    ]
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(SPEND_LOGS)
        for number, (model, org, team, kind, at) in enumerate(calls):
            connection.execute(
                'INSERT INTO "LiteLLM_SpendLogs" ("request_id", "call_type", "startTime", "endTime",'
                ' "model", "model_id", "model_group", "organization_id", "team_id")'
                " VALUES (%s, %s, %s, %s, %s, 'deployment', 'smart', %s, %s)",
                (
                    f"r-{number}",
                    kind,
                    at.replace(tzinfo=None),
                    at.replace(tzinfo=None),
                    model,
                    org,
                    team,
                ),
            )

    log = open_request_log(f"{url}&table=LiteLLM_SpendLogs&shape=litellm")
    scan = log.scan("org_abc", MONTH)
    assert [(s.model_id, s.requests, s.first_seen_at, s.last_seen_at) for s in scan.sightings] == [
        ("GPT-4o-2024-08-06", 1, NINE, NINE),
        ("gpt-4o-2024-08-06", 3, NINE, NINE + timedelta(hours=1)),
    ]
    told = log.explain("org_abc", MONTH)
    assert (told.rows_read, told.rows_counted, told.rows_broken) == (9, 4, 0)
    assert told.not_counted == {
        Reason.NO_REQUEST: 1,
        Reason.NO_MODEL: 1,
        Reason.OTHER_TENANT: 2,
        Reason.OUTSIDE: 1,
    }
    # An older LiteLLM, whose table has no organization: the team says whose a call is.
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute('ALTER TABLE "LiteLLM_SpendLogs" DROP COLUMN "organization_id"')
    older = open_request_log(f"{url}&table=LiteLLM_SpendLogs&shape=litellm")
    assert sum(s.requests for s in older.scan("org_abc", MONTH).sightings) == 3


def test_an_audit_table_with_other_names(tmp_path: Path) -> None:
    path = quote(str(tmp_path / "audit.db"))
    engine = create_engine(f"sqlite:///{path}")
    columns = [Column(name, Text) for name in ("id", "timestamp", "model_id", "org_id", "provider")]
    table = Table("audit", MetaData(), *columns)
    with engine.begin() as connection:
        table.create(connection)
        rows = [("gpt-4o", "org_abc"), ("", "org_abc"), (None, "org_abc"), ("gpt-4o", "org_xyz")]
        connection.execute(
            insert(table),
            [{"timestamp": NINE.isoformat(), "model_id": m, "org_id": org} for m, org in rows],
        )
    engine.dispose()
    log = open_request_log(f"sqlite:///{path}?table=audit&shape=native-audit")
    assert [s.requests for s in log.scan("org_abc", MONTH).sightings] == [1]
    told = log.explain("org_abc", MONTH)
    assert told.not_counted == {Reason.NO_MODEL: 2, Reason.OTHER_TENANT: 1}
