"""The command ``history``: who changed what, and when; its own commands prove it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cyclopts import App, Parameter

from model_registry.cli.options import HERE, JsonOption, NumberOption, Place
from model_registry.cli.screen import note, part, say_json, say_table
from model_registry.codec import event_to_json, read_text
from model_registry.domain.changes import Action, ChangeEvent, Plain
from model_registry.domain.entry import canonical_id
from model_registry.domain.inventory import Window
from model_registry.errors import ModelNotFound
from model_registry.tenant import TenantRegistry

_HASH_SHOWN = 8
_PAGE = 200


def history(
    model: str | None = None,
    /,
    *,
    limit: NumberOption = None,
    offset: NumberOption = None,
    json: JsonOption = False,
    place: Place = HERE,
) -> None:
    """
    Show who changed what, and when: of one model, or of the whole inventory.

    Args:
        model: UUID or model id; a deleted model's too. Default: all.
        limit: Most events to show, 1 to 200. Default: 50.
        offset: Events to pass over.
        json: print JSON.
        place: where.
    """
    typed = {"limit": limit, "offset": offset}
    window = read_text(Window, {name: text for name, text in typed.items() if text is not None})
    with place.opened() as inventory:
        entry_id = None if model is None else _entry_id(inventory, model)
        page = inventory.history(entry_id, limit=window.limit, offset=window.offset)
    if json:
        events = [event_to_json(event) for event in page.events]
        say_json({"total": page.total, "events": events})
        return
    say_events(page.events)
    note(part(len(page.events), window.offset, page.total, "event"))


def _entry_id(inventory: TenantRegistry, model: str) -> str:
    """
    Return the id of the entry that a person named, of a deleted one too.

    A model id that was deleted and registered again means the entry that stands;
    one that was only deleted means the last entry that had it.
    """
    entry = inventory.find(model)
    if entry is not None:
        return entry.id
    if canonical_id(model) is not None:
        return model
    found: str | None = None
    offset = 0
    while (events := inventory.history(limit=_PAGE, offset=offset).events) != ():
        found = next((e.entry_id for e in reversed(events) if e.model_id == model), found)
        offset += len(events)
    if found is None:
        raise ModelNotFound(model)
    return found


def say_events(events: Iterable[ChangeEvent]) -> None:
    """Write events as a table."""
    say_table(
        ("Nr", "At (UTC)", "Hash", "Actor", "Action", "Model", "Changes"),
        (
            (
                str(event.sequence),
                f"{event.at:%Y-%m-%d %H:%M}",
                event.hash[:_HASH_SHOWN],
                event.actor,
                event.action,
                event.model_id,
                changes_of(event),
            )
            for event in events
        ),
    )


def changes_of(event: ChangeEvent) -> str:
    """Return an event's changes as one line: all of an update's, the gist of the others."""
    if event.action is Action.UPDATED:
        changes = (
            f"{name}: {shortly(change.before)} → {shortly(change.after)}"
            for name, change in event.changes.items()
        )
        return "; ".join(changes) or "nothing changed"
    if event.action is Action.DELETED:
        return "-"
    gist = ("risk_tier", "validation_status", "provider")
    return ", ".join(shortly(event.changes[name].after) for name in gist)


def shortly(value: Plain) -> str:
    """Return a field's value as part of a line."""
    if value is None:
        return "none"
    if isinstance(value, str):
        return value
    return "{" + ", ".join(f"{key}={tag}" for key, tag in value.items()) + "}"


commands: Final = App(name="history", default_parameter=Parameter(negative=(), show_default=False))
commands.default(history)
for _name, _place, _summary in (
    ("verify", "evidence:verify", "Hold the inventory against its history's chain."),
    ("checkpoint", "evidence:checkpoint", "State how far the history reaches, signed."),
    ("key", "evidence:make_key", "Make a key that signs checkpoints."),
):
    commands.command(f"model_registry.cli.{_place}", name=_name, help=_summary)
