"""Every mistake of a user's gets its exit code and clear lines, never a traceback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from model_registry import ValidationStatus

MODEL = "gpt-4o"


@pytest.fixture
def refused(run: Any) -> Any:
    """Runs a command that must fail, and returns what it complained about."""

    def complaints(*words: str, code: int = 1) -> list[str]:
        answer = run(*words)
        assert answer.code == code, answer
        assert answer.out == ""
        lines: list[str] = answer.err.splitlines()
        assert all(line.startswith("error: ") for line in lines), lines
        return [line.removeprefix("error: ") for line in lines]

    return complaints


def test_every_fault_of_a_registration_has_its_line(refused: Any, run: Any) -> None:
    assert refused(
        *("register", " ", "--tier", "tier_5", "--status", "Draft"),
        *("--owner", "", "--display-name", "x" * 513, "--tag", "=v"),
    ) == [
        "MODEL: must not be blank (given: ' ')",
        "--tier: must be one of tier_1, tier_2, tier_3, tier_4 (given: 'tier_5')",
        f"--display-name: must be at most 512 characters, not 513 (given: {'x' * 200 + '…'!r})",
        f"--status: must be one of {', '.join(ValidationStatus)} (given: 'Draft')",
        "--owner: must not be blank (given: '')",
        "--tag: must not be blank (given: '')",
    ]
    assert run("list", "--json").json["total"] == 0


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["register", MODEL], ["--tier: is required"]),
        (["register", MODEL, "--tier=tier_1", "--tag=x"], ["--tag: must be written key=value"]),
        (
            ["register", MODEL, "--tier=tier_1", "--tag=x=1", "--tag=x=2"],
            ["--tag x: is given twice"],
        ),
        (["list", "--limit=0", "--offset=x"], ["--limit: must be from 1", "--offset: must be a"]),
        (["list", "--limit=201", "--tier=1"], ["--tier: must be one of", "--limit: must be from"]),
        (["show", "nope"], ["No model 'nope' exists in the organization"]),
        (
            ["show", "550e8400-e29b-41d4-a716-446655440001"],
            ["No model '550e8400-e29b-41d4-a716-446655440001' exists"],
        ),
        (["delete", "nope"], ["No model 'nope'"]),
        (["history", "nope"], ["No model 'nope'"]),
        (["history", "--limit=1e3"], ["--limit: must be a whole number"]),
        (["update", "nope", "--owner=x"], ["No model 'nope'"]),
        (["update", "nope"], ["MODEL: is given nothing to change"]),
        (["update", "nope", "--clear=tier"], ["--clear: must be one of owner, description"]),
        (["update", "nope", "--clear=owner", "--owner=x"], ["--clear: owner is also given"]),
        (["export", "--format=xml"], ["--format: must be one of csv, json"]),
        (["export", "--output=no/such/folder.csv"], ["no/such/folder.csv: No such file"]),
        (["export", "--output=."], [".: Is a directory"]),
        (["discover"], ["--request-log: is required (or set MODEL_REGISTRY_REQUEST_LOG)"]),
        (["discover", "--days=366", "--tier=x"], ["--days: must be from 1", "--tier: must be one"]),
        (["discover", "--request-log=none.jsonl"], ["none.jsonl"]),
        (["list", "--store=nope"], ["A store is named by a URL, and 'nope' is none"]),
        (["list", "--store=foo://x"], ["No installed store answers to foo://"]),
        (["list", "--store=", "--tenant="], ["--store: is required", "--tenant: is required"]),
        (["list", "--tenant= "], ["--tenant: must not be blank"]),
        (["list", "--actor= "], ["--actor: must not be blank"]),
        (["list", "--store=sqlite:////no/such/folder/r.db"], ["/no/such/folder/r.db"]),
        (["token"], ["MODEL_REGISTRY_JWT_SECRET: is not set"]),
        (["token", "--hours=-1"], ["--hours: must be from 0"]),
        (["serve"], ["MODEL_REGISTRY_JWT_SECRET: is not set and no --jwks-url is given"]),
        (["serve", "--port=65536", "--workers=0"], ["--port: must be", "--workers: must be"]),
        (["serve", "--store=memory://", "--workers=2"], ["--workers: must be 1 with memory://"]),
        (["serve", "--jwks-url=ftp://x"], ["--jwks-url: cannot be used"]),
        (
            ["serve", "--jwks-url=https://keys.example", "--prefix=x"],
            ["--prefix: cannot be used"],
        ),
        (["db", "check", "--store=memory://"], ["No installed store with a schema"]),
        (["db", "upgrade", "--store=nope"], ["A store is named by a URL"]),
        (["db", "sql", "--store="], ["--store: is required"]),
        (["demo", "--folder=/dev/null"], ["--folder: is not a folder"]),
        (["demo", "--port=8001"], ["--port: is for --serve"]),
    ],
    ids=" ".join,
)
def test_one_clear_line_for_each_fault(refused: Any, words: list[str], lines: list[str]) -> None:
    told = refused(*words)
    assert len(told) == len(lines), told
    for line, beginning in zip(told, lines, strict=True):
        assert beginning in line


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["lst"], 'Unknown command "lst". Did you mean "list"?'),
        (["list", "--teir=x"], "Unknown option: --teir. Did you mean --tier?"),
        (["show"], 'Command "show" parameter MODEL requires an argument.'),
        (["show", "a", "b"], "Unused Tokens: ['b']."),
        (["update", "a", "--tier"], 'Command "update" parameter --tier requires an argument.'),
        (["db", "downgrade"], 'Unknown command "downgrade".'),
    ],
    ids=lambda given: given if isinstance(given, str) else " ".join(given),
)
def test_what_is_no_command_line_exits_with_2(refused: Any, words: list[str], line: str) -> None:
    (told,) = refused(*words, code=2)
    assert line in told


def test_a_secret_that_is_too_short(refused: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_REGISTRY_JWT_SECRET", "x" * 31)
    for command in ("token", "serve"):
        assert refused(command) == ["MODEL_REGISTRY_JWT_SECRET: must have 32 bytes or more"]


def test_a_refused_transition_names_what_is_allowed(refused: Any, run: Any) -> None:
    run("register", MODEL, "--tier", "tier_1")
    assert refused("register", MODEL, "--tier", "tier_1") == [
        "A model with model_id 'gpt-4o' already exists in the organization"
    ]
    assert refused("update", MODEL, "--status", "validated", "--owner", "x") == [
        "A model that is draft cannot become validated; allowed: pending_validation, deprecated"
    ]
    assert run("show", MODEL, "--json").json["owner"] is None


def test_the_demo_spares_a_folder_with_other_files(refused: Any, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    (line,) = refused("demo", "--folder", "mine")
    assert line.startswith("--folder: holds other files, such as thesis.txt")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_a_port_that_is_taken(refused: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.setenv("MODEL_REGISTRY_JWT_SECRET", "x" * 32)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert refused("serve", "--port", str(port)) == [
            f"127.0.0.1:{port}: Address already in use"
        ]
