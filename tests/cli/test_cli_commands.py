"""Every command, run in this process on a SQLite store."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest


@pytest.fixture
def log(tmp_path: Path) -> str:
    now = datetime.now(UTC)
    events = [
        {"timestamp": now - timedelta(days=day), "tenant_id": tenant, "model": model}
        for day, tenant, model in (
            (1, "org_abc", "gpt-4o"),
            (2, "org_abc", "gpt-4o"),
            (3, "org_abc", "credit-risk-scorer-v3"),
            (60, "org_abc", "gpt-3.5-turbo"),
            (1, "org_xyz", "gemini-2.5-flash"),
            (1, "org_abc", None),
        )
    ]
    path = tmp_path / "requests.jsonl"
    lines = [json.dumps(event, default=datetime.isoformat) for event in events]
    path.write_text("\n".join([*lines, '{"cut": ']) + "\n")
    return str(path)


class TestInventory:
    def test_register_show_list(self, run: Any) -> None:
        made = run(
            *("register", "gpt-4o", "--tier", "tier_2", "--display-name", "GPT-4o", "--json"),
            *("--owner", "ml-risk", "--description", "chat", "--status", "validated"),
            *("--tag", "unit=retail", "--tag", "use=a=b"),
        )
        assert made.code == 0
        entry = made.json
        assert {k: entry[k] for k in ("model_id", "provider", "display_name", "risk_tier")} == {
            "model_id": "gpt-4o",
            "provider": "openai",
            "display_name": "GPT-4o",
            "risk_tier": "tier_2",
        }
        assert entry["tags"] == {"unit": "retail", "use": "a=b"}
        assert run("show", "gpt-4o", "--json").json == entry
        assert run("show", entry["id"], "--json").json == entry
        assert run("show", entry["id"].upper(), "--json").json == entry
        assert run("list", "--json").json == {
            "total": 1,
            "limit": 50,
            "offset": 0,
            "models": [entry],
        }
        shown = run("show", "gpt-4o")
        assert "validation_status  validated\n" in shown.out
        assert "tags               unit=retail, use=a=b\n" in shown.out

    def test_a_model_id_may_look_like_a_uuid(self, run: Any) -> None:
        model = "550e8400-e29b-41d4-a716-446655440001"
        run("register", model, "--tier", "tier_1", "--provider", "acme")
        assert run("show", model, "--json").json["model_id"] == model

    def test_list_filters_and_pages(self, run: Any) -> None:
        for model, tier in (("gpt-4o", "tier_1"), ("o3-mini", "tier_2"), ("claude-3", "tier_2")):
            run("register", model, "--tier", tier)

        def listed(*options: str) -> list[str]:
            return [model["model_id"] for model in run("list", "--json", *options).json["models"]]

        assert listed() == ["claude-3", "o3-mini", "gpt-4o"]
        assert listed("--tier", "tier_2") == ["claude-3", "o3-mini"]
        assert listed("--risk-tier", "tier_2", "--provider", "OPENAI") == ["o3-mini"]
        assert listed("--status", "validated") == []
        assert listed("--search", "GPT") == ["gpt-4o"]
        assert listed("--limit", "1", "--offset", "1") == ["o3-mini"]
        assert run("list", "--limit", "2").err == "1 to 2 of 3 models; for more: --offset 2\n"
        assert run("list", "--offset", "2").err == "3 to 3 of 3 models\n"
        assert "--offset 9 is past the end" in run("list", "--offset", "9").err

    def test_a_piped_table_is_one_full_line_for_each_model(self, run: Any) -> None:
        model = "long-" * 60
        run("register", model, "--tier", "tier_1", "--owner", "somebody@example.com")
        head, line = run("list").out.splitlines()
        assert head.split()[:5] == ["MODEL", "PROVIDER", "TIER", "STATUS", "OWNER"]
        assert line.split() == [model, "unknown", "tier_1", "draft", "somebody@example.com", "-"]

    def test_update_sets_clears_and_replaces(self, run: Any) -> None:
        run("register", "m", "--tier", "tier_4", "--owner", "a", "--tag", "x=1", "--tag", "y=2")
        run("update", "m", "--description", "text", "--display-name", "M")
        updated = run("update", "m", "--tier", "tier_1", "--tag", "z=3", "--json").json
        assert (updated["risk_tier"], updated["tags"]) == ("tier_1", {"z": "3"})
        assert (updated["owner"], updated["description"]) == ("a", "text")
        everything = ("owner", "description", "display-name", "tags")
        cleared = run("update", "m", "--json", *(f"--clear={field}" for field in everything)).json
        assert (cleared["owner"], cleared["description"]) == (None, None)
        assert (cleared["display_name"], cleared["tags"]) == ("m", {})

    def test_delete_and_the_history_that_stays(self, run: Any) -> None:
        run("register", "m", "--tier", "tier_4")
        run("register", "other", "--tier", "tier_4")
        run("update", "m", "--status", "pending_validation")
        assert run("delete", "m").code == 0
        assert run("show", "m").code == 1
        history = run("history", "m", "--json").json
        assert history["total"] == 3
        assert [e["action"] for e in history["events"]] == ["registered", "updated", "deleted"]
        assert {e["actor"] for e in history["events"]} == {"ana"}
        first = history["events"][0]["entry_id"]
        run("register", "m", "--tier", "tier_3", "--actor", "ben")
        assert [e["actor"] for e in run("history", "m", "--json").json["events"]] == ["ben"]
        assert run("history", first, "--json").json == history
        assert run("history", "--json").json["total"] == 5
        table = run("history", "--limit", "3", "--offset", "2")
        assert "validation_status: draft → pending_validation" in table.out
        assert table.err == "3 to 5 of 5 events\n"

    def test_tenants_do_not_see_each_other(self, run: Any) -> None:
        entry = run("register", "m", "--tier", "tier_4", "--json").json
        assert run("show", entry["id"], "--tenant", "org_xyz").code == 1
        assert run("list", "--tenant", "org_xyz", "--json").json["total"] == 0


class TestExport:
    def test_csv_and_json(self, run: Any) -> None:
        run("register", "m", "--tier", "tier_1", "--description", "=1+1", "--owner", "Zoë")
        run("register", "n", "--tier", "tier_2")
        (row,) = csv.DictReader(io.StringIO(run("export", "--tier", "tier_1").out, newline=""))
        assert (row["model_id"], row["description"], row["owner"]) == ("m", "'=1+1", "Zoë")
        (row,) = csv.DictReader(io.StringIO(run("export", "--search", "m", "--no-guard").out))
        assert row["description"] == "=1+1"
        exported = run("export", "--format", "json").json
        assert exported["models"] == run("list", "--json").json["models"]
        assert (exported["total"], exported["limit"], exported["offset"]) == (2, 2, 0)

    def test_a_file_is_written_whole_or_not_at_all(
        self, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run("register", "m", "--tier", "tier_1")
        folder = tmp_path / "out"
        folder.mkdir()
        file = folder / "inventory.csv"
        file.write_text("before")
        with monkeypatch.context() as patch:
            patch.setattr("os.fsync", _full_disk)
            answer = run("export", "--output", str(file))
        assert answer.code == 1
        assert answer.complaints == [f"error: {file}: No space left on device"]
        assert file.read_text() == "before"
        assert run("export", "-o", str(file)).code == 0
        assert file.read_bytes() == run("export").out.encode()
        assert list(folder.iterdir()) == [file]

    def test_a_device_is_not_replaced(self, run: Any) -> None:
        run("register", "m", "--tier", "tier_1")
        assert run("export", "-o", "/dev/null").code == 0
        assert Path("/dev/null").is_char_device()


def _full_disk(_file: int) -> None:
    raise OSError(28, "No space left on device")


class TestDiscover:
    def test_from_a_log_to_an_inventory(self, run: Any, log: str) -> None:
        dry = run("discover", "--request-log", log, "--dry-run", "--json")
        assert dry.json["dry_run"] is True
        assert run("list", "--json").json["total"] == 0
        answer = run("discover", "--request-log", log, "--tier", "tier_3", "--json")
        report = answer.json
        assert (report["discovered"], report["created"], report["existing"]) == (2, 2, 0)
        first = report["models"][0]
        assert (first["model_id"], first["request_count_30d"]) == ("gpt-4o", 2)
        assert "1 row could not be understood" in answer.err
        again = run("discover", "--request-log", log, "--days", "90")
        assert "gpt-3.5-turbo" in again.out
        assert "3 models in 90 days" in again.err
        assert "1 created, 2 existing" in again.err
        models = {m["model_id"]: m for m in run("list", "--json").json["models"]}
        assert set(models) == {"gpt-4o", "credit-risk-scorer-v3", "gpt-3.5-turbo"}
        assert models["gpt-4o"]["risk_tier"] == "tier_3"

    def test_the_log_may_be_named_by_the_environment(
        self, run: Any, log: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MODEL_REGISTRY_REQUEST_LOG", log)
        assert run("discover", "--tenant", "org_xyz", "--json").json["created"] == 1

    def test_a_table_is_a_log_too(self, run: Any, tmp_path: Path) -> None:
        with closing(sqlite3.connect(tmp_path / "app.db")) as database:
            database.execute("CREATE TABLE audit_log (timestamp TEXT, org TEXT, model TEXT)")
            row = (datetime.now(UTC).isoformat(), "org_abc", "o3-mini")
            database.execute("INSERT INTO audit_log VALUES (?, ?, ?)", row)
            database.commit()
        log = f"sqlite:///{tmp_path / 'app.db'}?table=audit_log&tenant=org"
        answer = run("discover", "--request-log", log)
        assert answer.code == 0
        assert answer.err == "1 model in 30 days: 1 created, 0 existing\n"
        empty = run("discover", "--request-log", log, "--tenant", "org_xyz")
        assert empty.code == 0
        assert "look further back, up to 365 with --days" in empty.err


class TestToken:
    def test_claims(self, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        secret = "x" * 32
        monkeypatch.setenv("MODEL_REGISTRY_JWT_SECRET", secret)
        options = ("--subject", "ben", "--role", "auditor", "--days", "1", "--hours", "2")
        token = run("token", *options, "--issuer", "us", "--audience", "them").out.strip()
        claims = jwt.decode(token, secret, algorithms=["HS256"], audience="them", issuer="us")
        assert (claims["tenant_id"], claims["sub"], claims["role"]) == ("org_abc", "ben", "auditor")
        assert claims["exp"] - claims["iat"] == 26 * 3600


class TestDatabase:
    def test_check_upgrade_and_sql(self, run: Any, tmp_path: Path) -> None:
        absent = run("db", "check")
        assert (absent.code, len(absent.complaints)) == (1, 1)
        assert not (tmp_path / "registry.db").exists()
        assert run("db", "upgrade").code == 0
        current = run("db", "check")
        assert (current.code, current.err) == (0, "")
        assert run("register", "m", "--tier", "tier_1").code == 0
        statements = run("db", "sql").out
        with closing(sqlite3.connect(":memory:")) as database:
            database.executescript(statements)
            made = _columns(database)
        with closing(sqlite3.connect(tmp_path / "registry.db")) as database:
            assert _columns(database) == made

    def test_an_unknown_schema_is_refused_everywhere(self, run: Any, tmp_path: Path) -> None:
        run("register", "m", "--tier", "tier_1")
        with closing(sqlite3.connect(tmp_path / "registry.db")) as database:
            database.execute("UPDATE model_registry_schema_version SET version_num = '9999'")
            database.commit()
        for words in (["list"], ["db", "check"], ["db", "upgrade"]):
            answer = run(*words)
            assert answer.code == 1
            (line,) = answer.complaints
            assert "9999" in line
            assert "model-registry db upgrade" in line

    def test_a_password_is_not_shown(self, run: Any) -> None:
        answer = run("db", "check", "--store", "postgresql://me:hush@localhost:1/none")
        assert answer.code == 1
        assert "hush" not in answer.err


def _columns(database: sqlite3.Connection) -> set[tuple[str, str, str]]:
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {
        (table, column[1], column[2])
        for (table,) in tables
        for column in database.execute(f"PRAGMA table_info({table})")
    }
