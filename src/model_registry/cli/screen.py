"""
What is written for people and for programs.

Every value comes from somebody: a model id may hold markup, escape sequences of
terminals, or characters that turn the line around. Nothing of that is obeyed:
what cannot be printed is written as its escape. Only JSON is exact, because
JSON has escapes of its own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from model_registry.domain.request_log import Progress

_WHOLE: Final = frozenset({"Model", "Changes"})
"""The columns that are folded where a terminal is too narrow; others are cut."""


def visible(text: str) -> str:
    """Return a text on one line, with an escape for each character that cannot be printed."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text
    )


def day(at: datetime | None) -> str:
    """Return the day, in UTC, of something that may not have happened."""
    return "-" if at is None else f"{at:%Y-%m-%d}"


def counted(number: int, thing: str) -> str:
    """Return how many there are, as in ``1 row`` and ``2 rows``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def part(shown: int, offset: int, total: int, thing: str) -> str:
    """Return which part of a listing is shown, and how to see more."""
    if shown == total:
        return counted(total, thing)
    if not shown:
        return f"none of {counted(total, thing)}: --offset {offset} is past the end"
    last = offset + shown
    more = f"; for more: --offset {last}" if last < total else ""
    return f"{offset + 1:,} to {last:,} of {counted(total, thing)}{more}"


def say(text: str = "") -> None:
    """Write a line of the answer."""
    sys.stdout.write(visible(text) + "\n")


def note(text: str) -> None:
    """Write a line beside the answer, where a pipe does not take it."""
    sys.stdout.flush()
    sys.stderr.write(visible(text) + "\n")


def complain(text: str) -> None:
    """Write the line that tells what is wrong."""
    note(f"error: {text}")


def say_json(value: Any) -> None:
    """Write a JSON value, exact, and harmless to a terminal."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    if not text.isprintable():
        text = "".join(
            c if c.isprintable() or c == "\n" else json.dumps(c).strip('"') for c in text
        )
    write_bytes([text.encode(), b"\n"])


def write_bytes(chunks: Iterable[bytes]) -> None:
    """Write a file's bytes as they are, whatever the terminal's encoding."""
    sys.stdout.flush()
    for chunk in chunks:
        sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()


def say_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """
    Write a table: drawn to fit a terminal, or else one full line for each row.

    In a pipe the columns are parted by two spaces or more and nothing is cut,
    so that ``grep``, ``cut`` and ``awk`` see whole values.
    """
    cells = [[visible(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _draw(columns, cells)
        return
    lines = [[column.upper() for column in columns], *cells]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    for line in lines:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        say("  ".join(padded).rstrip())


def _draw(columns: Sequence[str], cells: Iterable[Sequence[str]]) -> None:
    from rich.console import Console  # noqa: PLC0415  # heavy, and for terminals only
    from rich.table import Table  # noqa: PLC0415  # likewise
    from rich.text import Text  # noqa: PLC0415  # likewise

    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0), pad_edge=False)
    for column in columns:
        if column in _WHOLE:
            table.add_column(Text(column), overflow="fold")
        else:
            table.add_column(Text(column), overflow="ellipsis", no_wrap=True)
    for row in cells:
        table.add_row(*map(Text, row))
    Console(file=sys.stdout, highlight=False).print(table)


def heading(text: str) -> None:
    """Write a line that begins a part of a longer answer."""
    bold, plain = ("\x1b[1m", "\x1b[0m") if sys.stdout.isatty() else ("", "")
    sys.stdout.write(f"\n{bold}{visible(text)}{plain}\n")


@contextmanager
def progress(title: str) -> Iterator[Progress | None]:
    """Show on a terminal how far a long scan is; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415  # heavy, and for terminals only
    from rich.progress import Progress as Bar  # noqa: PLC0415  # likewise

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
