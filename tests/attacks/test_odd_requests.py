"""Requests that two servers may read in two ways: each has one answer, and hides no other."""

import json
import re

import pytest
from http_service import EXPORT, MODELS
from raw_requests import AUTHORIZATION, answered, request

CLOSE = b"Connection: close\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
BODY = json.dumps({"model_id": "smuggled", "provider": "acme", "risk_tier": "tier_1"}).encode()
HIDDEN = request("POST", MODELS, b"Content-Length: %d\r\n" % len(BODY), CLOSE) + BODY


def statuses(answer):
    return [int(status) for status in re.findall(rb"(?m)^HTTP/1.1 (\d+) ", answer)]


LENGTHS = {
    "length and chunks": (b"Content-Length: 4\r\n", CHUNKED),
    "chunks and length": (CHUNKED, b"Content-Length: 4\r\n"),
    "two lengths": (b"Content-Length: 5\r\n", b"Content-Length: 6\r\n"),
    "the same length twice": (b"Content-Length: 5\r\n", b"Content-Length: 5\r\n"),
    "a list of lengths": (b"Content-Length: 5, 5\r\n",),
    "a signed length": (b"Content-Length: +5\r\n",),
    "a negative length": (b"Content-Length: -5\r\n",),
    "a length beyond all numbers": (b"Content-Length: 99999999999999999999999\r\n",),
    "an unknown coding": (b"Transfer-Encoding: xchunked\r\n",),
    "chunks that are not last": (b"Transfer-Encoding: chunked, identity\r\n",),
    "a vertical tab": (b"Transfer-Encoding:\x0bchunked\r\n",),
    "a space before the colon": (b"Transfer-Encoding : chunked\r\n",),
    "a folded line": (b"Transfer-Encoding:\r\n chunked\r\n",),
    "a bare line feed": (b"Transfer-Encoding: chunked\n",),
    "a null": (b"X: a\x00b\r\n",),
}


@pytest.mark.parametrize("kind", LENGTHS)
def test_no_request_hides_in_another(server, good, kind):
    raw = request("POST", MODELS, *LENGTHS[kind]) + b"0\r\n\r\n" + HIDDEN
    assert statuses(answered(server, raw)) == [400]
    assert good.get(MODELS, params={"search": "smuggled"}).json()["total"] == 0


@pytest.mark.parametrize("size", [b"-1", b"0x2", b"ffffffffffffffffff", b"2 ", b"", b"g"])
def test_a_chunk_of_no_size_ends_the_connection(server, size):
    raw = request("POST", MODELS, CHUNKED) + size + b"\r\n{}\r\n0\r\n\r\n" + HIDDEN
    assert statuses(answered(server, raw)) == [400]


TARGETS = {
    b"http://evil.example/api/admin/models": 200,  # the authority is not ours to judge
    b"http://evil.example/x": 404,
    b"*": 404,
    b"//api/admin/models": 404,
    b"/api/admin//models": 404,
    b"/api/admin/./models": 404,
    b"/api/admin/x/../models": 404,
    b"/api/admin/%2e%2e/admin/models": 404,
    b"/api/admin/models;x=1": 404,
    b"/api/admin/models%3Flimit=1": 404,
    b"/api/admin/models%00": 404,
    b"/api/admin/models%20": 404,
    b"/api/admin/models\\x": 404,
    b"/API/admin/models": 404,
    b"/api/admin/models/%00": 404,
    b"/api/admin/models/%ff%fe": 404,
    b"/api/admin/models/%ed%a0%80": 404,
    b"/api/admin/models/%zz": 404,
    b"/api/admin/models/%2e%2e%2fopenapi.json": 404,
    b"/api/admin/models/" + b"a" * 60_000: 404,
    b"/api/admin/models?search=%ff": 400,
    b"/api/admin/models?search=\xff": 400,
    b"/api/admin/models/\xff": 400,
    b"\\api\\admin\\models": 400,
    b"api/admin/models": 400,
    b"/api/admin/models\x00": 400,
    b"/api/admin/mod%65ls": 200,
}


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target[:45].decode("latin-1"))
def test_a_target_is_what_it_says_and_not_what_it_resembles(server, target):
    answer = answered(server, request("GET", target, CLOSE))
    assert statuses(answer) == [TARGETS[target]]
    assert len(answer) < 2_000
    stranger = request("GET", target, CLOSE, authorized=False)
    assert statuses(answered(server, stranger)) in ([401], [400])


@pytest.mark.parametrize(
    "host",
    [
        b"",
        b"Host: \r\n",
        b"Host: x/api/admin/models?\r\n",
        b"Host: x/..;/#\r\n",
        b'Host: "><script>\r\n',
        b"Host: a\r\nHost: b/api/admin/openapi.json\r\n",
        b"Host: x:99999999\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Prefix: /api\r\n",
    ],
    ids=str,
)
def test_the_host_decides_nothing(server, good, host):
    assert statuses(answered(server, request("GET", "/x", CLOSE, host=host))) == [404]
    assert statuses(
        answered(server, request("GET", MODELS, CLOSE, host=host, authorized=False))
    ) == [401]
    same = answered(server, request("GET", "/api/admin/openapi.json", CLOSE, host=host))
    document = json.loads(same.partition(b"\r\n\r\n")[2])
    assert document == good.get("/api/admin/openapi.json").json()


@pytest.mark.parametrize(
    "raw",
    [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /api/admin/models HTTP/3.0\r\n" + AUTHORIZATION + b"\r\n",
        b"CONNECT evil:80 HTTP/1.1\r\nHost: evil\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS, where none is spoken
        b"GET /api/admin/models HTTP/1.1\nHost: x\n\n",
    ],
    ids=lambda raw: raw[:12].decode("latin-1"),
)
def test_another_protocol_is_no_request(server, raw):
    assert statuses(answered(server, raw)) == [400]


@pytest.mark.parametrize("upgrade", [b"websocket", b"h2c"])
def test_an_upgrade_is_not_made(server, upgrade):
    asked = (b"Connection: upgrade, close\r\n", b"Upgrade: %s\r\n" % upgrade)
    assert statuses(answered(server, request("GET", MODELS, *asked))) == [200]
    stranger = request("GET", EXPORT, *asked, authorized=False)
    assert statuses(answered(server, stranger)) == [401]
