"""The command ``serve``, and somebody who uses it well."""

import httpx
import pytest
from http_service import SECRET, bearer
from torture.serving import serving


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
