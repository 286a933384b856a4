"""What an observer is told of requests, and what it is never told."""

import logging
import socket
from collections import Counter
from urllib.parse import urlsplit

import pytest
from asked import ask
from recording import Recorder
from starlette.applications import Starlette
from starlette.routing import Mount

from model_registry import Registration, Registry, open_store
from model_registry.asgi import Principal, Unauthenticated, create_app
from model_registry.observing import Observer

PREFIX = "/api/admin"
SENT = {"model_id": "gpt-4o", "provider": "openai", "risk_tier": "tier_2"}


async def authenticate(scope):
    given = dict(scope["headers"]).get(b"authorization")
    if given is None:
        raise Unauthenticated("Who are you?")
    return Principal("org_abc", "ana", "admin" if given == b"admin" else "reader")


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
def registry(recorder):
    return Registry(open_store("memory://"), observer=recorder)


def test_each_request_is_told_with_its_template_and_never_its_path(registry, recorder):
    entry = registry.tenant("org_abc").register(Registration(**SENT))
    host = Starlette(routes=[Mount("/risk", create_app(registry, authenticate=authenticate))])
    requests = [
        ("GET", "/models?search=secret", None),
        ("HEAD", f"/models/{entry.id}", None),
        ("PUT", f"/models/{entry.id}", {"risk_tier": "high"}),
        ("POST", "/models", SENT),
        ("POST", "/models/discover", {}),
        ("GET", "/models/secret", None),
        ("GET", "/model-inventory-export", None),
        ("PATCH", "/models", {}),
        ("BREW", "/models", {}),
        ("GET", "/secret", None),
        ("GET", "/models/secret/secret", None),
    ]
    ask(
        host,
        *((method, f"/risk{PREFIX}{path}", body) for method, path, body in requests),
        authorization="admin",
    )
    assert [(e.method, e.route, e.status) for e in recorder.requests] == [
        ("GET", "/api/admin/models", 200),
        ("HEAD", "/api/admin/models/{id}", 200),
        ("PUT", "/api/admin/models/{id}", 400),
        ("POST", "/api/admin/models", 409),
        ("POST", "/api/admin/models/discover", 503),
        ("GET", "/api/admin/models/{id}", 404),
        ("GET", "/api/admin/model-inventory-export", 200),
        ("PATCH", "/api/admin/models", 405),
        ("_OTHER", "/api/admin/models", 405),
        ("GET", None, 404),
        ("GET", None, 404),
    ]
    assert {(e.scheme, e.tenant_id, e.broken_off) for e in recorder.requests} == {
        ("http", "org_abc", False)
    }
    assert all(0 < e.seconds < 60 for e in recorder.requests)
    assert "secret" not in repr(recorder.requests)


def test_who_was_turned_away_has_no_tenant_and_no_route(registry, recorder):
    app = create_app(registry, authenticate=authenticate, prefix="")
    ask(app, ("GET", "/models", None))
    ask(app, ("GET", "/models", None), authorization="reader")
    ask(app, ("GET", "/models", None), authorization="admin")
    told = [(e.status, e.route, e.tenant_id) for e in recorder.requests]
    assert told == [(401, None, None), (403, None, None), (200, "/models", "org_abc")]


def test_an_answer_that_breaks_off_is_told_as_such(registry, recorder, caplog, monkeypatch):
    def chunks(*_given, **_options):
        yield b"id,model_id\r\n"
        raise KeyError("what a customer wrote")

    monkeypatch.setattr("model_registry.tenant_reads.assembled", chunks)
    app = create_app(registry, authenticate=authenticate)
    ask(app, ("GET", f"{PREFIX}/model-inventory-export", None), authorization="admin")
    (event,) = recorder.requests
    assert (event.status, event.broken_off) == (200, True)
    assert "An answer was broken off: builtins.KeyError" in caplog.text
    assert "customer" not in caplog.text


def test_a_client_that_leaves_early_is_told_without_a_status(registry, recorder):
    from http_service import serving

    with serving(create_app(registry, authenticate=authenticate)) as url:
        parts = urlsplit(url)
        with socket.create_connection((parts.hostname, parts.port)) as client:
            head = f"POST {PREFIX}/models HTTP/1.1\r\nHost: x\r\nAuthorization: admin\r\n"
            client.sendall(f"{head}Content-Length: 9\r\nExpect: 100-continue\r\n\r\n".encode())
            assert client.recv(100).startswith(b"HTTP/1.1 100")
    (event,) = recorder.requests
    assert (event.method, event.status, event.broken_off) == ("POST", None, False)


def test_a_line_for_each_request_if_somebody_reads_it(registry, caplog):
    app = create_app(registry, authenticate=authenticate)
    ask(app, ("GET", f"{PREFIX}/models?search=secret", None), authorization="admin")
    assert not caplog.records
    caplog.set_level(logging.INFO, "model_registry.requests")
    ask(app, ("GET", f"{PREFIX}/models?search=secret", None), authorization="admin")
    (line,) = caplog.records
    assert line.getMessage() == "GET /api/admin/models 200"
    assert (line.route, line.status, line.tenant_id) == ("/api/admin/models", 200, "org_abc")


def test_an_observer_that_raises_changes_no_answer(caplog):
    class Broken(Observer):
        def on_request(self, event):
            raise RuntimeError("metrics are down")

    registry = Registry(open_store("memory://"), observer=Broken())
    app = create_app(registry, authenticate=authenticate)
    requests = [("GET", f"{PREFIX}/models", None), ("POST", f"{PREFIX}/models", SENT)] * 2
    answers = ask(app, *requests, authorization="admin")
    assert Counter(a.status_code for a in answers) == {200: 2, 201: 1, 409: 1}
    assert [r.name for r in caplog.records] == ["model_registry.observing"]
