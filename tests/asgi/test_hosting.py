"""Living inside a host: mounted anywhere, never in its way, and clean when things go wrong."""

import asyncio
import socket
import threading
import time
from contextlib import asynccontextmanager, closing, contextmanager
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI
from http_service import EXPORT, MODELS, SECRET, bearer, service_on, serving
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from model_registry import ConcurrentUpdate, Registration, Registry, SchemaOutdated, StoreError
from model_registry.asgi import JwtAuth, create_app
from model_registry_memory import IterableRequestLog, MemoryStore

SENT = {"model_id": "m", "provider": "acme", "risk_tier": "tier_1"}


class Gated(MemoryStore):
    """A store whose reads wait until they are let through, or fail."""

    embedded = False  # and so its reads never wait on the event loop

    def __init__(self):
        super().__init__()
        self.let_through = threading.Event()
        self.failure = None
        self.open_scans = 0
        self.entered = threading.Semaphore(0)
        self.freed_by_its_own_thread = []

    def get(self, tenant_id, entry_id):
        if self.failure is not None:
            raise self.failure
        self.entered.release()
        assert self.let_through.wait(20)
        return super().get(tenant_id, entry_id)

    @contextmanager
    def scan(self, tenant_id, where):
        if self.failure is not None:
            raise self.failure
        opened_by = threading.get_ident()
        self.open_scans += 1
        try:
            with super().scan(tenant_id, where) as entries:
                yield self._endless(next(entries))
        finally:
            self.open_scans -= 1
            self.freed_by_its_own_thread.append(threading.get_ident() == opened_by)

    def _endless(self, entry):
        while True:
            yield entry


def app_on(store, rows=(), **options):
    registry = Registry(store, IterableRequestLog(rows))
    return create_app(registry, authenticate=JwtAuth(secret=SECRET), **options)


async def ping(_request):
    return PlainTextResponse("pong")


def in_starlette(app, path):
    return Starlette(routes=[Route("/ping", ping), Mount(path, app)])


def in_fastapi(app, path):
    host = FastAPI()
    host.add_api_route("/ping", lambda: "pong")
    host.mount(path, app)
    return host


@pytest.mark.parametrize("host", [in_starlette, in_fastapi])
@pytest.mark.parametrize(
    ("path", "prefix", "outside"),
    [
        ("", "/api/admin", "/api/admin"),
        ("/risk", "/api/admin", "/risk/api/admin"),
        ("/api/admin", "", "/api/admin"),
        ("/a b/ü", "/v1/", "/a%20b/%C3%BC/v1"),
    ],
)
def test_it_mounts_under_any_path_without_its_lifespan(host, path, prefix, outside):
    with (
        serving(host(app_on(MemoryStore(), prefix=prefix), path)) as url,
        httpx.Client(base_url=url, headers=bearer()) as client,
    ):
        assert "pong" in client.get("/ping").text
        made = client.post(f"{outside}/models", json=SENT)
        assert made.status_code == 201
        assert made.headers["location"] == f"{outside}/models/{made.json()['id']}"
        assert client.get(made.headers["location"]).json() == made.json()
        document = client.get(f"{outside}/openapi.json").json()
        server = document["servers"][0]["url"]
        listed = next(p for p in document["paths"] if p.endswith("/models"))
        assert client.get(server.rstrip("/") + listed).status_code == 200
        assert client.get(f"{outside}/nothing").json()["error"]["code"] == "not_found"
        assert httpx.get(f"{url}{outside}/nothing").status_code == 401


def test_served_alone_its_lifespan_runs_and_it_serves_again_afterwards():
    app = app_on(MemoryStore())

    async def twice():
        for _ in range(2):
            inbox, outbox = asyncio.Queue(), asyncio.Queue()
            running = asyncio.create_task(app({"type": "lifespan"}, inbox.get, outbox.put))
            await inbox.put({"type": "lifespan.startup"})
            assert (await outbox.get())["type"] == "lifespan.startup.complete"
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
                assert (await client.get(MODELS, headers=bearer())).status_code == 200
            await inbox.put({"type": "lifespan.shutdown"})
            assert (await outbox.get())["type"] == "lifespan.shutdown.complete"
            await running

    asyncio.run(twice())


def test_a_slow_store_keeps_neither_the_host_nor_its_threads_waiting():
    store = Gated()
    host = Starlette(routes=[Route("/ping", ping), Mount("", app_on(store, threads=2))])
    host.router.routes.insert(0, Route("/threaded", lambda _request: PlainTextResponse("pong")))
    with serving(host) as url, httpx.Client(base_url=url, headers=bearer()) as client:
        place = client.post(MODELS, json=SENT).headers["location"]
        answers = []
        waiting = [
            threading.Thread(target=lambda: answers.append(client.get(place))) for _ in range(50)
        ]
        for thread in waiting:
            thread.start()
        for _ in range(2):
            assert store.entered.acquire(timeout=10)
        began = time.monotonic()
        for path in ("/ping", "/threaded"):
            assert httpx.get(url + path).text == "pong"
        assert time.monotonic() - began < 2
        assert not answers
        store.let_through.set()
        for thread in waiting:
            thread.join()
        assert [answer.status_code for answer in answers] == [200] * 50


