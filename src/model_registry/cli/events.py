"""The command ``events``: what happened since an event that a host has seen, in order."""

from __future__ import annotations

import json as json_lines
import sys
from collections.abc import Iterable, Iterator
from time import sleep
from typing import Annotated, Final

import attrs
from cyclopts import Parameter

from model_registry.cli.history import changes_of
from model_registry.cli.options import HERE, NumberOption, Place
from model_registry.cli.screen import say, write_bytes
from model_registry.codec import event_to_json, read_text
from model_registry.domain.changes import ChangeEvent
from model_registry.domain.instants import write_instant
from model_registry.domain.rules import Whole, enforce, ruled
from model_registry.tenant import TenantRegistry

_AT_ONCE: Final = 500


@attrs.frozen(kw_only=True)
class _Asked:
    """From where on, and how often it is looked for more."""

    after: int = ruled(Whole(least=0, most=2**53), default=0)
    every: int = ruled(Whole(least=1, most=3_600), default=1)

    def __attrs_post_init__(self) -> None:
        enforce(self)


def events(
    *,
    after: NumberOption = None,
    follow: bool = False,
    every: Annotated[str | None, Parameter(metavar="SECONDS")] = None,
    json: Annotated[
        bool, Parameter(name="--json", help="A JSON object a line, as the HTTP API answers.")
    ] = False,
    place: Place = HERE,
) -> None:
    """
    Write what happened since an event, in order, for other systems.

    Args:
        after: The sequence of the last event that was taken. Default: 0, which is all.
        follow: Go on, and write each event within seconds after it was committed.
        every: How often to look for more. Default: 1.
        json: as JSON.
        place: where.
    """
    typed = {"after": after, "every": every}
    asked = read_text(_Asked, {name: text for name, text in typed.items() if text is not None})
    with place.opened() as inventory:
        position = _write(inventory, asked.after, json=json)
        while follow:
            sleep(asked.every)
            position = _write(inventory, position, json=json)


def _write(inventory: TenantRegistry, position: int, *, json: bool) -> int:
    while some := inventory.events_after(position, _AT_ONCE):
        if json:
            write_bytes(_lines(some))
        else:
            for event in some:
                say(_line(event))
            sys.stdout.flush()
        position = some[-1].sequence
    return position


def _lines(some: Iterable[ChangeEvent]) -> Iterator[bytes]:
    for event in some:
        text = json_lines.dumps(event_to_json(event), separators=(",", ":"))
        yield f"{text}\n".encode()


def _line(event: ChangeEvent) -> str:
    told = (event.sequence, write_instant(event.at), event.actor, event.action)
    return "  ".join(map(str, (*told, event.model_id, changes_of(event))))
