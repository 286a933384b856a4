"""PostgreSQL: a verification finds every edit that was made behind the store's back."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect
from tampering import Desk, TamperEvidence, evidence

from model_registry_sql.schema import Place, Tables


class TestPostgresql(TamperEvidence):
    tables = Tables.at(Place(), "postgresql")
    times = ("{column} + interval '1 second'", "{column} - interval '1 microsecond'")
    damaged_times = (
        "timestamptz 'infinity'",
        "timestamptz '-infinity'",
        "timestamptz '0044-03-15 BC'",
    )
    damaged = ("NULL",)

    @pytest.fixture(scope="class")
    @staticmethod
    def desk(new_postgresql_url):
        desk = Desk(new_postgresql_url(), TestPostgresql.tables)
        with desk.engine.begin() as connection:
            for table in evidence(desk.tables):
                for check in inspect(connection).get_check_constraints(table.name):
                    connection.exec_driver_sql(
                        f"ALTER TABLE {table.name} DROP CONSTRAINT {check['name']}"
                    )
                key = inspect(connection).get_pk_constraint(table.name)["name"]
                connection.exec_driver_sql(f"ALTER TABLE {table.name} DROP CONSTRAINT {key}")
                for column in table.columns:
                    connection.exec_driver_sql(
                        f"ALTER TABLE {table.name} ALTER {column.name} DROP NOT NULL"
                    )
        yield desk
        desk.close()
