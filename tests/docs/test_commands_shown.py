"""Every command that a page shows can be understood, and every one that exists is shown."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from itertools import takewhile

import pytest
from cyclopts import CycloptsError
from doc_pages import PAGES, blocks, text_of

from model_registry.cli.app import app

OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
REDIRECTION = re.compile(r"\s\d?[<>]{1,2}\s*\S+")
ALWAYS = {"--help", "--version"}
OTHER_PROGRAMS = {"--until", "--retry", "--retry-delay", "--retry-connrefused"}
ONLY_UNDERSTOOD = {
    "docs/beyond-one-machine.md": 3,  # need a PostgreSQL server and its replica, or Spark
    "docs/inventory-page.md": 2,  # serve until somebody stops them
    "docs/request-logs.md": 3,  # read logs that the reader has
}
"""How many blocks of a page have commands that are not run: those that are not ``console``."""


def commands(line: str) -> Iterator[list[str]]:
    """Give the words after ``model-registry``, for each time that a line of shell calls it."""
    for inner in re.findall(r"\$\((model-registry\b[^)]*)\)", line):
        yield from commands(inner)
    reader = shlex.shlex(REDIRECTION.sub(" ", line), posix=True, punctuation_chars="();<>|&")
    reader.whitespace_split = True
    words = list(reader)
    for start, word in enumerate(words):
        if word == "model-registry":
            called = takewhile(lambda word: not set(word) <= set("();<>|&"), words[start + 1 :])
            yield [word for word in called if "…" not in word]


def shown(page: str) -> Iterator[list[str]]:
    for block in blocks(page):
        if block.language in {"", "console", "sh", "text"}:
            for line in block.text.replace("\\\n", " ").splitlines():
                if "model-registry " in line and not line.startswith(("error:", "warning:")):
                    yield from commands(line.removeprefix("$ "))
    prose = re.sub(r"^```.*?^```$", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    for code in re.findall(r"`(model-registry [^`]+)`", prose):
        yield from commands(" ".join(code.split()))


CALLS = {page: calls for page in PAGES if (calls := list(shown(page)))}


def test_commands_are_found_wherever_they_stand():
    line = "model-registry list --limit 2 2>/dev/null | grep x; A=$(model-registry token) &"
    assert list(commands(line)) == [["token"], ["list", "--limit", "2"], ["token"]]
    assert len(CALLS) > 8


@pytest.mark.parametrize("page", CALLS)
def test_every_command_can_be_understood(page):
    for words in CALLS[page]:
        try:
            app.parse_args(words, exit_on_error=False, print_error=False)
        except CycloptsError as error:
            pytest.fail(f"{page}: model-registry {shlex.join(words)}: {error}")


def test_commands_that_are_shown_and_not_run_are_known():
    not_run = Counter(
        page
        for page in PAGES
        for block in blocks(page)
        if block.language in {"", "sh", "text"}
        and re.search(r"^model-registry ", block.text, re.MULTILINE)
    )
    assert not_run == ONLY_UNDERSTOOD


def options() -> list[set[str]]:
    """Return each option of each command, with all of its spellings."""
    described = app.generate_docs().splitlines()
    lines = [line.partition("`")[2].partition("`")[0] for line in described if line[:3] == "* `"]
    return [set(OPTION.findall(line)) for line in lines if line.startswith("--")]


def test_the_page_of_commands_has_every_option_and_no_other():
    page = text_of("docs/command-line.md")
    named = set(OPTION.findall(page))
    assert [spellings for spellings in options() if not spellings & named] == []
    assert named - set().union(*options()) - OTHER_PROGRAMS - ALWAYS == set()


def test_the_page_of_commands_has_every_command_and_every_variable():
    page = text_of("docs/command-line.md")
    described = app.generate_docs()
    titles = set(re.findall(r"\w+", " ".join(re.findall(r"^## (.+)$", page, re.MULTILINE))))
    names = re.findall(r"^## model-registry (\S+)$", described, re.MULTILINE)
    assert len(names) > 10
    assert [name for name in names if name not in titles] == []
    deeper = re.findall(r"^### model-registry (\S+ \S+)$", described, re.MULTILINE)
    assert [name for name in deeper if name not in page] == []
    variables = set(re.findall(r"MODEL_REGISTRY_\w+", described))
    known = page.replace("`…_", "`MODEL_REGISTRY_JWT_") + page.replace("`…_", "`MODEL_REGISTRY_")
    assert [name for name in sorted(variables) if name not in known] == []
