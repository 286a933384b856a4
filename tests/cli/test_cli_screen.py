"""Values come from people: a terminal must not obey them, JSON must not lose them."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_registry.cli.screen import visible

HOSTILE = "[red]x[/red] :smile: \x1b[31m\x1b]0;t\x07 \u202egpj\u202c \x9b2J a\nb\tc \u2028"
ESCAPED = r"[red]x[/red] :smile: \x1b[31m\x1b]0;t\x07 \u202egpj\u202c \x9b2J a\nb\tc \u2028"
STYLES = re.compile(rb"\x1b\[[0-9;]*m")


def on_terminal(columns: int, *command: str) -> bytes:
    """Run a command whose output is a terminal of so many columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("COLUMNS", None)
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                read = os.read(ours, 65_536)
            except OSError:  # how Linux tells that the other end is closed
                break
            if not read:
                break
            shown += read
    os.close(ours)
    assert process.returncode == 0, shown
    return shown


@given(st.text())
def test_visible_text_is_one_printable_line(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable()
    assert text.isprintable() == (shown == text)


@pytest.fixture
def hostile(run: Any) -> str:
    run("register", HOSTILE, "--tier", "tier_1", "--owner", HOSTILE, "--description", HOSTILE)
    run("update", HOSTILE, "--tag", f"{HOSTILE}={HOSTILE}")
    return HOSTILE


def test_pipes_get_one_escaped_line_and_exact_json(run: Any, hostile: str) -> None:
    for command in (["list"], ["history"], ["show", hostile], ["history", hostile]):
        out = run(*command).out
        assert out.replace("\n", "").isprintable()
        assert ESCAPED in out
    assert len(run("list").out.splitlines()) == 2
    answer = run("show", hostile, "--json")
    assert answer.out.replace("\n", "").isprintable()
    assert answer.json["description"] == hostile
    assert answer.json["tags"] == {hostile: hostile}
    assert run("show", hostile + "?").err == (
        "error: No model {!r} exists in the organization\n".format(hostile + "?")
    )


def test_json_keeps_letters_of_every_script(run: Any) -> None:
    answer = run("register", "Zürich-模型-🏦", "--tier", "tier_1", "--json")
    assert "Zürich-模型-🏦" in answer.out
    assert answer.json["model_id"] == "Zürich-模型-🏦"


@pytest.mark.parametrize(
    ("command", "columns"), [("list", 20), ("list", 80), ("history", 400), ("export", 80)]
)
def test_terminals_get_no_escape_that_is_not_ours(
    program: str, hostile: str, command: str, columns: int
) -> None:
    assert hostile
    plain = STYLES.sub(b"", on_terminal(columns, program, command)).decode()
    assert plain.replace("\r\n", "").isprintable(), plain
    if command != "export":
        assert all(len(line) <= columns for line in plain.split("\r\n")[:2])


def test_a_terminal_shows_whole_ids_however_narrow(program: str, run: Any) -> None:
    model = "us.anthropic.claude-sonnet-4-20250514-v1:0"
    run("register", model, "--tier", "tier_1")
    shown = STYLES.sub(b"", on_terminal(60, program, "list")).decode()
    first_column = "".join(line.split(" ")[0] for line in shown.split("\r\n")[1:-2])
    assert first_column == model


def test_progress_goes_to_a_terminal_only(program: str, run: Any, tmp_path: Any) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps({"timestamp": "2026-01-01T00:00:00Z", "tenant_id": "t"}))
    shown = on_terminal(80, program, "discover", "--request-log", str(log))
    assert b"scanning the request log" in shown
    assert "scanning" not in run("discover", "--request-log", str(log)).err
