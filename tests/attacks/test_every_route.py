"""A walk over every route and method there is: what is not documented is not served, to nobody."""

import httpx
import pytest
from http_service import SECRET, bearer, token

from model_registry import open_registry
from model_registry.asgi import JwtAuth, create_app

PREFIX = "/api/admin"
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "QUERY")
NOBODYS = "00000000-0000-4000-8000-000000000000"
BODIES = {
    "POST": {"model_id": "mallory-1", "provider": "acme", "risk_tier": "tier_1"},
    "PUT": {"description": "mallory was here"},
}
# Each is told apart from every other text, so that its appearance anywhere is a leak.
SECRETS = {
    "model_id": "kestrel-model",
    "provider": "kestrel-provider",
    "display_name": "kestrel-name",
    "owner": "kestrel@example.com",
    "description": "kestrel-description",
    "tags": {"kestrel-key": "kestrel-value"},
    "risk_tier": "tier_2",
}
PROFILE = {"purpose": "kestrel-purpose"}


def documented(client):
    document = client.get(f"{PREFIX}/openapi.json").json()
    return {
        (path, method.upper()): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_the_router_serves_the_document_and_nothing_else(memory_client):
    with open_registry("memory://") as registry:
        app = create_app(registry, authenticate=JwtAuth(secret=SECRET))
    routed = {resource.template for resource in app.routes.resources.values()}
    known = documented(memory_client)
    assert routed == {path for path, _ in known}
    for path in routed:
        for method in METHODS:
            answer = memory_client.request(method, path.replace("{id}", NOBODYS), content=b"{}")
            served = (path, "GET" if method == "HEAD" else method) in known
            assert (answer.status_code != 405) == served, (method, path)
            assert "not_found" not in answer.text.split('"')
        for tail in (
            "",
            "/history",
            "/history/",
            "/",
            "//",
            "/a/b",
        ):  # ids with a slash name nothing
            answer = memory_client.get(f"{PREFIX}/models/a/b{tail}")
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")


CREDENTIALS = {
    "none": {},
    "wrong key": {"Authorization": f"Bearer {token(key='another secret that is long enough')}"},
    "expired": bearer(exp=1),
    "no tenant": bearer(tenant_id=None),
    "another scheme": {"Authorization": "Basic YWRtaW46YWRtaW4="},
    "in the wrong place": {"Cookie": f"token={token()}", "X-Forwarded-User": "admin"},
}


@pytest.mark.parametrize("kind", CREDENTIALS)
def test_nobody_gets_anywhere_without_good_credentials(memory_service, memory_client, kind):
    before = memory_service.registry.tenant("org_abc").head()
    with httpx.Client(base_url=memory_service.url, headers=CREDENTIALS[kind]) as stranger:
        for path, method in documented(memory_client):
            for sought in (path.replace("{id}", NOBODYS), path + "/", "/" + path, path.upper()):
                answer = stranger.request(method, sought, json=BODIES.get(method))
                assert answer.status_code == 401, (method, sought)
                assert answer.headers["www-authenticate"] == "Bearer"
                assert answer.json()["error"] == {**answer.json()["error"], "details": []}
    assert memory_service.registry.tenant("org_abc").head() == before


def test_another_tenant_learns_and_changes_nothing(service, client):
    place = client.post(f"{PREFIX}/models", json=SECRETS).headers["location"]
    assert client.put(f"{place}/risk-profile", json=PROFILE).status_code == 200
    mine = client.get(place).json()
    before = service.registry.tenant("org_abc").head()
    pretending = {
        "X-Tenant-Id": "org_abc",
        "X-Forwarded-User": "alice@example.com",
        "X-Original-URL": f"{PREFIX}/models/{mine['id']}",
        "X-HTTP-Method-Override": "DELETE",
    }
    with service.client(tenant_id="org_other", sub="mallory") as other:
        other.headers.update(pretending)
        walked = documented(other)
        for (path, method), operation in walked.items():
            asked = [path.replace("{id}", mine["id"])]
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "query" and "enum" not in parameter["schema"]:
                    asked.append(f"{asked[0]}?{parameter['name']}=kestre")
            for target in asked:
                body = BODIES.get(method) if "discover" not in path else {}
                if path.endswith("/risk-profile"):
                    body = PROFILE
                answer = other.request(method, target, json=body)
                assert "kestrel" not in answer.text, (method, target)
                assert "org_abc" not in answer.text
                if "{id}" in path:
                    none = other.request(method, target.replace(mine["id"], NOBODYS), json=body)
                    assert answer.status_code == none.status_code == (400 if "?" in target else 404)
                    assert answer.text.replace(mine["id"], NOBODYS) == none.text
        taken = other.post(f"{PREFIX}/models", json={**BODIES["POST"], "model_id": "kestrel-model"})
        assert taken.status_code == 201, "another tenant's model ids are free, and tell nothing"
        claimed = other.post(f"{PREFIX}/models", json={**BODIES["POST"], "tenant_id": "org_abc"})
        assert claimed.status_code == 400
    assert service.registry.tenant("org_abc").head() == before
    assert client.get(f"{PREFIX}/models/{mine['id']}").json() == mine


def test_serve_tells_strangers_how_it_is_and_nothing_else(server, good):
    health = {"/healthz": {"status": "alive"}, "/readyz": {"status": "ready"}}
    with httpx.Client(base_url=server.url) as stranger:
        for path, told in health.items():
            answer = stranger.get(path)
            assert (answer.status_code, answer.json()) == (200, told)
            for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
                assert stranger.request(method, path, content=b"{}").status_code == 405
            tails = (
                "/",
                ";x",
                "%2f",
                "%00",
                "/../api/admin/models",
                "%2f..%2fapi/admin/models",
                ".json",
            )
            for other in (*(path + tail for tail in tails), "/" + path, path.upper(), "/x" + path):
                assert stranger.get(other).status_code == 401, other
        for path, method in documented(good):
            assert stranger.request(method, path.replace("{id}", NOBODYS)).status_code == 401
