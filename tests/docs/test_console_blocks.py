"""Every command in the documentation is run, and answers what the page says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import attrs
import pytest
from doc_pages import PAGES, REPOSITORY, to_run
from warm_commands import warm_commands

SEPARATOR = "\x1e"
SHOWN = tuple(page for page in PAGES if to_run(page, "console"))

CHANGING = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "HASH"),
    (re.compile(r"20\d\d-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?Z)?)?"), "TIME"),
    (re.compile(r"(?<=TIME)  [0-9a-f]{8}  "), " HASH "),
    (re.compile(r" +"), " "),
    (re.compile(r"(?<= draft )\d+(?= TIME)"), "REQUESTS"),
)
"""What is another each time, and what it stands for."""

SAMPLE = "python examples/make_requests.py --until now --output requests.jsonl"
BEFORE = {
    "docs/request-logs.md": [SAMPLE],
    "README.md": [
        SAMPLE,
        "export MODEL_REGISTRY_STORE=sqlite:///registry.db",
        "export MODEL_REGISTRY_TENANT=org_abc MODEL_REGISTRY_ACTOR=ana",
    ],
}
"""What a page that only shows the program at work leaves to the pages that teach it."""


def lasting(text: str) -> str:
    """Return a text with what changes from run to run replaced."""
    for pattern, name in CHANGING:
        text = pattern.sub(name, text)
    return text.rstrip("\n")


@attrs.frozen
class Step:
    """A command as a page shows it, and the answer that it shows; … stands for anything, or for any lines."""

    command: str
    answer: str

    def is_answered_by(self, output: str) -> bool:
        anything = r"[\s\S]*"
        pattern = "".join(
            r"(?:.*\n)*"
            if line == "…"
            else anything.join(re.escape(part) for part in line.split("…")) + r"\n"
            for line in lasting(self.answer).split("\n")
        )
        return re.fullmatch(pattern, lasting(output) + "\n") is not None


def steps(page: str) -> list[Step]:
    found = [Step(command, "") for command in BEFORE.get(page, ())]
    for block in to_run(page, "console"):
        for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
            command, _, answer = part.partition("\n")
            if not command.startswith("pip "):
                found.append(Step(command, answer.rstrip("\n")))
    return found


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory):
    """Give the folder of a command line that starts at once."""
    with warm_commands(tmp_path_factory.mktemp("commands")) as folder:
        yield folder


def outputs(written: list[str], folder: Path, commands: Path) -> list[str]:
    """Run commands one after another in one shell, and return what each wrote."""
    (folder / "examples").symlink_to(REPOSITORY / "examples")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MODEL_REGISTRY_")}
    environment["PATH"] = f"{commands}:{Path(sys.executable).parent}:{environment['PATH']}"
    script = "\n".join(f"{command}\nprintf '{SEPARATOR}'" for command in written)
    ran = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
        timeout=100,
    )
    return ran.stdout.split(SEPARATOR)[:-1]


def test_the_pages_that_begin_a_way_have_commands() -> None:
    assert {"docs/quickstart.md", "docs/command-line.md", "docs/history.md"} <= set(SHOWN)


@pytest.mark.parametrize("page", SHOWN)
def test_every_command_answers_what_the_page_says(
    page: str, tmp_path: Path, commands: Path
) -> None:
    shown = steps(page)
    written = outputs([step.command for step in shown], tmp_path, commands)
    assert len(written) == len(shown)
    wrong = [
        f"$ {step.command}\n{output}"
        for step, output in zip(shown, written, strict=True)
        if not step.is_answered_by(output)
    ]
    assert not wrong, "\n".join(wrong)
