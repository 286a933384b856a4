"""What the rows of somebody's file say, and what becomes of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from model_registry.domain.changes import FieldChange, Insert, Replace
from model_registry.domain.entry import NAME
from model_registry.domain.rules import Flag, enforce, ruled
from model_registry.errors import Fault


@attrs.frozen(kw_only=True)
class ImportRequest:
    """
    What is to be done with a file.

    Attributes:
        dry_run: tell what would happen, and write nothing.
        partial: write the good rows where others are refused.
        overwrite: let a row count although its entry has changed since the file was
            written, which its ``updated_at`` tells.
    """

    dry_run: bool = ruled(Flag(), default=False)
    partial: bool = ruled(Flag(), default=False)
    overwrite: bool = ruled(Flag(), default=False)

    def __attrs_post_init__(self) -> None:
        enforce(self)


@attrs.frozen
class ImportRow:
    """
    What one row of a file says.

    Attributes:
        number: where it stands in the file, so that a person finds it.
        fields: values by the entry's field, plain JSON values or aware times;
            None for a cell that is empty. A field that the file does not speak
            of is absent.
        tags: values of single tags, for files that have a column for each; None
            for an empty cell. Other tags stay as they are.
        faults: what could not even be read.
    """

    number: int
    fields: Mapping[str, object]
    tags: Mapping[str, str | None] = attrs.field(factory=dict)
    faults: Sequence[Fault] = ()

    @property
    def model_id(self) -> str | None:
        """The model that the row is about, or None if no model can be called that."""
        named = self.fields.get("model_id")
        return named if isinstance(named, str) and NAME.accepts(named) else None


@attrs.frozen
class NewRow:
    """A row whose model is not in the inventory yet."""

    row: int
    insert: Insert

    @property
    def model_id(self) -> str:
        """The model that the row is about."""
        return self.insert.entry.model_id


@attrs.frozen
class ChangedRow:
    """A row that changes an entry; ``changes`` tells which fields, before and after."""

    row: int
    replace: Replace

    @property
    def model_id(self) -> str:
        """The model that the row is about."""
        return self.replace.before.model_id

    @property
    def changes(self) -> Mapping[str, FieldChange]:
        """What would change, as the history will list it."""
        return self.replace.event.changes


@attrs.frozen
class UnchangedRow:
    """A row that says what the inventory says already."""

    row: int
    model_id: str


@attrs.frozen
class RefusedRow:
    """
    A row that must not be written, and everything that is wrong with it.

    Attributes:
        row: where it stands in the file.
        model_id: the model that it is about, if one can be told.
        faults: why.
        changes: what it would have changed, where that much is known.
    """

    row: int
    model_id: str | None
    faults: tuple[Fault, ...]
    changes: Mapping[str, FieldChange] = attrs.field(factory=dict)


Decision = NewRow | ChangedRow | UnchangedRow | RefusedRow
"""What becomes of a row."""


@attrs.frozen(kw_only=True)
class ImportReport:
    """
    What a file did to an inventory, or would do.

    Attributes:
        decisions: one for each row, in the file's order.
        written: whether the new and the changed rows are in the inventory now. A
            dry run writes nothing; nor does a file with a refused row, unless that
            was asked for; nor one that changes nothing.
    """

    decisions: tuple[Decision, ...]
    written: bool

    @property
    def new(self) -> tuple[NewRow, ...]:
        """The rows of models that were not in the inventory."""
        return tuple(one for one in self.decisions if isinstance(one, NewRow))

    @property
    def changed(self) -> tuple[ChangedRow, ...]:
        """The rows that change an entry."""
        return tuple(one for one in self.decisions if isinstance(one, ChangedRow))

    @property
    def unchanged(self) -> tuple[UnchangedRow, ...]:
        """The rows that say what the inventory says already."""
        return tuple(one for one in self.decisions if isinstance(one, UnchangedRow))

    @property
    def refused(self) -> tuple[RefusedRow, ...]:
        """The rows that must not be written."""
        return tuple(one for one in self.decisions if isinstance(one, RefusedRow))
