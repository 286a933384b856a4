from __future__ import annotations

import json
import signal
import subprocess
from datetime import datetime

import openpyxl
import pytest

from model_registry import open_registry


@pytest.fixture
def gpt(run):
    assert run("register", "gpt-4o", "--tier", "tier_1", "--owner", "risk").code == 0


def test_a_profile_is_shown_changed_and_cleared(run, gpt):
    assert "purpose             -" in run("profile", "gpt-4o").out
    changed = run(
        "profile", "gpt-4o", "--purpose", "chat", "--validated-on", "2025-09-01",
        "--evidence", "report=https://grc.example.com/1?a=b", "--finding", "drift",
        "--severity", "high", "--finding-id", "F-17", "--finding-due", "2026-01-31",
    )  # fmt: skip
    assert changed.code == 0, changed.err
    assert changed.out.startswith("gpt-4o: purpose: none → chat; last_validated_on: none →")
    shown = run("profile", "gpt-4o", "--json").json
    assert shown["validation_due_on"] == "2026-09-01"
    assert shown["evidence"] == {"report": "https://grc.example.com/1?a=b"}
    assert run("profile", "gpt-4o", "--close", "F-1", "--clear", "purpose").code == 0
    shown = run("profile", "gpt-4o", "--json").json
    assert (shown["purpose"], shown["findings"][0]["status"]) == (None, "closed")
    assert "drift    high      closed" in run("profile", "gpt-4o").out
    entry_id = shown["id"]
    before = run("history", "gpt-4o", "--json").json["events"][0]["at"]
    assert run("profile", entry_id, "--as-of", before, "--json").json["findings"] == []


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--validated-on", "soon"], "--last-validated-on: must be a date"),
        (["--finding", "x"], "--severity: is required"),
        (["--severity", "high"], "--finding: is required"),
        (["--finding", "x", "--severity", "?"], "--severity: must be one of high, medium, low"),
        (["--finding", "x", "--severity", "low", "--finding-due", "?"], "--finding-due: must be"),
        (["--close", "F"], "--close: is no finding's id"),
        (["--evidence", "x"], "--evidence: must be written label=link"),
        (["--clear", "owner"], "--clear: must be one of purpose"),
        (["--clear", "purpose", "--purpose", "x"], "--clear: purpose is also given a value"),
        (["--purpose", "x", "--as-of", "2026-01-01T00:00:00Z"], "--as-of: is of the past"),
        (["--validated-on", "2999-01-01"], "--last-validated-on: must not be in the future"),
    ],
)
def test_a_mistake_names_the_option(run, gpt, words, complaint):
    answer = run("profile", "gpt-4o", *words)
    assert answer.code == 1
    assert answer.complaints[0].startswith(f"error: {complaint}"), answer.err
    assert run("history", "--json").json["total"] == 1


def test_what_is_due_says_how_late_it_is_and_whose(run, gpt):
    run("register", "claude-3", "--tier", "tier_2")
    run("profile", "gpt-4o", "--validated-on", "2025-09-01", "--validator", "mv")
    told = run("due", "--on", "2026-09-03")
    assert [line.split() for line in told.out.splitlines()[1:]] == [
        ["2026-09-01", "2", "days", "late", "validation", "gpt-4o", "tier_1", "draft", "risk", "mv"],
        ["-", "-", "never", "validated", "claude-3", "tier_2", "draft", "-", "-"],
    ]  # fmt: skip
    assert "1 overdue, 0 due by 2026-10-03, 1 never validated" in told.err
    assert "in 30 days" in run("due", "--on", "2026-08-02").out
    assert "gpt-4o" not in run("due", "--on", "2026-08-01").out
    assert "gpt-4o" in run("due", "--on", "2026-08-01", "--within", "31").out
    due = run("due", "--on", "2026-09-01", "--json").json["due"]
    assert [(each["kind"], each["due_on"]) for each in due] == [
        ("validation", "2026-09-01"),
        ("never_validated", None),
    ]
    assert run("due", "--within", "-1").complaints == [
        "error: --within: must be from 0 to 36,500 (given: -1)"
    ]


def test_the_cadence_is_the_environments(run, gpt, monkeypatch):
    run("profile", "gpt-4o", "--validated-on", "2025-09-01")
    monkeypatch.setenv("MODEL_REGISTRY_CADENCE", "tier_1=6, tier_2=12")
    assert run("profile", "gpt-4o", "--json").json["validation_due_on"] == "2026-03-01"
    for wrong in ("6", "tier_1", "tier_1=0", "tier_5=1", "tier_1=6,", "tier_1=6,tier_1=7"):
        monkeypatch.setenv("MODEL_REGISTRY_CADENCE", wrong)
        answer = run("due")
        assert answer.code == 1
        assert answer.complaints[0].startswith("error: MODEL_REGISTRY_CADENCE: must be months")


def test_events_are_written_from_a_position_on(run, gpt):
    run("profile", "gpt-4o", "--purpose", "chat")
    lines = run("events", "--json").out.splitlines()
    assert [json.loads(line)["sequence"] for line in lines] == [1, 2]
    assert [json.loads(line) for line in lines] == run("history", "--json").json["events"]
    (line,) = run("events", "--after", "1").out.splitlines()
    assert line.endswith("ana  updated  gpt-4o  risk_profile.purpose: none → chat")
    assert run("events", "--after", "2").out == ""
    assert "was restored" in run("events", "--after", "3").complaints[0]


def test_events_are_followed_until_the_reader_goes(settings, program):
    url = settings["MODEL_REGISTRY_STORE"]
    with open_registry(url) as registry:
        inventory = registry.tenant("org_abc")
        from model_registry import Registration

        def register(model_id):
            inventory.register(Registration(model_id=model_id, provider="a", risk_tier="tier_4"))

        register("first")
        command = [program, "events", "--follow", "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as following:
            assert following.stdout is not None
            assert json.loads(following.stdout.readline())["model_id"] == "first"
            register("second")
            assert json.loads(following.stdout.readline())["model_id"] == "second"
            following.send_signal(signal.SIGINT)
            assert following.wait(20) == 130


def test_an_export_with_profiles(run, gpt):
    run("profile", "gpt-4o", "--purpose", "chat")
    header, row = run("export", "--risk-profile").out.splitlines()
    assert header.endswith("risk_profile_findings,risk_profile_evidence")
    assert ",chat,,,,,,,," in row
    assert "risk_profile" not in run("export").out


def test_a_workbook_with_profiles(run, gpt):
    evidence = "a=https://grc.example.com"
    run(
        "profile",
        "gpt-4o",
        "--purpose",
        "=1+1",
        "--validated-on",
        "2025-09-01",
        "--evidence",
        evidence,
    )
    assert run("export", "--risk-profile", "--format", "xlsx", "--output", "x.xlsx").code == 0
    header, row = openpyxl.load_workbook("x.xlsx")["Inventory"].rows
    cells = {head.value: cell for head, cell in zip(header, row, strict=True)}
    assert cells["risk_profile_purpose"].data_type == "s"
    told = [
        cells[f"risk_profile_{name}"].value for name in ("purpose", "last_validated_on", "evidence")
    ]
    assert told == [
        "=1+1",
        datetime.fromisoformat("2025-09-01"),
        '{"a": "https://grc.example.com"}',
    ]
    again = run("import", "x.xlsx", "--ignore", "risk_profile*")
    assert "1 unchanged" in again.out + again.err
