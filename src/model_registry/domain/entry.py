"""The inventory's entry, and the two things that people send: a registration and an amendment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Final

import attrs

from model_registry.domain.lifecycle import RiskTier, ValidationStatus
from model_registry.domain.rules import (
    Choice,
    Instant,
    Nullable,
    TagMap,
    Tags,
    Text,
    enforce,
    ruled,
)

NAME: Final = Text(longest=512)
DESCRIPTION: Final = Text(longest=10_000, may_be_blank=True)
TAGS: Final = TagMap(most=64, key=Text(longest=128), value=Text(longest=1_024, may_be_blank=True))
TIER: Final = Choice(RiskTier)
STATUS: Final = Choice(ValidationStatus)
IDENTITY: Final = Text(longest=512)
TENANT: Final = Text(longest=128)

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Unset(Enum):
    """The type of ``UNSET``."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET
"""The value of an amendment's field that is to stay as it is; null would clear it."""


def canonical_id(text: str) -> str | None:
    """Return an entry id in its canonical lower case, or None if it is no UUID."""
    lowered = text.lower()
    return lowered if len(text) == 36 and _UUID.fullmatch(lowered) else None


@attrs.frozen(kw_only=True)
class ModelEntry:
    """
    One model in a tenant's inventory, as it stands (contract, GET /models/{id}).

    Attributes:
        id: the entry's own UUID, canonical text; a model_id that is deleted and
            registered again gets another.
        tenant_id: the organization that the entry belongs to.
        model_id: the provider's identifier of the model, unique in the tenant;
            compared character by character.
        provider: vendor of the model, or ``unknown``.
        display_name: name for people.
        risk_tier: how much the model can hurt.
        validation_status: where it stands in its lifecycle.
        owner: accountable e-mail address or team, or None.
        description: what the model is for, or None.
        tags: key/value pairs for filtering and policies.
        last_seen_at: the latest request for it that discovery saw, or None. An
            observation: it moves forward only, and no event records it.
        created_at: when the entry was registered, UTC.
        updated_at: when a field last changed, UTC.
    """

    id: str
    tenant_id: str
    model_id: str
    provider: str
    display_name: str
    risk_tier: RiskTier
    validation_status: ValidationStatus
    owner: str | None
    description: str | None
    tags: Tags
    last_seen_at: datetime | None
    created_at: datetime
    updated_at: datetime


ENTRY_FIELDS: Final = tuple(a.name for a in attrs.fields(ModelEntry))
"""Every field of an entry, in the contract's order."""


def _default_name(registration: Registration) -> str:
    """Give the model_id; a faulty one is to be told once, not as a display name too."""
    return registration.model_id if NAME.accepts(registration.model_id) else "unnamed"


@attrs.frozen(kw_only=True)
class Registration:
    """
    A model that is to be put into the inventory (contract, POST /models).

    Strings are accepted for the tier and the status. Any of the six statuses
    may be the first, because an existing inventory is imported as it stands.

    Raises:
        ValidationError: with every fault of every field.
    """

    model_id: str = ruled(NAME)
    provider: str = ruled(NAME)
    risk_tier: RiskTier = ruled(TIER)
    display_name: str = ruled(NAME, default=attrs.Factory(_default_name, takes_self=True))
    validation_status: ValidationStatus = ruled(STATUS, default=ValidationStatus.DRAFT)
    owner: str | None = ruled(Nullable(NAME), default=None)
    description: str | None = ruled(Nullable(DESCRIPTION), default=None)
    tags: Mapping[str, str] = ruled(TAGS, factory=Tags)

    def __attrs_post_init__(self) -> None:
        enforce(self)


@attrs.frozen(kw_only=True)
class Amendment:
    """
    Changes to an entry: what is left ``UNSET`` stays (contract, PUT /models/{id}).

    ``None`` clears ``owner`` and ``description`` and resets ``display_name`` to
    the model_id; elsewhere it is a fault. The read-only fields may be sent back
    as they were read, so that a client can put what it got; ``amend`` refuses
    another value.

    Raises:
        ValidationError: with every fault of every field.
    """

    display_name: str | Unset | None = ruled(Nullable(NAME), default=UNSET)
    provider: str | Unset = ruled(NAME, default=UNSET)
    risk_tier: RiskTier | Unset = ruled(TIER, default=UNSET)
    validation_status: ValidationStatus | Unset = ruled(STATUS, default=UNSET)
    owner: str | Unset | None = ruled(Nullable(NAME), default=UNSET)
    description: str | Unset | None = ruled(Nullable(DESCRIPTION), default=UNSET)
    tags: Mapping[str, str] | Unset = ruled(TAGS, default=UNSET)
    id: str | Unset = ruled(Text(longest=36), default=UNSET)
    tenant_id: str | Unset = ruled(TENANT, default=UNSET)
    model_id: str | Unset = ruled(NAME, default=UNSET)
    last_seen_at: datetime | Unset | None = ruled(Nullable(Instant()), default=UNSET)
    created_at: datetime | Unset = ruled(Instant(), default=UNSET)
    updated_at: datetime | Unset = ruled(Instant(), default=UNSET)

    def __attrs_post_init__(self) -> None:
        enforce(self, passing=UNSET)

    def supplied(self) -> dict[str, Any]:
        """Return the fields that are set, by name."""
        return {name: value for name in ENTRY_FIELDS if (value := getattr(self, name)) is not UNSET}


READ_ONLY: Final = frozenset(
    {"id", "tenant_id", "model_id", "last_seen_at", "created_at", "updated_at"}
)
"""The fields that no amendment can change."""
