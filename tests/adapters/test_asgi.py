"""A gateway on a real socket: bodies and answers go through as they are, and are not held back."""

import asyncio
import gzip
import json
from threading import Event, Thread

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route

from model_registry.adapters.asgi import LiveMiddleware

CHAT = "/v1/chat/completions"


class Gateway:
    """A server on a thread, whose app answers with what it got, in ways that a test chooses."""

    def __init__(self, observe, **options):
        self.go_on = Event()
        self.pieces = []
        routes = [
            Route("/v1/{rest:path}", self.answer, methods=["GET", "POST"]),
            Route("/model/{model_id}/converse", self.converse, methods=["POST"]),
        ]
        middleware = [Middleware(LiveMiddleware, observe, **options)]
        app = Starlette(routes=routes, middleware=middleware)
        config = uvicorn.Config(app, port=0, log_level="critical", lifespan="off")
        self.server = uvicorn.Server(config)
        self.thread = Thread(target=self.server.run)

    async def answer(self, request):
        body = b""
        async for piece in request.stream():
            self.pieces.append(piece)
            body += piece
        how = request.headers.get("x-how", "echo")
        if how == "refuse":
            return JSONResponse({"error": {"code": "model_not_found"}}, 404)
        if how == "fail":
            raise RuntimeError("the vendor is not there")
        if how == "stream":
            return StreamingResponse(self.stream(), media_type="text/event-stream")
        return PlainTextResponse(body)

    async def stream(self):
        yield b"data: 1\n\n"
        while not self.go_on.is_set():
            await asyncio.sleep(0.005)
        yield b"data: 2\n\n"

    async def converse(self, request):
        request.state.tenant = request.headers["x-tenant"]
        return PlainTextResponse("fine")

    def __enter__(self):
        self.thread.start()
        while not self.server.started:
            self.thread.join(0.005)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10)
        return self

    def __exit__(self, *_):
        self.client.close()
        self.server.should_exit = True
        self.thread.join()


@pytest.fixture
def gateway(seen):
    with Gateway(seen.observe, tenant="org_abc") as opened:
        yield opened


def test_what_was_answered_counts_and_nothing_else(gateway, seen):
    def post(model, path=CHAT, how="echo", **options):
        if not options:
            options = {"json": {"messages": [{"role": "user", "model": "no"}], "model": model}}
        # Uvicorn leaves a connection on which the app failed, and a client may find out late.
        headers = {"x-how": how, "connection": "close", **options.pop("headers", {})}
        return gateway.client.post(path, headers=headers, **options)

    assert post("gpt-4o").status_code == 200
    assert post("text-embedding-3-small", "/v1/embeddings/").status_code == 200
    assert post("claude-3-5-sonnet-20241022", "/v1/messages").status_code == 200
    assert post("made-up", how="refuse").status_code == 404
    assert post("nobody-answered", how="fail").status_code == 500
    assert post("no-path-of-a-model", "/v1/files").status_code == 200
    json_type = {"content-type": "application/json"}
    compressed = gzip.compress(b'{"model":"compressed"}')
    post("", content=compressed, headers={**json_type, "content-encoding": "gzip"})
    post("", content=b'{"model":"a form"}', headers={"content-type": "text/plain"})
    for body in (b"", b"{", b'["model","x"]', b'{"model":7}', b'{"model":null}', b"\xff\xfe"):
        post("", content=body, headers=json_type)
    assert gateway.client.get(CHAT).status_code == 200
    seen.until("gpt-4o", "text-embedding-3-small", "claude-3-5-sonnet-20241022")


def test_a_body_passes_unchanged_as_it_comes(gateway, seen):
    text = json.dumps({"messages": ['\\"\u00e9' * 200_000, {"model": "no"}], "model": "gpt-4o"})
    body = text.encode()
    half = len(body) // 2

    def pieces():
        yield body[:half]
        while sum(map(len, gateway.pieces)) < half:  # what was sent has arrived already
            gateway.thread.join(0.005)
        yield body[half:]

    answer = gateway.client.post(
        CHAT, content=pieces(), headers={"content-type": "application/json; charset=utf-8"}
    )
    assert answer.content == body
    seen.until("gpt-4o")


def test_an_answer_is_streamed_as_it_comes_and_counts_when_the_client_leaves_it(gateway, seen):
    options = {"json": {"model": "gpt-4o"}, "headers": {"x-how": "stream"}}
    with gateway.client.stream("POST", CHAT, **options) as answer:
        chunks = answer.iter_raw()
        assert next(chunks) == b"data: 1\n\n"
        gateway.go_on.set()
        assert b"".join(chunks) == b"data: 2\n\n"
    seen.until("gpt-4o")
    gateway.go_on.clear()
    options["json"] = {"model": "left-early"}
    with gateway.client.stream("POST", CHAT, **options) as answer:
        assert next(answer.iter_raw()) == b"data: 1\n\n"
    seen.until("gpt-4o", "left-early")


def test_a_host_may_know_model_and_tenant_itself(seen):
    def tenant(scope):
        return scope["state"]["tenant"]

    def model(scope):
        return scope["path_params"].get("model_id")

    with Gateway(seen.observe, tenant=tenant, model=model) as gateway:
        for tenant_id in ("org_abc", "org_xyz"):
            path = "/model/anthropic.claude-3-haiku-20240307-v1:0/converse"
            gateway.client.post(path, headers={"x-tenant": tenant_id}, json={"model": "no"})
        assert gateway.client.post(CHAT, json={"model": "no"}).status_code == 200
    for tenant_id in ("org_abc", "org_xyz"):
        seen.until("anthropic.claude-3-haiku-20240307-v1:0", tenant_id=tenant_id)
