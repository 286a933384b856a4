"""What several test modules share."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import psycopg
import pytest
from postgresql import Cluster, running_cluster

_schemas = count(1)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """Give a running throw-away cluster, one for each test process."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgresql_url(postgresql: Cluster) -> str:
    """Give the URL of a database that is shared by the whole run."""
    return postgresql.url


@pytest.fixture(scope="session")
def new_postgresql_url(postgresql_url: str):
    """Give a function that returns the URL of an empty schema, a new one at each call."""

    def new_url() -> str:
        schema = f"test_{next(_schemas)}"
        with psycopg.connect(postgresql_url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {schema}")
        return f"{postgresql_url}&options=-csearch_path%3D{schema}"

    return new_url
