"""Commands that read the inventory: ``list``, ``show``, ``export``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import attrs
from cyclopts import Parameter

from model_registry.cli.files import write_file
from model_registry.cli.options import (
    HERE,
    AsOfOption,
    JsonOption,
    NumberOption,
    Place,
    StatusOption,
    TierOption,
)
from model_registry.cli.screen import day, note, part, say, say_json, say_table, write_bytes
from model_registry.codec import entry_to_json, page_to_json, read_text
from model_registry.domain.entry import ENTRY_FIELDS, ModelEntry, canonical_id
from model_registry.domain.inventory import (
    DEFAULT_LIMIT,
    PAGE_LIMIT,
    PAGE_OFFSET,
    Filter,
    Window,
)
from model_registry.domain.rules import Choice, Instant, Nullable, ruled
from model_registry.errors import Fault, ModelNotFound, ValidationError
from model_registry.evidence import PastInventory
from model_registry.export import ExportFormat
from model_registry.spreadsheets.tables import FileFormat
from model_registry.tenant import TenantRegistry

INVENTORY_COLUMNS: Final = ("Model", "Provider", "Tier", "Status", "Owner", "Last seen")


@attrs.frozen(kw_only=True)
class _Then(Filter):
    """Which entries, and as of which instant."""

    as_of: datetime | None = ruled(Nullable(Instant()), default=None)

    def inventory(self, tenant: TenantRegistry) -> TenantRegistry | PastInventory:
        """Return the inventory of now, or of the instant that was asked for."""
        return tenant if self.as_of is None else tenant.as_of(self.as_of)


@attrs.frozen(kw_only=True)
class _Listing(_Then):
    """Which entries, and which part of them."""

    limit: int = ruled(PAGE_LIMIT, default=DEFAULT_LIMIT)
    offset: int = ruled(PAGE_OFFSET, default=0)


@attrs.frozen(kw_only=True)
class _Export(_Then):
    """Which entries, and as what."""

    format: FileFormat = ruled(Choice(FileFormat), default=FileFormat.CSV)

    def chunks(self, tenant: TenantRegistry, *, guard: bool, risk_profile: bool) -> Iterator[bytes]:
        """Stream the file."""
        inventory = self.inventory(tenant)
        if self.format is FileFormat.XLSX:
            from model_registry.spreadsheets.workbook import workbook  # noqa: PLC0415  # costs here

            profile = inventory.risk_profiles() if risk_profile else None
            return workbook(inventory.entries(self), profile)
        form = ExportFormat(self.format)
        return inventory.export(form, self, guard=guard, risk_profile=risk_profile)


@Parameter(name="*")
@attrs.frozen(kw_only=True)
class Matching:
    """The options that say which entries are meant."""

    tier: TierOption = None
    status: StatusOption = None
    provider: Annotated[
        str | None, Parameter(metavar="TEXT", help="Part of the provider's name, in any case.")
    ] = None
    search: Annotated[
        str | None,
        Parameter(metavar="WORDS", help="Words in the model id, display name or description."),
    ] = None

    def given(self, **others: str | None) -> dict[str, str]:
        """Return what was typed, these and other options, by the field that it sets."""
        typed = {
            "risk_tier": self.tier,
            "validation_status": self.status,
            "provider": self.provider,
            "search": self.search,
            **others,
        }
        return {field: text for field, text in typed.items() if text is not None}


def entry_named(inventory: TenantRegistry, model: str) -> ModelEntry:
    """
    Return the entry that a person named, by its UUID or its model id.

    Raises:
        ModelNotFound: this tenant has neither.
    """
    if canonical_id(model) is not None:
        try:
            return inventory.get(model)
        except ModelNotFound:
            pass  # a model id may look like a UUID
    entry = inventory.find(model)
    if entry is None:
        raise ModelNotFound(model)
    return entry


def list_models(
    *,
    matching: Matching = Matching(),
    limit: NumberOption = None,
    offset: NumberOption = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
    place: Place = HERE,
) -> None:
    """
    List the inventory, newest first.

    Args:
        matching: which entries.
        limit: Most models to list, 1 to 200. Default: 50.
        offset: Models to pass over.
        as_of: of which instant.
        json: print JSON.
        place: where.
    """
    listing = read_text(_Listing, matching.given(limit=limit, offset=offset, as_of=as_of))
    window = Window(limit=listing.limit, offset=listing.offset)
    with place.opened() as inventory:
        then = listing.inventory(inventory)
        page = then.list(listing, limit=window.limit, offset=window.offset)
    if json:
        say_json(page_to_json(page, window))
        return
    say_inventory(page.entries)
    note(part(len(page.entries), window.offset, page.total, "model"))


def say_inventory(entries: Iterable[ModelEntry]) -> None:
    """Write entries as a table."""
    say_table(
        INVENTORY_COLUMNS,
        (
            (
                entry.model_id,
                entry.provider,
                entry.risk_tier,
                entry.validation_status,
                entry.owner or "-",
                day(entry.last_seen_at),
            )
            for entry in entries
        ),
    )


def show(
    model: str,
    /,
    *,
    as_of: AsOfOption = None,
    json: JsonOption = False,
    place: Place = HERE,
) -> None:
    """
    Show one model.

    Args:
        model: UUID or model id; with --as-of the UUID.
        as_of: of which instant.
        json: print JSON.
        place: where.
    """
    then = read_text(_Then, {} if as_of is None else {"as_of": as_of})
    with place.opened() as inventory:
        past = then.inventory(inventory)
        entry = past.get(model) if isinstance(past, PastInventory) else entry_named(past, model)
    if json:
        say_json(entry_to_json(entry))
    else:
        say_entry(entry)


def say_entry(entry: ModelEntry) -> None:
    """Write one entry, a line for each field."""
    plain = entry_to_json(entry)
    width = max(map(len, ENTRY_FIELDS))
    for name in ENTRY_FIELDS:
        value = plain[name]
        if isinstance(value, dict):
            value = ", ".join(f"{key}={tag}" for key, tag in value.items())
        say(f"{name:{width}}  {value or '-'}")


def export(
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"], metavar="FILE")] = None,
    form: Annotated[str | None, Parameter(name="--format", metavar="FORMAT")] = None,
    matching: Matching = Matching(),
    as_of: AsOfOption = None,
    guard: Annotated[bool, Parameter(negative="--no-guard")] = True,
    risk_profile: bool = False,
    place: Place = HERE,
) -> None:
    """
    Write the inventory as CSV, JSON or XLSX.

    Args:
        output: Write this file, whole or not at all, instead of standard output.
        form: csv | json | xlsx, which needs --output. Default: csv.
        matching: which entries.
        as_of: of which instant.
        guard: Whether CSV texts that a spreadsheet would run get an apostrophe.
        risk_profile: Add the risk profiles.
        place: where.
    """
    wanted = read_text(_Export, matching.given(format=form, as_of=as_of))
    if wanted.format is FileFormat.XLSX and output is None:
        raise ValidationError([Fault("output", "is required for a workbook: give a FILE")])
    with place.opened() as inventory:
        chunks = wanted.chunks(inventory, guard=guard, risk_profile=risk_profile)
        if output is not None:
            write_file(output, chunks)
        elif sys.stdout.isatty():
            for chunk in chunks:
                for line in chunk.decode().removesuffix("\n").split("\n"):
                    say(line.removesuffix("\r"))
        else:
            write_bytes(chunks)
