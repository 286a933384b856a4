"""``--as-of``, ``history verify``, ``history checkpoint`` and ``history key``."""

import sqlite3
from pathlib import Path

import httpx
import pytest
from http_service import serving

from model_registry.cli.worker import Settings, application
from model_registry.signing import open_checkpoint, read_public_key


@pytest.fixture(autouse=True)
def _secret(monkeypatch, settings):
    monkeypatch.setenv("MODEL_REGISTRY_JWT_SECRET", "a secret of more than thirty-two bytes")


@pytest.fixture
def key(run, tmp_path):
    """Return the public half of a key that was made, and the file that holds it."""
    made = run("history", "key", "--name", "risk.example.com", "--output", "key")
    assert made.code == 0
    return made.out.strip(), tmp_path / "key"


def execute(statement):
    with sqlite3.connect("registry.db") as connection:
        connection.execute(statement)


def test_the_inventory_as_it_stood(run):
    run("register", "m", "--tier", "tier_2")
    made = run("show", "m", "--json").json
    run("update", "m", "--tier", "tier_1")
    run("delete", "m")

    then = ("--as-of", made["created_at"])
    assert run("list", *then, "--json").json["models"] == [made]
    assert run("show", made["id"], *then, "--json").json == made
    assert "tier_2" in run("export", *then).out
    assert run("list", "--as-of", "2020-01-01T00:00:00Z", "--json").json["total"] == 0
    for command in (("list",), ("export",), ("show", made["id"])):
        refused = run(*command, "--as-of", "yesterday")
        assert refused.code == 1
        assert refused.complaints[0].startswith("error: --as-of: must be a time with a zone")


def test_a_history_that_is_verified(run, key):
    public, private = key
    run("register", "m", "--tier", "tier_2")
    assert run("history", "checkpoint", "--key", str(private), "-o", "kept").code == 0
    assert public.split("+")[0] in Path("kept").read_text()
    run("update", "m", "--owner", "risk")

    verified = run("history", "verify", "--checkpoint", "kept", "--public-key", public)
    assert (verified.code, verified.err) == (0, "")
    assert verified.out.splitlines() == [
        "integrity: intact (2 events, 1 entries)",
        "completeness: all 1 events of the checkpoint are there, unchanged",
    ]
    plain = run("history", "verify", "--json").json
    assert (plain["intact"], plain["complete"], plain["events"]) == (True, None, 2)


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        (
            "UPDATE model_registry_events SET actor = 'eve' WHERE sequence = 1",
            "event 1 was changed",
        ),
        ("DELETE FROM model_registry_events WHERE sequence = 1", "event 1 is missing"),
        ("UPDATE model_registry_entries SET owner = 'eve'", "gives it other values: owner"),
        ("DELETE FROM model_registry_entries", "its history tells of it, and it is not there"),
    ],
)
def test_what_was_edited_behind_our_back_is_told(run, statement, complaint):
    run("register", "m", "--tier", "tier_2")
    run("update", "m", "--owner", "risk")
    execute(statement)

    verified = run("history", "verify")
    assert verified.code == 1
    assert complaint in verified.err
    assert verified.out.startswith("integrity: NOT intact")
    assert run("history", "verify", "--json").json["intact"] is False


def test_a_cut_tail_is_told_by_the_checkpoint(run):
    run("register", "m", "--tier", "tier_2")
    first = run("history", "--json").json["events"][0]["hash"]
    run("register", "n", "--tier", "tier_2")
    run("history", "checkpoint", "--output", "kept")
    execute("DELETE FROM model_registry_events WHERE sequence = 2")
    execute("DELETE FROM model_registry_entries WHERE model_id = 'n'")
    execute("UPDATE model_registry_totals SET entries = 1")
    execute(f"UPDATE model_registry_heads SET sequence = 1, hash = '{first}'")

    assert run("history", "verify").code == 0
    verified = run("history", "verify", "--checkpoint", "kept")
    assert verified.code == 1
    assert "completeness: NOT the history" in verified.out
    assert "warning: who signed" in verified.err


def test_a_server_signs_what_it_states(run, key, tmp_path):
    public, private = key
    run("register", "m", "--tier", "tier_2")
    settings = Settings(
        store=f"sqlite:///{tmp_path}/registry.db", prefix="", checkpoint_key=str(private)
    )
    app = application(settings)
    token = run("token").out.strip()
    with serving(app) as url:
        headers = {"Authorization": f"Bearer {token}"}
        stated = httpx.get(f"{url}/model-history-checkpoint", headers=headers).json()
    app.registry.close()
    checkpoint = open_checkpoint(stated["note"], read_public_key(public))
    assert (checkpoint.tenant_id, checkpoint.size) == ("org_abc", 1)

    for wrong in ("nowhere", "registry.db"):
        answer = run("serve", "--checkpoint-key", wrong)
        assert answer.code == 1
        assert len(answer.complaints) == 1


def test_mistakes_are_one_clear_line(run, key, tmp_path):
    public, private = key
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "text").write_text("no note")
    mistakes = [
        ("history", "key", "--name", "a b", "--output", "new"),
        ("history", "key", "--name", "a", "--output", "key"),
        ("history", "checkpoint", "--key", "nowhere"),
        ("history", "checkpoint", "--key", "text"),
        ("history", "verify", "--checkpoint", "nowhere"),
        ("history", "verify", "--checkpoint", "binary"),
        ("history", "verify", "--checkpoint", "text"),
        ("history", "verify", "--checkpoint", "text", "--public-key", "nonsense"),
        ("history", "verify", "--checkpoint", "text", "--public-key", public),
    ]
    for mistake in mistakes:
        answer = run(*mistake)
        assert answer.code == 1, mistake
        assert len(answer.complaints) == 1, (mistake, answer.err)
        assert "Traceback" not in answer.err
    assert not (tmp_path / "new").exists()
    assert private.stat().st_mode & 0o077 == 0
