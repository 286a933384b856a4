"""On which thread a store is asked: the event loop waits for nothing that may take long."""

import threading

import pytest
from http_service import EXPORT, MODELS
from test_gate import call

from model_registry import Registration, Registry
from model_registry.asgi import Principal, create_app
from model_registry_memory import MemoryStore

SENT = Registration(model_id="m", provider="acme", risk_tier="tier_1")


class Local(MemoryStore):
    """A store that notes which of its methods ran on the event loop, and which elsewhere."""

    embedded = True

    def __init__(self):
        super().__init__()
        self.on_loop = set()
        self.elsewhere = set()

    def __getattribute__(self, name):
        if name in {"get", "page", "head", "commit", "history", "scan", "count_events"}:
            here = threading.current_thread() is threading.main_thread()
            (self.on_loop if here else self.elsewhere).add(name)
        return super().__getattribute__(name)


class Distant(Local):
    embedded = False


async def authenticate(_scope):
    return Principal("org_abc", "alice", "admin")


@pytest.mark.parametrize(
    ("method", "target", "on_loop", "elsewhere"),
    [
        ("GET", f"{MODELS}/{{id}}", {"head", "get"}, set()),
        ("GET", MODELS, {"head", "page"}, set()),
        ("GET", f"{MODELS}?risk_tier=tier_1&offset=1000", {"head", "page"}, set()),
        ("GET", f"{MODELS}?offset=1001", {"head"}, {"page"}),
        ("GET", f"{MODELS}?search=m", {"head"}, {"page"}),
        ("GET", f"{MODELS}?provider=m", {"head"}, {"page"}),
        ("GET", f"{MODELS}?as_of=2030-01-01T00:00:00Z", {"head"}, {"history"}),
        ("GET", f"{MODELS}/{{id}}/history", set(), {"count_events", "history"}),
        ("GET", EXPORT, {"head"}, {"scan"}),
        ("GET", f"{EXPORT}?as_of=2030-01-01T00:00:00Z", {"head"}, {"history"}),
        ("GET", "/api/admin/model-history-checkpoint", set(), {"history"}),
        ("PUT", f"{MODELS}/{{id}}", set(), {"get", "commit"}),
        ("DELETE", f"{MODELS}/{{id}}", set(), {"get", "commit"}),
    ],
)
@pytest.mark.parametrize("kind", [Local, Distant])
def test_each_operation(kind, method, target, on_loop, elsewhere):
    store = kind()
    registry = Registry(store)
    entry = registry.tenant("org_abc").register(SENT)
    store.on_loop.clear()
    app = create_app(registry, authenticate=authenticate)
    path, _, query = target.replace("{id}", entry.id).partition("?")
    body = b"{}" if method == "PUT" else b""
    status, *_ = call(app, path, method, query_string=query.encode(), body=body)
    assert status in (200, 204)
    if kind is Distant:
        on_loop, elsewhere = set(), on_loop | elsewhere
        if "get" in elsewhere and method == "GET":
            elsewhere = {"get"}  # one look is enough, over a network
    assert (store.on_loop, store.elsewhere) == (on_loop, elsewhere)


@pytest.mark.parametrize("kind", [Local, Distant])
def test_what_is_known_is_asked_for_where_the_head_is(kind):
    store = kind()
    app = create_app(Registry(store), authenticate=authenticate)
    tags = {call(app, MODELS)[1][b"etag"] for _ in range(2)}
    store.on_loop.clear()
    store.elsewhere.clear()
    call(app, MODELS)
    call(app, MODELS, headers=[(b"if-none-match", tags.pop())])
    assert store.on_loop | store.elsewhere == {"head"}
    assert bool(store.on_loop) == store.embedded
