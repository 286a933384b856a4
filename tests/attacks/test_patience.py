"""Who is too slow is cut off, and what it held is free again."""

import asyncio
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Event, Thread

import httpx
import pytest
import uvicorn
from http_service import EXPORT, MODELS, SECRET, bearer, token

from model_registry import Registration, open_registry
from model_registry.asgi import JwtAuth, create_app, downloads
from model_registry.asgi.downloads import Download
from model_registry.cli.connection import Connection

AUTHORIZATION = f"Authorization: Bearer {token(exp=int(time.time()) + 86_400)}\r\n"


class Impatient(Connection):
    patience = 1.0


def good_client(address):
    return httpx.Client(base_url="http://{}:{}".format(*address), headers=bearer(), timeout=20)


@contextmanager
def impatiently_served(registry):
    """Serve with a place for one export, to people who are given a second."""
    app = create_app(registry, authenticate=JwtAuth(secret=SECRET), scans=1)
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=Impatient, ws="none", log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.002)
    try:
        yield listener.getsockname()
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture(scope="module")
def address():
    with open_registry("memory://") as registry:
        tenant = registry.tenant("org_abc")
        for number in range(1_500):  # more than all buffers between two sockets hold
            description = f"{number}" * 2_500
            tenant.register(
                Registration(
                    model_id=f"m{number}", provider="p", risk_tier="tier_1", description=description
                )
            )
        with impatiently_served(registry) as served:
            yield served


BEGINNINGS = (
    "",
    "GET /api/admin/mod",
    f"GET {MODELS} HTTP/1.1\r\nHost: x\r\n",
    f"POST {MODELS} HTTP/1.1\r\nHost: x\r\n{AUTHORIZATION}Content-Length: 999\r\n\r\n{{",
    f"POST {MODELS} HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n{{",
    f"GET {MODELS} HTTP/1.1\r\nHost: x\r\n\r\nGET {MODELS} HTTP",
)


def dripping(address, beginning):
    """Send a request byte by byte until the server cuts it off."""
    with socket.create_connection(address, timeout=20) as stream:
        stream.sendall(beginning.encode())
        with suppress(ConnectionError):
            for _ in range(400):  # of the 999 bytes; 20 seconds
                stream.sendall(b"a")
                time.sleep(0.05)
            return False
    return True


def test_a_request_must_arrive_whole_and_a_connection_that_works_may_stay(address):
    with ThreadPoolExecutor(len(BEGINNINGS)) as threads, good_client(address) as client:
        slow = [threads.submit(dripping, address, beginning) for beginning in BEGINNINGS]
        while not all(one.done() for one in slow):
            assert client.get(MODELS).status_code == 200  # on one connection, all the time
            time.sleep(0.1)
    assert [one.result() for one in slow] == [True] * len(BEGINNINGS)


def test_a_reader_who_stops_reading_gives_its_place_back(address):
    with socket.create_connection(address, timeout=20) as stream:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        request = f"GET {EXPORT}?format=json HTTP/1.1\r\nHost: x\r\n{AUTHORIZATION}\r\n"
        stream.sendall(request.encode())
        assert stream.recv(10) == b"HTTP/1.1 2"
        with good_client(address) as client:
            answer = client.get(EXPORT)  # waits for the only place
        assert answer.status_code == 200
        assert answer.text.count("\r\n") == 1_501


def test_a_download_waits_for_its_reader_only_so_long(monkeypatch):
    monkeypatch.setattr(downloads, "PATIENCE", 0.05)
    freed = Event()

    def chunks():
        try:
            yield b"one"
            yield b"two"
        finally:
            freed.set()

    async def send(message):
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async def receive():
        await asyncio.Event().wait()

    async def run():
        scope = {"type": "http", "method": "GET", "asgi": {"spec_version": "2.3"}}
        with pytest.raises(TimeoutError):
            await Download((), chunks())(scope, receive, send)

    asyncio.run(run())
    assert freed.wait(20)
