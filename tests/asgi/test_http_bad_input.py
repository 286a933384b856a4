"""What clients send by mistake or by malice: each has its answer, and changes nothing."""

import json
import socket
from urllib.parse import urlsplit

import pytest
from http_service import EXPORT, MODELS, bearer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

GOOD = {"model_id": "m", "provider": "acme", "risk_tier": "tier_1"}
DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.fixture
def unchanged(memory_service):
    """Make sure that a refused request left the tenant's history and inventory as they were."""
    tenant = memory_service.registry.tenant("org_abc")
    before = tenant.head()
    yield
    assert tenant.head() == before


def refused(answer, *fields, status=400, code="validation_error"):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert list(body) == ["error"]
    assert list(body["error"]) == ["code", "message", "details"]
    assert body["error"]["code"] == code
    assert body["error"]["message"]
    found = [fault["field"] for fault in body["error"]["details"]]
    assert sorted(found) == sorted(fields)
    return body["error"]["details"]


class TestBodies:
    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"not json",
            b'{"model_id": NaN}',
            b'{"model_id": Infinity}',
            b'{"tags": 1e999}',
            b'{"model_id": "\xff"}',
            b"\xff\xfe{}",
            b"\xef\xbb\xbf{}",
            rb'{"model_id": "\ud800"}',
            rb'{"\udfff": 1}',
            DEEP,
            b'{"tags": ' + DEEP + b"}",
            b"{} {}",
            b"[]",
            b"null",
            b'"text"',
            b"1",
        ],
        ids=lambda raw: raw[:24].decode("latin-1") or "empty",
    )
    def test_what_is_no_json_object(self, memory_client, unchanged, raw):
        entry = f"{MODELS}/00000000-0000-4000-8000-000000000000"
        refused(memory_client.post(MODELS, content=raw), "body")
        refused(memory_client.put(entry, content=raw), "body")
        if raw:
            refused(memory_client.post(f"{MODELS}/discover", content=raw), "body")

    @pytest.mark.parametrize(
        ("change", "fields"),
        [
            ({"model_id": None}, ["model_id"]),
            ({"model_id": ""}, ["model_id"]),
            ({"model_id": " \t"}, ["model_id"]),
            ({"model_id": "x" * 513}, ["model_id"]),
            ({"model_id": "a\x00b"}, ["model_id"]),
            ({"model_id": 7}, ["model_id"]),
            ({"provider": ["openai"]}, ["provider"]),
            ({"risk_tier": "Tier_1"}, ["risk_tier"]),
            ({"risk_tier": 1}, ["risk_tier"]),
            ({"validation_status": "DRAFT"}, ["validation_status"]),
            ({"owner": True}, ["owner"]),
            ({"owner": ""}, ["owner"]),
            ({"description": "x" * 10_001}, ["description"]),
            ({"description": "\x00"}, ["description"]),
            ({"display_name": 1.5}, ["display_name"]),
            ({"tags": []}, ["tags"]),
            ({"tags": {"k": 1, "l": None, "": "v"}}, ["tags.k", "tags.l", "tags."]),
            ({"tags": {"k": "\x00", "\x00": "v"}}, ["tags.k", "tags.\x00"]),
            ({"tags": {str(n): "" for n in range(65)}}, ["tags"]),
            ({"tags": {"k" * 129: "v" * 1_025}}, ["tags." + "k" * 129] * 2),
            ({"id": "x", "created_at": "now"}, ["id", "created_at"]),
            ({"modelid": "typo"}, ["modelid"]),
            ({"model_id": 1, "provider": 2, "risk_tier": 3, "x": 4}, [*GOOD, "x"]),
        ],
        ids=lambda value: repr(value)[:40],
    )
    def test_every_fault_is_named_at_once(self, memory_client, unchanged, change, fields):
        refused(memory_client.post(MODELS, json={**GOOD, **change}), *fields)

    def test_what_is_given_is_echoed_in_short(self, memory_client, unchanged):
        sent = {**GOOD, "owner": "x" * 9_999, "risk_tier": 10**30, "tags": [[]]}
        details = refused(memory_client.post(MODELS, json=sent), "owner", "risk_tier", "tags")
        assert max(len(json.dumps(fault)) for fault in details) < 500

    def test_a_body_that_is_too_long_whatever_it_says_of_itself(self, memory_client, unchanged):
        answers = [
            memory_client.post(MODELS, content=b" " * 5_000_000),
            memory_client.post(MODELS, content=iter([b" " * 1_000_000] * 5)),
            memory_client.put(f"{MODELS}/x", content=b" " * (1024 * 1024 + 1)),
        ]
        for answer in answers:
            refused(answer, status=413, code="payload_too_large")
        refused(memory_client.post(MODELS, content=b" " * (1024 * 1024)), "body")

    def test_a_client_that_reads_only_when_all_is_sent_gets_its_answer(self, memory_service):
        parts = urlsplit(memory_service.url)
        body = b" " * 5_000_000
        head = f"POST {MODELS} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
        head += f"Authorization: {bearer()['Authorization']}\r\n\r\n"
        with socket.create_connection((parts.hostname, parts.port), timeout=20) as client:
            client.sendall(head.encode() + body)
            assert client.recv(100).startswith(b"HTTP/1.1 413 ")

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(raw=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
    def test_whatever_comes_is_the_clients_fault(self, memory_client, raw):
        assert memory_client.post(MODELS, content=raw).status_code == 400


class TestQueries:
    @pytest.mark.parametrize(
        ("query", "fields"),
        [
            ("limit=0", ["limit"]),
            ("limit=201", ["limit"]),
            ("limit=-1", ["limit"]),
            ("limit=", ["limit"]),
            ("limit=ten", ["limit"]),
            ("limit=1.0", ["limit"]),
            ("limit=%D9%A1", ["limit"]),
            ("offset=-1", ["offset"]),
            ("offset=2147483649", ["offset"]),
            ("offset=" + "9" * 5_000, ["offset"]),
            ("risk_tier=Tier_1", ["risk_tier"]),
            ("risk_tier=", ["risk_tier"]),
            ("validation_status=DRAFT", ["validation_status"]),
            ("search=%00", ["search"]),
            ("provider=" + "x" * 513, ["provider"]),
            ("search=%ff", ["query"]),
            ("search=%ED%A0%80", ["query"]),
            ("limit=1&limit=2", ["limit"]),
            ("sort=owner", ["sort"]),
            ("limit=x&offset=x&risk_tier=x&q=x", ["limit", "offset", "risk_tier", "q"]),
            ("&".join(f"p{n}=" for n in range(200)), ["query"]),
        ],
        ids=lambda value: repr(value)[:40],
    )
    def test_every_fault_is_named_at_once(self, memory_client, query, fields):
        refused(memory_client.get(f"{MODELS}?{query}"), *fields)

    def test_other_operations_know_their_own_parameters(self, memory_client):
        refused(memory_client.get(f"{EXPORT}?limit=5&format=CSV"), "limit", "format")
        place = f"{MODELS}/00000000-0000-4000-8000-000000000000"
        refused(memory_client.get(f"{place}?x=1"), "x")
        refused(memory_client.get(f"{place}/history?limit=0"), "limit")
        refused(memory_client.post(f"{MODELS}?dry_run=true", json=GOOD), "dry_run")

    def test_an_offset_past_the_end_gives_nothing(self, client):
        answer = client.get(MODELS, params={"offset": 2**31})
        assert (answer.status_code, answer.json()["models"]) == (200, [])

    def test_search_text_is_plain_text(self, client):
        odd = [
            "'; DROP TABLE models; --",
            'say "hi"',
            "a(b",
            "a*b",
            "100%",
            "snake_case",
            "back\\s",
        ]
        for number, text in enumerate(odd):
            sent = {**GOOD, "model_id": f"m-{number}", "description": text}
            assert client.post(MODELS, json=sent).status_code == 201
        everywhere = {"'; drop table": 0, '"': 1, "(": 2, "*": 3, "%": 4, "_": 5, "\\": 6, "0%": 4}
        for text, number in everywhere.items():
            for path, options in ((EXPORT, {"format": "json"}), (MODELS, {})):
                found = client.get(path, params={"search": text, **options}).json()
                assert [m["model_id"] for m in found["models"]] == [f"m-{number}"], text
        for text in ("a_b", "a%b", "*", "OR 1=1", "m-1 OR m-2", "a.b", "NOT", "m-*"):
            found = client.get(MODELS, params={"provider": text}).json()
            assert found["total"] == 0
        for text in ("a?b", "ab*", "m-1 OR m-2", '"m-1"'):
            assert client.get(MODELS, params={"search": text}).json()["total"] == 0
        assert client.get(MODELS).json()["total"] == len(odd)


class TestIds:
    @pytest.mark.parametrize(
        "sought",
        [
            "1",
            "..%2f..%2fetc%2fpasswd",
            "..%2F",
            "%2e%2e%2fmodels",
            "a/b/c",
            "%00",
            "550e8400e29b41d4a716446655440001",
            "{550e8400-e29b-41d4-a716-446655440001}",
            "550e8400-e29b-41d4-a716-44665544000%D9%A1",
            "x" * 2_000,
            "550e8400-e29b-41d4-a716-446655440001",
        ],
    )
    def test_an_id_that_names_nothing_is_not_found(self, memory_client, unchanged, sought):
        for method in ("GET", "PUT", "DELETE"):
            content = b"{}" if method == "PUT" else None
            answer = memory_client.request(method, f"{MODELS}/{sought}", content=content)
            refused(answer, status=404, code="model_not_found")

    @pytest.mark.parametrize("ending", ["%0a", "%20", "%00", "%2f", "/"])
    def test_an_id_with_something_behind_it_is_another(self, memory_client, ending):
        sent = {**GOOD, "model_id": f"m{ending}"}
        place = f"{MODELS}/{memory_client.post(MODELS, json=sent).json()['id']}"
        assert memory_client.get(place).status_code == 200
        assert memory_client.get(place + ending).status_code == 404
        assert memory_client.delete(place + ending).status_code == 404

    def test_unknown_paths_and_methods(self, memory_client, unchanged):
        for path in ("/", "/api/admin", "/api/admin/models/", "/api/admin/nothing", "/models"):
            refused(memory_client.get(path), status=404, code="not_found")
        allowed = {
            MODELS: "GET, HEAD, POST",
            f"{MODELS}/discover": "POST",
            f"{MODELS}/x": "DELETE, GET, HEAD, PUT",
            f"{MODELS}/x/history": "GET, HEAD",
            EXPORT: "GET, HEAD",
        }
        for path, methods in allowed.items():
            for method in ("PATCH", "OPTIONS", "TRACE", "PROPFIND"):
                answer = memory_client.request(method, path)
                refused(answer, status=405, code="method_not_allowed")
                assert answer.headers["allow"] == methods


def test_another_tenants_entry_is_as_if_there_were_none(client, service):
    mine = client.post(MODELS, json=GOOD).json()
    nobody = "00000000-0000-4000-8000-000000000000"
    with service.client(tenant_id="org_other") as other:
        for method, tail in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/history")):
            content = b"{}" if method == "PUT" else None
            theirs = other.request(method, f"{MODELS}/{mine['id']}{tail}", content=content)
            none = other.request(method, f"{MODELS}/{nobody}{tail}", content=content)
            refused(theirs, status=404, code="model_not_found")
            assert theirs.text.replace(mine["id"], nobody) == none.text
        assert other.get(MODELS).json()["total"] == 0
        assert mine["id"] not in other.get(EXPORT).text
    assert client.get(f"{MODELS}/{mine['id']}").json() == mine


def test_the_tenants_name_is_data(client, service):
    for name in ("'; DROP TABLE", "../..", "%", "a/b", "日本"):
        with service.client(tenant_id=name) as other:
            assert other.get(MODELS).json()["total"] == 0
            made = other.post(MODELS, json=GOOD)
            assert (made.status_code, made.json()["tenant_id"]) == (201, name)
            assert other.get(MODELS).json()["total"] == 1
    assert client.get(MODELS).json()["total"] == 0
    assert client.get(MODELS, headers=bearer(tenant_id="_")).json()["total"] == 0
