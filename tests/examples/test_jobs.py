"""The jobs that fill inventories by night: from cron's bare environment, and as tasks."""

import csv
import fcntl
import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from running_example import EXAMPLES

from model_registry import StoreError, open_registry


def logged(*models, tenant_id="org_abc"):
    at = datetime.now(UTC).isoformat()
    rows = [{"timestamp": at, "tenant_id": tenant_id, "model": model} for model in models]
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def places(tmp_path):
    (tmp_path / "calls.jsonl").write_text(logged("gpt-4o", "\x1b[31mred\nline"))
    return {
        "MODEL_REGISTRY_STORE": f"sqlite:///{tmp_path}/registry.db",
        "MODEL_REGISTRY_REQUEST_LOG": str(tmp_path / "calls.jsonl"),
    }


def test_a_night_after_a_night(tmp_path, places, run_example):
    def night(*tenants):
        return run_example("nightly_discovery.py", *tenants, **places)

    with (tmp_path / "nightly-discovery.lock").open("a") as other_run:
        fcntl.flock(other_run, fcntl.LOCK_EX)
        refused = night("org_abc")
    assert (refused.code, refused.out) == (os.EX_TEMPFAIL, "")
    assert refused.err == "another run is at work\n"

    first = night("org_abc", "org_xyz")
    assert first.code == 0
    assert first.out.splitlines() == [
        "org_abc: 2 models, 2 new",
        "org_abc: new: '\\x1b[31mred\\nline' (unknown), 1 times",
        "org_abc: new: 'gpt-4o' (openai), 1 times",
        "org_xyz: 0 models, 0 new",
    ]
    with (tmp_path / "calls.jsonl").open("a") as log:
        log.write(logged("claude-sonnet-4", tenant_id="org_xyz") + "{broken\n")
    second = night("org_abc", " ", "org_xyz")
    assert second.code == 1  # one is no tenant; the others are done all the same
    assert second.out.splitlines()[0] == "org_abc: 2 models, 0 new"
    assert "org_xyz: new: 'claude-sonnet-4' (anthropic), 1 times" in second.out
    assert "validation_error" in second.err
    assert "1 broken rows" in second.err

    (tmp_path / "calls.jsonl").unlink()
    broken = night("org_abc")
    assert broken.code == 1
    assert "request_log_error" in broken.err


def test_the_line_for_cron_works_with_what_cron_gives(tmp_path, places):
    given = {"HOME": str(tmp_path), "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin", "LOGNAME": "x"}
    for line in (EXAMPLES / "crontab").read_text().splitlines():
        if not line.startswith("#") and "=" in line:
            name, value = line.split("=", 1)
            given[name] = value
    minute, hour, day, month, weekday, command = line.split(None, 5)
    assert (minute, hour, day, month, weekday) == ("15", "2", "*", "*", "*")
    assert "%" not in command  # cron makes a line break of it
    assert given.keys() >= places.keys()
    given |= {
        **places,
        "MODEL_REGISTRY_REQUEST_LOG": str(tmp_path / "*.jsonl"),
        "MODEL_REGISTRY_SUMMARIES": str(tmp_path / "summaries.db"),
        "PYTHON": sys.executable,
        "JOB": str(EXAMPLES / "nightly_discovery.py"),
        "LOCK": str(tmp_path / "lock"),
    }
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env=given,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("org_abc: 2 models, 2 new\n")
    assert done.stderr == ""


def test_tasks_may_be_run_again_and_a_failed_one_leaves_the_file_that_was_there(
    tmp_path, places, run_example, capsys
):
    for new in ("['\\x1b[31mred\\nline', 'gpt-4o']", "[]"):
        done = run_example("scheduled_tasks.py", "org_abc", "inventory.csv", **places)
        assert done.out == f"new: {new}\nexported: inventory.csv\n"
    rows = list(csv.DictReader((tmp_path / "inventory.csv").open(newline="")))
    assert {row["model_id"] for row in rows} == {"gpt-4o", "\x1b[31mred\nline"}
    with open_registry(places["MODEL_REGISTRY_STORE"]) as registry:
        assert registry.tenant("org_abc").history().total == 2

    before = (tmp_path / "inventory.csv").read_bytes()
    places["MODEL_REGISTRY_STORE"] = "sqlite:////nowhere/registry.db"
    with pytest.raises(StoreError):
        run_example("scheduled_tasks.py", "org_abc", "inventory.csv", **places)
    assert capsys.readouterr().err.count("discover failed") == 3
    assert (tmp_path / "inventory.csv").read_bytes() == before
