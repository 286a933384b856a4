"""The registry behind HTTP on every store, as in tests/asgi."""

import httpx
import pytest
from http_service import SECRET, bearer, service_on
from torture.serving import serving

from model_registry import open_store


@pytest.fixture(params=("memory", "sqlite", "parquet", "postgresql"))
def service(request, tmp_path):
    match request.param:
        case "memory":
            url = "memory://"
        case "sqlite":
            url = f"sqlite:///{tmp_path}/registry.db"
        case "parquet":
            url = f"parquet:///{tmp_path}/registry"
        case "postgresql":
            url = request.getfixturevalue("new_postgresql_url")()
    with service_on(open_store(url)) as served:
        yield served


@pytest.fixture
def client(service):
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


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The command ``serve`` as it is, in a process of its own."""
    with serving(f"sqlite:///{tmp_path_factory.mktemp('served')}/registry.db", SECRET) as started:
        yield started


@pytest.fixture
def good(server):
    """A client of that server who does nothing wrong."""
    with httpx.Client(base_url=server.url, headers=bearer(), timeout=20) as opened:
        yield opened
