"""The gate: nothing is reached without credentials, whatever the path, method or authenticator."""

import asyncio
import logging
import threading
from functools import partial

import httpx
import pytest
from http_service import EXPORT, MODELS, SECRET, bearer, serving, token

from model_registry import open_registry
from model_registry.asgi import JwtAuth, Principal, Unauthenticated, create_app
from model_registry.asgi.app import OPERATIONS
from model_registry.errors import ValidationError

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND")
NOWHERE = ("/", "/api/admin", "/api/admin/nothing", "/docs", "/metrics", "//api/admin/models")


def call(app, path="/api/admin/models", method="GET", headers=(), body=b"", **scope):
    """Send one request to an ASGI app in this process and give status, headers and body."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    given = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": list(headers),
        **scope,
    }
    asyncio.run(app(given, receive, send))
    answer = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], dict(sent[0]["headers"]), answer


def app_with(authenticate, **options):
    return create_app(open_registry("memory://"), authenticate=authenticate, **options)


def paths():
    entry = "550e8400-e29b-41d4-a716-446655440001"
    declared = {f"/api/admin{o.path}" for o in OPERATIONS} | {"/api/admin/openapi.json"}
    return sorted(path.replace("{id}", entry) for path in declared)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": f"Basic {token()}"},
        {"Authorization": token()},
        {"Authorization": "Bearer " + token(key="another secret that is long enough")},
        {"Authorization": "Bearer " + token()[:-1]},
        {"Authorization": "Bearer " + "x" * 9_000},
        {"X-Authorization": f"Bearer {token()}", "Cookie": f"token={token()}"},
    ],
    ids=lambda headers: str(headers)[:45],
)
def test_every_path_and_method_is_refused(memory_service, headers):
    with httpx.Client(base_url=memory_service.url, headers=headers) as client:
        with memory_service.client() as admitted:
            document = admitted.get("/api/admin/openapi.json").json()
        documented = {path.replace("{id}", "x") for path in document["paths"]}
        assert len(documented) == len(paths())
        for path in {*paths(), *documented, *NOWHERE}:
            for method in METHODS:
                answer = client.request(method, path)
                assert answer.status_code == 401, (method, path)
                assert answer.headers["www-authenticate"] == "Bearer"
                if method != "HEAD":
                    assert answer.json()["error"]["code"] == "unauthorized"


def test_a_query_cannot_carry_the_token(memory_service):
    assert httpx.get(f"{memory_service.url}{MODELS}?access_token={token()}").status_code == 401


def test_two_authorization_headers_are_refused(memory_service):
    headers = [("Authorization", bearer()["Authorization"])] * 2
    answer = httpx.get(f"{memory_service.url}{MODELS}", headers=headers)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "role", ["viewer", None, "", "Admin", ["viewer"], [], 1, {"admin": True}, [["admin"]]]
)
def test_every_path_needs_the_role(memory_service, role):
    with memory_service.client(role=role) as client:
        for path in (*paths(), *NOWHERE):
            answer = client.get(path)
            assert answer.status_code == 403
            assert answer.json()["error"]["code"] == "forbidden"


def test_the_role_may_be_one_of_a_list_and_the_scheme_in_any_case(memory_service):
    with memory_service.client(role=["viewer", "admin"]) as client:
        assert client.get(MODELS).status_code == 200
    shouted = {"Authorization": f"BEARER {token()}"}
    assert httpx.get(f"{memory_service.url}{MODELS}", headers=shouted).status_code == 200


def test_without_an_authenticator_there_is_no_app():
    registry = open_registry("memory://")
    with pytest.raises(TypeError, match="authenticate"):
        create_app(registry)
    with pytest.raises(TypeError, match="there is no unauthenticated registry"):
        create_app(registry, authenticate=None)
    for prefix in ("api", "/{x}"):
        with pytest.raises(ValueError, match="prefix"):
            app_with(Principal, prefix=prefix)


class TestAuthenticators:
    def test_a_plain_function_runs_on_a_thread_and_a_coroutine_on_the_loop(self):
        seen = []

        def sync(scope):
            seen.append(threading.current_thread() is threading.main_thread())
            return Principal("t", "s", "admin")

        async def coroutine(scope):
            return sync(scope)

        class Callable:
            async def __call__(self, scope):
                return sync(scope)

        for authenticate in (sync, coroutine, Callable(), partial(coroutine)):
            assert call(app_with(authenticate))[0] == 200
        assert seen == [False, True, True, True]

    def test_what_a_principal_may_be(self):
        assert Principal("t", "s", "admin").roles == {"admin"}
        assert Principal("t", "s", ["a", "b"]).roles == {"a", "b"}
        for tenant, subject in (
            ("", "s"),
            ("t", " "),
            ("t", "x" * 513),
            ("t" * 129, "s"),
            (None, 5),
            ("\x00", "s"),
        ):
            with pytest.raises(ValidationError):
                Principal(tenant, subject, "admin")

    @pytest.mark.parametrize(
        ("outcome", "status"),
        [
            (Unauthenticated("no"), 401),
            (ValidationError([]), 401),
            (RuntimeError("the password is hunter2"), 500),
            (None, 500),
            ({"tenant_id": "t"}, 500),
            (Principal("t", "s"), 403),
        ],
    )
    def test_whatever_it_does_nobody_slips_through(self, outcome, status, caplog):
        def authenticate(scope):
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        found, _, body = call(app_with(authenticate))
        assert found == status
        assert b"hunter2" not in body
        assert b"Traceback" not in body
        assert (status == 500) == any(r.levelno >= logging.ERROR for r in caplog.records)

    def test_another_role_may_be_required(self):
        app = app_with(lambda scope: Principal("t", "s", "risk"), required_role="risk")
        assert call(app)[0] == 200


def test_a_websocket_is_closed():
    sent = []

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message["type"])

    scope = {"type": "websocket", "path": MODELS, "headers": []}
    asyncio.run(app_with(lambda scope: Principal("t", "s", "admin"))(scope, receive, send))
    assert sent == ["websocket.close"]


def test_no_log_line_holds_a_token_or_the_secret(caplog):
    caplog.set_level(logging.DEBUG)
    with serving(app_with(JwtAuth(secret=SECRET))) as url:
        for headers in (
            bearer(),
            bearer(exp=1),
            bearer(tenant_id=7),
            {"Authorization": "Bearer x.y.z"},
        ):
            httpx.get(f"{url}{EXPORT}", headers=headers)
    logged = [r.getMessage() for r in caplog.records if r.name.startswith("model_registry")]
    assert not any("eyJ" in line or SECRET in line for line in logged)
