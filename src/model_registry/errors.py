"""The errors that callers meet: one root, each with its data and a stable code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import ClassVar, Final

import attrs


class _NotGiven(Enum):
    NOT_GIVEN = "not given"


NOT_GIVEN: Final = _NotGiven.NOT_GIVEN
"""The value of a field that was absent, which is not the same as null."""

_LONGEST_ECHO = 200


def _echo(value: object) -> object:
    if value is NOT_GIVEN or value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else "a number of more than 53 bits"
    if isinstance(value, str):
        short = value if len(value) <= _LONGEST_ECHO else value[:_LONGEST_ECHO] + "…"
        return short.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    return repr(value)[:_LONGEST_ECHO]


@attrs.frozen
class Fault:
    """
    One thing that is wrong with what was given.

    Attributes:
        field: path of the field, such as ``risk_tier`` or ``tags.business_unit``.
        message: what is wrong, in a sentence without the field's name.
        given: a short, JSON-safe rendering of the value, or ``NOT_GIVEN``.
        allowed: the values that would have been accepted, when they can be listed.
    """

    field: str
    message: str
    given: object = attrs.field(default=NOT_GIVEN, converter=_echo)
    allowed: tuple[str, ...] | None = None

    def __str__(self) -> str:
        """Return the fault as one line for people."""
        given = "" if self.given is NOT_GIVEN else f" (given: {self.given!r})"
        return f"{self.field}: {self.message}{given}"


class RegistryError(Exception):
    """
    Root of every error that this library raises on purpose.

    Attributes:
        code: stable machine-readable name, the one that the HTTP contract uses.
    """

    code: ClassVar[str] = "registry_error"


class ValidationError(RegistryError):
    """
    The input is not acceptable; nothing was changed (contract: 400 validation_error).

    Attributes:
        faults: everything that is wrong, not only the first.
    """

    code = "validation_error"

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(str(fault) for fault in self.faults))


class ModelAlreadyExists(RegistryError):
    """A model with this ``model_id`` is in the tenant's inventory already (contract: 409)."""

    code = "model_already_exists"

    def __init__(self, model_id: str) -> None:
        self.model_id = model_id
        super().__init__(f"A model with model_id {model_id!r} already exists in the organization")


class ModelNotFound(RegistryError):
    """The tenant has no such model, whether or not another tenant has (contract: 404)."""

    code = "model_not_found"

    def __init__(self, sought: str) -> None:
        self.sought = sought
        super().__init__(f"No model {_echo(sought)!r} exists in the organization")


class InvalidStatusTransition(RegistryError):
    """
    The lifecycle does not permit this move (contract: 422).

    Attributes:
        current: the status that the model has.
        requested: the status that was asked for.
        allowed: the statuses that it may move to now.
    """

    code = "invalid_status_transition"

    def __init__(self, current: str, requested: str, allowed: Sequence[str]) -> None:
        self.current = str(current)
        self.requested = str(requested)
        self.allowed = tuple(str(status) for status in allowed)
        choices = ", ".join(self.allowed) or "none, it is final"
        super().__init__(
            f"A model that is {self.current} cannot become {self.requested}; allowed: {choices}"
        )


class PreconditionFailed(RegistryError):
    """The entry is no longer the one that the caller said it had seen (HTTP 412)."""

    code = "precondition_failed"

    def __init__(self, entry_id: str) -> None:
        self.entry_id = entry_id
        super().__init__(f"Model {entry_id!r} has changed since it was read")


class ConcurrentUpdate(RegistryError):
    """Somebody else changed the entry between the read and the write; nothing was written."""

    code = "concurrent_update"

    def __init__(self, entry_id: str) -> None:
        self.entry_id = entry_id
        super().__init__(f"Model {entry_id!r} was changed by somebody else at the same moment")


class StoreError(RegistryError):
    """The store could not do its work; the driver's own error is the ``__cause__``."""

    code = "store_error"


class OutcomeUnknown(StoreError):
    """
    A commit was asked for, and nobody can tell whether it was written.

    It was either written whole or not at all: look before you try again.
    """

    code = "outcome_unknown"


class DamagedData(StoreError):
    """
    What is stored cannot be what was written: a row or a file that makes no sense.

    Reads that meet it raise it; a verification reports it and goes on.
    """

    code = "damaged_data"


class SchemaOutdated(StoreError):
    """The database has an older (or newer) schema than this version of the library needs."""

    code = "schema_outdated"


class TiersUnknown(StoreError):
    """
    Risk tiers are looked up in memory, and nothing recent enough is there.

    What keeps them from being read is the ``__cause__``.
    """

    code = "tiers_unknown"

    def __init__(self, tenant_id: str) -> None:
        self.tenant_id = tenant_id
        super().__init__(
            f"The risk tiers of {_echo(tenant_id)!r} are not known: the store cannot be read, "
            "and what was last read, if anything, is too old"
        )


class RequestLogError(RegistryError):
    """A request log cannot be read: missing, of the wrong form, or out of reach."""

    code = "request_log_error"


class TooManyModels(RequestLogError):
    """
    A scan met more distinct model ids than it may hold in memory.

    Model ids in a log are strings that whoever sends requests can choose, so a
    scan is bounded.
    """

    code = "too_many_models"

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(
            f"The request log names more than {most:,} distinct models in this period; "
            "narrow the period, or raise max_models if all of them are real"
        )


class BackendError(RegistryError):
    """A store or a request log cannot be found from its URL."""

    code = "backend_error"


class UnknownScheme(BackendError):
    """No installed backend answers to this URL scheme."""

    code = "unknown_scheme"


class AmbiguousScheme(BackendError):
    """Several installed distributions answer to this URL scheme."""

    code = "ambiguous_scheme"


class BackendNotInstalled(BackendError):
    """The backend is known, but a package that it needs is not installed."""

    code = "backend_not_installed"