def test_scans_of_the_log_keep_no_reads_waiting():
    go_on = threading.Event()

    def rows():
        assert go_on.wait(20)
        yield {"timestamp": "2026-03-12T00:00:00Z", "model": "m", "tenant_id": "org_abc"}

    app = app_on(MemoryStore(), rows, threads=1, scans=1)
    with serving(app) as url, httpx.Client(base_url=url, headers=bearer(), timeout=30) as client:
        answers = []
        scans = [
            threading.Thread(target=lambda: answers.append(client.post(f"{MODELS}/discover")))
            for _ in range(5)
        ]
        for thread in scans:
            thread.start()
        assert client.get(MODELS).status_code == 200
        assert not answers
        go_on.set()
        for thread in scans:
            thread.join()
        assert [answer.status_code for answer in answers] == [200] * 5


def wait_for(condition):
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_an_export_ends_when_the_client_hangs_up():
    store = Gated()
    Registry(store).tenant("org_abc").register(Registration(**SENT))
    with serving(app_on(store, scans=2)) as url:
        for _ in range(6):  # more than may be open at once, so each must be freed
            with httpx.stream("GET", url + EXPORT, headers=bearer()) as answer:
                assert next(answer.iter_bytes())
            wait_for(lambda: store.open_scans == 0)
        assert httpx.head(url + EXPORT, headers=bearer()).status_code == 200
        wait_for(lambda: store.freed_by_its_own_thread == [True] * 7)


def test_an_export_that_nobody_reads_is_not_made():
    store = Gated()
    Registry(store).tenant("org_abc").register(Registration(**SENT))
    made = []

    def counted(entry):
        while True:
            made.append(None)
            yield entry

    store._endless = counted
    with serving(app_on(store)) as url:
        parts = urlsplit(url)
        request = (
            f"GET {EXPORT} HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: {bearer()['Authorization']}\r\n\r\n"
        )
        with closing(socket.create_connection((parts.hostname, parts.port))) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.sendall(request.encode())
            client.recv(100)
            wait_for(lambda: len(made) > 0)
            before = -1
            while before != len(made):
                before = len(made)
                time.sleep(0.3)
            assert store.open_scans == 1
        wait_for(lambda: store.open_scans == 0)


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (StoreError("connection to host=db password=hunter2 failed"), "store_error"),
        (SchemaOutdated("schema 0001 at db"), "schema_outdated"),
        (ConcurrentUpdate("x"), "concurrent_update"),
        (KeyError("hunter2"), "internal_error"),
    ],
)
def test_what_fails_inside_is_answered_cleanly_and_logged_once(failure, code, caplog):
    store = Gated()
    place = f"{MODELS}/550e8400-e29b-41d4-a716-446655440001"
    with serving(app_on(store)) as url, httpx.Client(base_url=url, headers=bearer()) as client:
        store.failure = failure
        for answer in (client.get(place), client.get(EXPORT), client.delete(place)):
            assert answer.status_code == (500 if code == "internal_error" else 503)
            assert answer.json()["error"]["code"] == code
            assert "hunter2" not in answer.text
            assert "Traceback" not in answer.text
        store.failure = None
        assert client.get(MODELS).status_code == 200
    logged = [r for r in caplog.records if r.name == "model_registry.asgi"]
    assert len(logged) == 3
    said = type(failure).__name__ if code == "internal_error" else str(failure)
    assert all(said in r.getMessage() and r.exc_info is None for r in logged)
    assert code != "internal_error" or "hunter2" not in caplog.text


def test_an_export_that_fails_on_its_way_is_seen_to_be_broken():
    store = Gated()
    Registry(store).tenant("org_abc").register(Registration(**SENT))

    def failing(entry):
        for _ in range(2_000):
            yield entry
        raise StoreError("gone")

    store._endless = failing
    with (
        serving(app_on(store)) as url,
        httpx.stream("GET", url + EXPORT, headers=bearer()) as answer,
    ):
        assert answer.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            answer.read()
    wait_for(lambda: store.open_scans == 0)


def test_discovery_without_a_log_says_so():
    app = create_app(Registry(MemoryStore()), authenticate=JwtAuth(secret=SECRET))
    with serving(app) as url:
        answer = httpx.post(f"{url}{MODELS}/discover", headers=bearer())
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == "request_log_error"


def test_a_client_that_hangs_up_while_sending_leaves_nothing():
    with service_on(MemoryStore()) as service:
        parts = urlsplit(service.url)
        head = (
            f"POST {MODELS} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
            f"Authorization: {bearer()['Authorization']}\r\n\r\n{{"
        )
        with closing(socket.create_connection((parts.hostname, parts.port))) as client:
            client.sendall(head.encode())
            time.sleep(0.1)
        with service.client() as client:
            assert client.get(MODELS).json()["total"] == 0


def test_a_hosts_own_lifespan_and_registry_are_left_alone():
    closed = []

    class Closing(MemoryStore):
        def close(self):
            closed.append(True)

    @asynccontextmanager
    async def lifespan(_app):
        yield

    app = app_on(Closing())
    host = Starlette(routes=[Mount("/x", app)], lifespan=lifespan)
    with serving(host) as url:
        assert httpx.get(f"{url}/x{MODELS}", headers=bearer()).status_code == 200
    assert not closed
