"""Canaries in everything that is secret or private, and every log line searched for them."""

import json
import logging
import sqlite3
from contextlib import closing

import httpx
import psycopg
import pytest
from asked import ask
from http_service import SECRET, bearer, token
from served_process import API, served

from model_registry import Amendment, Registration, Registry, StoreError, open_registry, open_store
from model_registry.asgi import JwtAuth, create_app
from model_registry.cli import main
from model_registry_memory import MemoryStore

CANARIES = {
    "description": "canary-in-a-description",
    "tag": "canary-in-a-tag",
    "secret": "canary-in-a-secret-of-thirty-two-bytes-or-more",
    "token": "canary-in-a-token",
    "password": "canary-in-a-password",
}
PRIVATE = {
    "model_id": "gpt-4o",
    "provider": "openai",
    "risk_tier": "tier_2",
    "description": CANARIES["description"],
    "tags": {"unit": CANARIES["tag"]},
}


def found_in(text, *more):
    return [secret for secret in (*CANARIES.values(), SECRET, *more) if secret in text]


def exercise(client, tokens):
    """Ask for everything in every wrong way, with canaries wherever they fit."""
    models = f"{API}/models"
    description, tag = CANARIES["description"], CANARIES["tag"]
    made = client.post(models, json=PRIVATE)
    assert made.status_code == 201
    place = f"{models}/{made.json()['id']}"
    for answer, status in (
        (client.post(models, json=PRIVATE), 409),
        (client.post(models, json=PRIVATE | {"risk_tier": description}), 400),
        (client.post(models, json=PRIVATE | {"description": description * 1_000}), 400),
        (client.post(models, json=PRIVATE | {"tags": {tag: [tag]}}), 400),
        (client.post(models, content=f'{{"description": "{description}'), 400),
        (client.post(models, content=f'"{description}"' * 99_999), 413),
        (client.put(place, json={"description": f"{description} 2"}), 200),
        (client.put(place, json={"validation_status": "validated"}), 422),
        (client.put(place, json={"id": description}), 400),
        (client.get(models, params={"search": description, "provider": tag}), 200),
        (client.get(models, params={description: tag}), 400),
        (client.get(f"{models}/{description}"), 404),
        (client.get(f"{API}/{description}"), 404),
        (client.request("PATCH", models, json=PRIVATE), 405),
        (client.get(f"{place}/history"), 200),
        (client.get(f"{API}/model-inventory-export", params={"format": "json"}), 200),
        (client.post(f"{models}/discover", json={"lookback_days": description}), 400),
        (client.post(f"{models}/discover"), 503),
        (client.delete(place), 204),
        (client.delete(place), 404),
    ):
        assert answer.status_code == status, answer.text
    for header in tokens:
        answer = httpx.get(
            f"{client.base_url}{API}/models", headers={"Authorization": header}, timeout=30
        )
        assert answer.status_code == 401
    return client.post(models, json=PRIVATE).json()["id"]


def tokens():
    good = token()
    forged = token(key="x" * 40, sub=CANARIES["token"])
    return [
        f"Bearer {CANARIES['token']}",
        f"Basic {CANARIES['token']}",
        f"Bearer {forged}",
        f"Bearer {good}{CANARIES['token']}",
        f"Bearer {token(exp=1)}",
        f"Bearer {token(sub=None)}",
    ]


TAG = CANARIES["tag"]
HARM = (
    ("UPDATE model_registry_entries SET tags = ?", f'{{"unit": "{TAG}'),
    ("UPDATE model_registry_entries SET tags = ?", f'["{TAG}"]'),
    ("UPDATE model_registry_entries SET tags = ?", f'{{"unit": ["{TAG}"]}}'),
    ("UPDATE model_registry_entries SET tags = '{}', description = ?", b"\xff" + TAG.encode()),
    ("UPDATE model_registry_entries SET description = ?", "\0" + CANARIES["description"]),
    ("UPDATE model_registry_entries SET description = ?", CANARIES["description"] * 1_000),
    ("ALTER TABLE model_registry_entries DROP COLUMN description", None),
)
"""What somebody with access to the database can do to it, and the value that it is done with."""


def harm(folder, statement, value):
    with closing(sqlite3.connect(folder / "registry.db", isolation_level=None)) as other:
        other.execute(statement, [] if value is None else [value])


@pytest.mark.parametrize("level", ["debug", "warning"])
def test_a_server_on_sqlite(tmp_path, level):
    bad = tokens()
    options = (f"--log-level={level}", "--log-format=text", "--access-log")
    with served(tmp_path, *options) as server, server.client() as client:
        server_id = exercise(client, bad)
        for statement, value in HARM:
            harm(tmp_path, statement, value)
            for answer in (
                client.get(f"{API}/models"),
                client.get(f"{API}/model-inventory-export"),
                client.put(f"{API}/models/{server_id}", json={"owner": "ana"}),
            ):
                assert answer.status_code in {200, 404, 503}
                assert answer.status_code == 200 or not found_in(answer.text)
        server.stop()
        server.process.wait(20)
    sent = [header.split()[1] for header in bad] + [bearer()["Authorization"].split()[1][:40]]
    text = server.text()
    assert "POST /api/admin/models 201" in text
    assert "A write failed" in text
    assert not found_in(text, *sent)


