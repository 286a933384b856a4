"""What several test modules share."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from itertools import count

import psycopg
import pytest
from http_service import service_on
from postgresql import Cluster, running_cluster

from model_registry import open_store

_schemas = count(1)


def pytest_configure() -> None:
    """Let Ctrl-C reach us and our children, also where a shell started the run in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


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


@pytest.fixture(params=("memory", "sqlite", "parquet", "postgresql"))
def store(request, tmp_path):
    """An empty store, of every kind in turn."""
    match request.param:
        case "memory":
            url = "memory://"
        case "sqlite":
            url = f"sqlite:///{tmp_path}/registry.db"
        case "parquet":
            url = f"parquet:///{tmp_path}/registry"
        case "postgresql":
            url = request.getfixturevalue("new_postgresql_url")()
    return open_store(url)


@pytest.fixture
def service(store):
    """The registry on that store, behind HTTP."""
    with service_on(store) as served:
        yield served


@pytest.fixture
def client(service):
    """A client of it, of tenant ``org_abc``."""
    with service.client() as opened:
        yield opened


@pytest.fixture(scope="module")
def memory_service():
    """One in-memory registry for a module whose tests change nothing, or mind their tenant."""
    with service_on(open_store("memory://")) as served:
        yield served


@pytest.fixture
def memory_client(memory_service):
    with memory_service.client() as opened:
        yield opened
