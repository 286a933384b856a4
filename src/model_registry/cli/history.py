"""The command ``history``: who changed what, and when."""

from __future__ import annotations

from collections.abc import Iterable

from model_registry.cli.options import HERE, JsonOption, NumberOption, Place
from model_registry.cli.screen import minute, note, say_json, say_table
from model_registry.codec import event_to_json, read_text
from model_registry.domain.changes import Action, ChangeEvent, Plain
from model_registry.domain.entry import canonical_id
from model_registry.domain.inventory import Window
from model_registry.errors import ModelNotFound
from model_registry.tenant import HistoryPage, TenantRegistry

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
    note(_part(page, window))


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
                minute(event.at),
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
            f"{name}: {_short(change.before)} → {_short(change.after)}"
            for name, change in event.changes.items()
        )
        return "; ".join(changes) or "nothing changed"
    if event.action is Action.DELETED:
        return "-"
    gist = ("risk_tier", "validation_status", "provider")
    return ", ".join(_short(event.changes[name].after) for name in gist)


def _short(value: Plain) -> str:
    if value is None:
        return "none"
    if isinstance(value, str):
        return value
    return "{" + ", ".join(f"{key}={tag}" for key, tag in value.items()) + "}"


def _part(page: HistoryPage, window: Window) -> str:
    last = window.offset + len(page.events)
    if len(page.events) == page.total:
        return f"{page.total:,} event{'' if page.total == 1 else 's'}"
    if not page.events:
        return f"none of {page.total:,} events: --offset {window.offset} is past the end"
    more = f"; for more: --offset {last}" if last < page.total else ""
    return f"{window.offset + 1:,} to {last:,} of {page.total:,} events{more}"