def test_a_server_on_postgresql_and_its_password(tmp_path, new_postgresql_url):
    url = new_postgresql_url().replace("://postgres@", f"://postgres:{CANARIES['password']}@")
    assert CANARIES["password"] in url
    with open_registry(url):
        pass  # makes the schema
    options = ("--log-level=debug", "--access-log")
    with served(tmp_path, *options, store=url) as server, server.client() as client:
        exercise(client, tokens())
        schema = url.partition("search_path%3D")[2]
        with psycopg.connect(
            url.partition("&options")[0].replace("+psycopg", ""), autocommit=True
        ) as other:
            other.execute(f"ALTER TABLE {schema}.model_registry_entries DROP COLUMN document")
        for answer in (
            client.get(f"{API}/models?limit=7"),  # not asked before, so that none is kept
            client.post(f"{API}/models", json=PRIVATE | {"model_id": "o3-mini"}),
        ):
            assert answer.status_code == 503
        server.stop()
        server.process.wait(20)
    assert {"model_registry.writes", "model_registry.requests"} <= {
        line["logger"] for line in server.lines()
    }
    assert not found_in(server.text())


@pytest.fixture
def everything_logged(caplog):
    caplog.set_level(logging.DEBUG)
    # What a host lets SQLAlchemy log of its statements and rows is the host's choice.
    logging.getLogger("sqlalchemy").setLevel(logging.WARNING)
    yield lambda: caplog.text + "".join(json.dumps(vars(r), default=str) for r in caplog.records)
    logging.getLogger("sqlalchemy").setLevel(logging.NOTSET)


class Failing(MemoryStore):
    """A store whose errors quote everything that they have seen."""

    error = None

    def commit(self, tenant_id, changes):
        said = " ".join([*CANARIES.values(), repr(changes)])
        if self.error is None:
            return super().commit(tenant_id, changes)
        try:
            raise RuntimeError(said)
        except RuntimeError as cause:
            raise self.error(self.error is StoreError or said) from cause


@pytest.mark.parametrize("error", [StoreError, KeyError])
def test_errors_that_quote(error, everything_logged):
    store = Failing()
    store.error = error
    app = create_app(Registry(store), authenticate=JwtAuth(secret=SECRET))
    (answer,) = ask(app, ("POST", f"{API}/models", PRIVATE), **bearer())
    assert answer.status_code == (503 if error is StoreError else 500)
    assert not found_in(answer.text)
    assert "RuntimeError" in everything_logged()
    assert not found_in(everything_logged())


def test_an_authenticator_that_quotes(everything_logged):
    def authenticate(scope):
        raise RuntimeError(dict(scope["headers"])[b"authorization"])

    app = create_app(Registry(open_store("memory://")), authenticate=authenticate)
    (answer,) = ask(app, ("GET", f"{API}/models", None), authorization=CANARIES["token"])
    assert answer.status_code == 500
    assert not found_in(everything_logged())


def test_the_library(tmp_path, everything_logged):
    with open_registry(f"sqlite:///{tmp_path}/registry.db") as registry:
        tenant = registry.tenant("org_abc")
        entry = tenant.register(Registration(**PRIVATE))
        for statement, value in (HARM[0], HARM[-1]):
            harm(tmp_path, statement, value)
            with pytest.raises(StoreError):
                tenant.update(entry.id, Amendment(owner="ana"))
    assert "A write failed" in everything_logged()
    assert not found_in(everything_logged())


def test_the_command_line(tmp_path, everything_logged, monkeypatch, capfd):
    monkeypatch.setenv("MODEL_REGISTRY_JWT_SECRET", CANARIES["secret"])
    monkeypatch.setenv("MODEL_REGISTRY_TENANT", "org_abc")
    monkeypatch.setenv("MODEL_REGISTRY_STORE", f"sqlite:///{tmp_path}/registry.db")
    private = [f"--description={CANARIES['description']}", f"--tag=unit={CANARIES['tag']}"]
    assert main(["register", "gpt-4o", "--tier=tier_2", *private]) == 0
    assert main(["register", "gpt-4o", "--tier=tier_2", *private]) == 1
    assert main(["update", "gpt-4o", "--status=validated", *private]) == 1
    assert main(["token"]) == 0
    printed = capfd.readouterr().out.splitlines()[-1]
    assert not found_in(everything_logged(), printed)
    assert "A write was refused" in everything_logged()
    unreachable = f"postgresql+psycopg://ana:{CANARIES['password']}@127.0.0.1:1/registry"
    for command in ("list", "serve", "db check", "db upgrade"):
        capfd.readouterr()
        assert main([*command.split(), f"--store={unreachable}"]) == 1
        captured = capfd.readouterr()
        assert "error: " in captured.err
        assert not found_in(captured.out + captured.err + everything_logged())
