"""How log lines are written."""

import json
import logging
import subprocess
import sys

import pytest

from model_registry.cli.logs import JsonLine, TextLine


def record(message, *args, error=None, **fields):
    info = (type(error), error, None) if error else None
    made = logging.LogRecord("model_registry.x", logging.WARNING, "", 1, message, args, info)
    made.created = 1_773_360_000.5
    vars(made).update(fields)
    return made


def test_json_is_one_object_a_line_with_the_fields():
    line = JsonLine().format(
        record("A %s\n", "write", action="updated", seconds=0.25, tenant_id=None)
    )
    assert "\n" not in line
    assert json.loads(line) == {
        "at": "2026-03-13T00:00:00.500Z",
        "level": "warning",
        "logger": "model_registry.x",
        "message": "A write",
        "action": "updated",
        "seconds": 0.25,
        "tenant_id": None,
    }


def test_text_is_one_line_that_nobody_can_forge():
    line = TextLine().format(
        record("A write", tenant_id="org\n2026 info x: a=b", action="updated", owner=None)
    )
    assert line == (
        "2026-03-13T00:00:00.500Z warning model_registry.x: A write "
        r'tenant_id="org\n2026 info x: a=b" action=updated'
    )
    assert TextLine().format(record("a\x1b[31m\nb")).endswith(r": a\x1b[31m\nb")


@pytest.mark.parametrize("form", [JsonLine, TextLine])
def test_an_exception_is_told_without_what_it_says(form):
    cause = ValueError("what a customer wrote")
    error = KeyError("likewise, a customer")
    error.__cause__ = cause
    line = form().format(record("It failed", error=error))
    assert "customer" not in line
    assert "builtins.KeyError at no place; from builtins.ValueError" in line


def test_other_libraries_are_heard_from_warnings_on():
    code = (
        "import logging; from model_registry.cli.logs import *\n"
        "write_logs(LogFormat.TEXT, LogLevel.DEBUG, requests=False)\n"
        "for name in ('sqlalchemy.engine', 'model_registry.x', 'model_registry.requests'):\n"
        "    for level in (logging.DEBUG, logging.WARNING):\n"
        "        logging.getLogger(name).log(level, 'at %s', level)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert [line.partition(" ")[2] for line in done.stderr.splitlines()] == [
        "warning sqlalchemy.engine: at 30",
        "debug model_registry.x: at 10",
        "warning model_registry.x: at 30",
        "warning model_registry.requests: at 30",
    ]
