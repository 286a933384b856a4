"""The endpoints: each turns what was asked into one use case, and its outcome into an answer."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

import attrs

from model_registry.asgi.answers import (
    NO_SNIFF,
    NO_STORE,
    REVALIDATE,
    Answer,
    entity_answer,
    entity_tag,
    json_answer,
    state_answer,
    tagged,
    unchanged_answer,
)
from model_registry.asgi.downloads import Download
from model_registry.asgi.params import Condition
from model_registry.codec import event_to_json, report_to_json
from model_registry.domain.checkpoint import Checkpoint
from model_registry.domain.entry import ModelEntry
from model_registry.domain.inventory import Documents, Filter, Window
from model_registry.domain.rules import Choice, Flag, Instant, Nullable, enforce, ruled
from model_registry.export import ExportFormat
from model_registry.tenant import TenantRegistry
from model_registry.written import entry_document

_NEAR: Final = 1_000

# The contract's own word; text/csv is UTF-8 where nothing else is said (RFC 7111).
_MEDIA_TYPES: Final = {
    ExportFormat.CSV: b"text/csv",
    ExportFormat.JSON: b"application/json",
}


@attrs.frozen(kw_only=True)
class ExportOptions:
    """How an export is written (contract, GET /model-inventory-export), and with what."""

    format: ExportFormat = ruled(Choice(ExportFormat), default=ExportFormat.CSV)
    risk_profile: bool = ruled(Flag(), default=False)

    def __attrs_post_init__(self) -> None:
        enforce(self)


@attrs.frozen(kw_only=True)
class Then:
    """The instant whose inventory is asked for; none for that of now."""

    as_of: datetime | None = ruled(Nullable(Instant()), default=None)

    def __attrs_post_init__(self) -> None:
        enforce(self)


@attrs.frozen(kw_only=True)
class Asked:
    """
    One request of an admitted caller, read and validated.

    Attributes:
        tenant: the caller's inventory.
        place: the URL path of the app, with the prefix.
        id: from the path, as it was written; empty where the path has none.
        query: an instance of each class that the operation declares.
        body: an instance of the class that the operation declares, or None.
        condition: under which a change may happen, or there is something to send.
        tag: the ETag of the inventory's state, of operations that show it.
        sign: makes the signed note of a checkpoint; None where the host has no key.
    """

    tenant: TenantRegistry
    place: str
    id: str
    query: tuple[Any, ...]
    body: Any
    condition: Condition | None
    tag: str
    sign: Callable[[Checkpoint], str] | None

    def documents(self, then: Then, where: Filter, window: Window) -> Documents:
        """Return a page of the inventory of now, or of the instant that was asked for."""
        if then.as_of is None:
            return self.tenant.documents(where, limit=window.limit, offset=window.offset)
        past = self.tenant.as_of(then.as_of)
        page = past.list(where, limit=window.limit, offset=window.offset)
        return Documents(page.total, tuple(map(entry_document, page.entries)))

    def export(self, then: Then, where: Filter, options: ExportOptions) -> Iterator[bytes]:
        """Return the file of the inventory of now, or of the instant that was asked for."""
        inventory = self.tenant if then.as_of is None else self.tenant.as_of(then.as_of)
        return inventory.export(options.format, where, risk_profile=options.risk_profile)

    def has(self, tag: str) -> bool:
        """Tell whether the caller holds what an ETag stands for."""
        return self.condition is not None and self.condition.holds_weakly(tag)

    def changed(self, entry: ModelEntry) -> bool:
        """Tell whether the entry is another than the one that the caller has seen."""
        condition = self.condition
        return condition is not None and not condition.holds_strongly(entity_tag(_body(entry)))


def list_models(asked: Asked) -> Answer:
    """List the inventory, newest first."""
    where, window, then = asked.query
    page = asked.documents(then, where, window)
    # Each entry is JSON text already; to read it in order to write it again would be the
    # most expensive part of the answer.
    body = (
        f'{{"total":{page.total},"limit":{window.limit},"offset":{window.offset},'
        f'"models":[{",".join(page.texts)}]}}'
    )
    return state_answer(200, body.encode(), asked.tag)


def is_near(asked: Asked) -> bool:
    """Tell whether a list is found without looking at many entries."""
    where, window, then = asked.query
    narrowed = where.provider is not None or where.search is not None
    return not narrowed and then.as_of is None and window.offset <= _NEAR


def register_model(asked: Asked) -> Answer:
    """Register a model."""
    entry = asked.tenant.register(asked.body)
    location = f"{asked.place}/models/{entry.id}"
    return entity_answer(201, _body(entry), (b"location", location.encode()))


def get_model(asked: Asked) -> Answer:
    """Return one entry."""
    body = asked.tenant.document(asked.id).encode()
    tag = entity_tag(body)
    return unchanged_answer(tag) if asked.has(tag) else state_answer(200, body, tag)


def update_model(asked: Asked) -> Answer:
    """Change the supplied fields of an entry."""
    entry = asked.tenant.update(asked.id, asked.body, unless=asked.changed)
    return entity_answer(200, _body(entry))


def delete_model(asked: Asked) -> Answer:
    """Take an entry out of the inventory; its history stays."""
    asked.tenant.delete(asked.id, unless=asked.changed)
    return Answer(204, (NO_STORE, NO_SNIFF))


def model_history(asked: Asked) -> Answer:
    """List the changes of an entry, oldest first, also of one that is deleted by now."""
    (window,) = asked.query
    page = asked.tenant.history(asked.id, limit=window.limit, offset=window.offset)
    events = [event_to_json(event) for event in page.events]
    return json_answer(200, {"total": page.total, "events": events})


def discover_models(asked: Asked) -> Answer:
    """Scan the request log and register unknown models as drafts."""
    return json_answer(200, report_to_json(asked.tenant.discover(asked.body)))


def export_inventory(asked: Asked) -> Answer | Download:
    """Export the inventory as a file."""
    options, where, then = asked.query
    today = asked.tenant.workings.clock().astimezone(UTC).date()
    name = f'attachment; filename="model-inventory-{today}.{options.format}"'
    headers = (
        (b"content-type", _MEDIA_TYPES[options.format]),
        (b"content-disposition", name.encode()),
        REVALIDATE,
        NO_SNIFF,
        tagged(asked.tag),
    )
    return Download(headers, asked.export(then, where, options))


def is_present(asked: Asked) -> bool:
    """Tell whether an export is one of now, which is not made before it is sent."""
    *_, then = asked.query
    return then.as_of is None


def history_checkpoint(asked: Asked) -> Answer:
    """State how far the history reaches, signed where the host has a key."""
    checkpoint = asked.tenant.checkpoint()
    stated = {
        "tenant_id": checkpoint.tenant_id,
        "size": checkpoint.size,
        "root": b64encode(checkpoint.root).decode(),
        "note": asked.sign(checkpoint) if asked.sign is not None else None,
    }
    return json_answer(200, stated)


def _body(entry: ModelEntry) -> bytes:
    return entry_document(entry).encode()
