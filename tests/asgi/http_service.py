"""A served registry: real sockets, any store, a clock and ids that the test chooses."""

import socket
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime

import attrs
import httpx
import jwt
import uvicorn

from model_registry import Registry
from model_registry.asgi import JwtAuth, create_app
from model_registry_memory import IterableRequestLog

SECRET = "a secret of the tests, long enough for HS256"
MODELS = "/api/admin/models"
EXPORT = "/api/admin/model-inventory-export"


def token(key=SECRET, algorithm="HS256", headers=None, **claims):
    given = {"tenant_id": "org_abc", "sub": "alice@example.com", "role": "admin"}
    given |= {"exp": int(time.time()) + 600, **claims}
    present = {name: value for name, value in given.items() if value is not None}
    return jwt.encode(present, key, algorithm, headers)


def bearer(**claims):
    return {"Authorization": f"Bearer {token(**claims)}"}


@contextmanager
def serving(app):
    """Serve an ASGI app on a free port and give its address."""
    # asyncio switches Nagle's delay off only for a socket that says it is TCP.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    config = uvicorn.Config(app, log_level="critical", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.002)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


class Settable:
    """A clock, or a source of ids, that says what it was told to."""

    def __init__(self, value, following=None):
        self.value = value
        self.following = following
        self.lock = threading.Lock()

    def __call__(self):
        with self.lock:
            value = self.value
            if self.following is not None:
                self.value = self.following(value)
            return value


def next_id(text):
    head, _, tail = text.rpartition("-")
    return f"{head}-{int(tail, 16) + 1:012x}"


@attrs.define
class Service:
    """A registry behind HTTP, and what stands behind it."""

    url: str
    registry: Registry
    clock: Settable
    ids: Settable
    rows: list

    def client(self, **claims):
        return httpx.Client(base_url=self.url, headers=bearer(**claims), timeout=30)

    def at(self, text):
        self.clock.value = datetime.fromisoformat(text)


@contextmanager
def service_on(store, **options):
    clock = Settable(datetime(2026, 3, 13, tzinfo=UTC))
    ids = Settable("550e8400-e29b-41d4-a716-446655440001", next_id)
    rows = []
    with Registry(store, IterableRequestLog(rows), clock=clock, new_id=ids) as registry:
        app = create_app(registry, authenticate=JwtAuth(secret=SECRET), **options)
        with serving(app) as url:
            yield Service(url, registry, clock, ids, rows)
