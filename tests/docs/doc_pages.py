"""The pages that people read, cut into their blocks of code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import attrs

REPOSITORY = Path(__file__).parents[2]
PAGES = tuple(
    str(page.relative_to(REPOSITORY))
    for page in (
        *sorted(REPOSITORY.glob("*.md")),
        *sorted((REPOSITORY / "docs").glob("*.md")),
        *sorted((REPOSITORY / "docs/reference").glob("*.md")),
    )
)
_BLOCK = re.compile(
    r"(?:^Not run by the tests: (?P<reason>.+)\n\n)?^(?P<fence>```+)(?P<language>.*)\n"
    r"(?P<text>(?:.*\n)*?)^(?P=fence)$",
    re.MULTILINE,
)


@attrs.frozen
class Block:
    """A block of code; the reason stands right above it where the tests do not run it."""

    page: str
    line: int
    language: str
    text: str
    not_run: str | None

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def text_of(page: str) -> str:
    return (REPOSITORY / page).read_text(encoding="utf-8")


def blocks(page: str, language: str | None = None) -> Iterator[Block]:
    text = text_of(page)
    for found in _BLOCK.finditer(text):
        if language in {None, found["language"]}:
            line = text.count("\n", 0, found.start("text")) + 1
            yield Block(page, line, found["language"], found["text"], found["reason"])


def to_run(page: str, language: str) -> list[Block]:
    return [block for block in blocks(page, language) if block.not_run is None]
