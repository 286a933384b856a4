"""Clients that are slow, endless or gone: memory stays bounded and other clients are served."""

import json
from contextlib import ExitStack

import pytest
from http_service import EXPORT, MODELS
from raw_requests import opened, request
from torture.serving import MIB

GOOD = {"provider": "acme", "risk_tier": "tier_1"}


def sent_until_refused(server, head, piece, most=64 * MIB):
    """Send a piece over and over until the server has enough; give how much that was."""
    sent = 0
    with opened(server) as stream:
        try:
            stream.sendall(head)
            while sent < most:
                stream.sendall(piece)
                sent += len(piece)
        except OSError:
            pass
    return sent


CHUNKED = b"Transfer-Encoding: chunked\r\n"
ENDLESS_HEADS = {
    "header": (b"GET / HTTP/1.1\r\nX: ", b"a" * 65_536),
    "headers": (b"GET / HTTP/1.1\r\n", b"X-Another: one\r\n" * 4_096),
    "target": (b"GET /", b"a" * 65_536),
    "query": (b"GET /?", b"a=b&" * 16_384),
    "method": (b"", b"A" * 65_536),
    "blank lines": (b"", b"\r\n" * 32_768),
    "trailers": (request("POST", MODELS, CHUNKED) + b"0\r\n", b"X-Another: one\r\n" * 4_096),
    "trailer": (request("POST", MODELS, CHUNKED) + b"0\r\nX: ", b"a" * 65_536),
    "chunk extension": (request("POST", MODELS, CHUNKED) + b"5;x=", b"a" * 65_536),
}


@pytest.mark.parametrize("kind", ENDLESS_HEADS)
def test_a_head_without_end_is_cut_off(server, good, kind):
    before = server.memory()
    assert sent_until_refused(server, *ENDLESS_HEADS[kind]) < 16 * MIB
    assert server.memory() - before < 16 * MIB
    assert good.get(MODELS).status_code == 200


def test_a_head_that_is_too_long_is_told_so(server):
    with opened(server) as stream:
        stream.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 70_000)
        answer = stream.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("authorized", [True, False])
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_body_without_end_takes_no_memory(server, good, method, authorized):
    before = server.memory()
    head = request(method, MODELS, CHUNKED, authorized=authorized)
    sent_until_refused(server, head, b"10000\r\n" + b" " * 65_536 + b"\r\n")
    assert server.memory() - before < 16 * MIB
    assert good.get(MODELS).status_code == 200


def test_small_chunks_are_no_attack(server):
    body = json.dumps({**GOOD, "model_id": "chunks", "description": "x" * 9_000}).encode()
    with opened(server) as stream:
        stream.sendall(request("POST", MODELS, CHUNKED, b"Connection: close\r\n"))
        stream.sendall(b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n")
        assert stream.makefile("rb").read().startswith(b"HTTP/1.1 201 ")


def test_many_slow_and_idle_clients_keep_nobody_waiting(server, good):
    """Three hundred connections that say nothing, or a byte at a time, in head and body."""
    kinds = (
        b"",
        b"GET /api",
        request("POST", MODELS, b"Content-Length: 1000000\r\n"),
        request("POST", MODELS, CHUNKED),
        request("PUT", f"{MODELS}/x", b"Content-Length: 9\r\n", authorized=False),
    )
    before = server.memory()
    with ExitStack() as held:
        slow = [held.enter_context(opened(server)) for _ in range(300)]
        for number, stream in enumerate(slow):
            stream.sendall(kinds[number % len(kinds)])
        for step in range(20):
            for number, stream in enumerate(slow):
                if number % len(kinds) in {1, 2}:
                    stream.sendall(b"a")
            sent = {**GOOD, "model_id": f"meanwhile-{step}"}
            assert good.post(MODELS, json=sent).status_code == 201
            assert good.get(EXPORT).status_code == 200
        assert server.memory() - before < 32 * MIB
    assert good.get(MODELS, params={"search": "meanwhile"}).json()["total"] == 20


def test_who_hangs_up_in_a_body_changes_nothing(server, good):
    body = json.dumps({**GOOD, "model_id": "half"}).encode()
    for cut in range(len(body)):
        with opened(server) as stream:
            head = request("POST", MODELS, b"Content-Length: %d\r\n" % len(body))
            stream.sendall(head + body[:cut])
    assert good.get(MODELS, params={"search": "half"}).json()["total"] == 0


def test_who_hangs_up_in_an_export_leaves_its_place(server, good):
    for number in range(40):
        long = {**GOOD, "model_id": f"long-{number}", "description": "x" * 9_000}
        assert good.post(MODELS, json=long).status_code == 201
    for _ in range(30):  # many more than there are places
        with opened(server) as stream:
            stream.sendall(request("GET", f"{EXPORT}?format=json"))
            stream.recv(1)
    assert good.get(EXPORT).status_code == 200
