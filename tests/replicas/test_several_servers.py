"""Two servers, one of them of two processes, on one PostgreSQL: as if they were one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import httpx
import pytest
from http_service import MODELS, SECRET, bearer
from torture.serving import serving

from model_registry import first_broken_link, open_store
from model_registry.testing.fakes import listed, told

_tenants = (f"org_{number}" for number in count())


@pytest.fixture(scope="module")
def url(new_postgresql_url):
    return new_postgresql_url()


@pytest.fixture(scope="module")
def servers(url):
    with serving(url, SECRET) as one, serving(url, SECRET, "--workers", "2") as other:
        yield one.url, other.url


@pytest.fixture
def tenant_id():
    return next(_tenants)


@pytest.fixture
def clients(servers, tenant_id):
    """Clients of both, with a connection for each request, so that every process has its turn."""
    never_kept = httpx.Limits(max_keepalive_connections=0)
    headers = bearer(tenant_id=tenant_id)
    one, other = (
        httpx.Client(base_url=url, headers=headers, limits=never_kept, timeout=30)
        for url in servers
    )
    with one, other:
        yield one, other


def model(name, **fields):
    return {"model_id": name, "provider": "acme", "risk_tier": "tier_2", **fields}


def test_a_write_through_one_is_seen_at_once_through_every_other(clients):
    old = None
    for number in range(12):
        writer, reader = clients if number % 2 else clients[::-1]
        made = writer.post(MODELS, json=model(f"model-{number}"))
        assert made.status_code == 201
        for client in (reader, reader, reader, writer):
            answer = client.get(MODELS, params={"limit": 3})
            assert answer.json()["total"] == number + 1
            assert answer.json()["models"][0]["id"] == made.json()["id"]
            tag = answer.headers["ETag"]
            assert tag != old
            same = client.get(MODELS, params={"limit": 3}, headers={"If-None-Match": tag})
            assert same.status_code == 304
            if old is not None:
                changed = client.get(MODELS, params={"limit": 3}, headers={"If-None-Match": old})
                assert changed.status_code == 200
            entry = client.get(f"{MODELS}/{made.json()['id']}")
            assert entry.json() == made.json()
        old = tag


def owned(client, entry_id, owner):
    """Change an entry's owner; who lost against too many others is told so, and tries again."""
    while True:
        answer = client.put(f"{MODELS}/{entry_id}", json={"owner": owner})
        if answer.status_code != 503:
            return answer.status_code
        assert answer.json()["error"]["code"] == "concurrent_update"


def test_sixteen_writers_through_all_of_them_leave_one_whole_history(clients, url, tenant_id):
    shared = clients[0].post(MODELS, json=model("shared")).json()["id"]

    def write(worker):
        client, codes = clients[worker % 2], []
        for number in range(4):
            codes.append(client.post(MODELS, json=model(f"{worker}-{number}")).status_code)
            codes.append(client.post(MODELS, json=model(f"taken-{number}")).status_code)
            codes.append(owned(client, shared, f"{worker}-{number}"))
        return codes

    with ThreadPoolExecutor(16) as pool:
        codes = [code for codes in pool.map(write, range(16)) for code in codes]
    assert {code: codes.count(code) for code in set(codes)} == {201: 64 + 4, 200: 64, 409: 60}

    with open_store(url) as store:
        events = told(store, tenant_id)
        assert len(events) == store.head(tenant_id).revision == 1 + 64 + 4 + 64
        assert first_broken_link(events) is None
        assert len(listed(store, tenant_id)) == 1 + 64 + 4
        assert not list(store.stored_faults(tenant_id))
    of_shared = [event.sequence for event in events if event.entry_id == shared]
    for client in clients:
        history = client.get(f"{MODELS}/{shared}/history", params={"limit": 200}).json()
        assert [event["sequence"] for event in history["events"]] == of_shared
        assert history["total"] == 1 + 64
