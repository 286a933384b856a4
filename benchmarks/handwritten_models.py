"""The tables and schemas of the hand-written registry."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import JSON, DateTime, Dialect, Index, Text, TypeDecorator, UniqueConstraint, desc
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

MOVES = {
    "draft": ("pending_validation", "deprecated"),
    "pending_validation": ("in_validation", "draft", "deprecated"),
    "in_validation": ("validated", "needs_remediation", "pending_validation", "deprecated"),
    "needs_remediation": ("pending_validation", "in_validation", "deprecated"),
    "validated": ("pending_validation", "in_validation", "needs_remediation", "deprecated"),
    "deprecated": (),
}


class Tier(StrEnum):
    TIER_1 = "tier_1"
    TIER_2 = "tier_2"
    TIER_3 = "tier_3"
    TIER_4 = "tier_4"


class Status(StrEnum):
    DRAFT = "draft"
    PENDING_VALIDATION = "pending_validation"
    IN_VALIDATION = "in_validation"
    NEEDS_REMEDIATION = "needs_remediation"
    VALIDATED = "validated"
    DEPRECATED = "deprecated"


class UtcDateTime(TypeDecorator[datetime]):
    """SQLite forgets the zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.replace(tzinfo=UTC)


def _now() -> datetime:
    return datetime.now(UTC)


def _uuid() -> str:
    return str(uuid4())


class Base(DeclarativeBase):
    type_annotation_map = {  # noqa: RUF012  # so SQLAlchemy wants it
        str: Text,
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
    }


class Model(Base):
    __tablename__ = "models"
    __table_args__ = (
        UniqueConstraint("tenant_id", "model_id"),
        Index("models_newest", "tenant_id", desc("created_at"), "id"),
        Index("models_status", "tenant_id", "validation_status", "risk_tier"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=_uuid)
    tenant_id: Mapped[str]
    model_id: Mapped[str]
    provider: Mapped[str]
    display_name: Mapped[str]
    risk_tier: Mapped[str]
    validation_status: Mapped[str]
    owner: Mapped[str | None]
    description: Mapped[str | None]
    tags: Mapped[dict[str, Any]] = mapped_column(default=dict)
    last_seen_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=_now)
    updated_at: Mapped[datetime] = mapped_column(default=_now)


class Audit(Base):
    __tablename__ = "audit"
    __table_args__ = (Index("audit_entry", "tenant_id", "entry_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=_now)
    tenant_id: Mapped[str]
    entry_id: Mapped[str]
    actor: Mapped[str]
    action: Mapped[str]
    changes: Mapped[dict[str, Any]]


class Caller(BaseModel):
    """What the token claims."""

    tenant_id: str
    sub: str
    role: str


Name = Annotated[str, StringConstraints(min_length=1, max_length=512)]
Note = Annotated[str, StringConstraints(max_length=10_000)]


class ModelFilter(BaseModel):
    risk_tier: Tier | None = None
    validation_status: Status | None = None
    provider: str | None = None
    search: str | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    offset: Annotated[int, Field(ge=0)] = 0


class ModelIn(BaseModel):
    model_id: Name
    provider: Name
    display_name: Name | None = None
    risk_tier: Tier
    validation_status: Status = Status.DRAFT
    owner: Name | None = None
    description: Note | None = None
    tags: dict[str, str] = {}


class ModelPatch(BaseModel):
    display_name: Name | None = None
    risk_tier: Tier | None = None
    validation_status: Status | None = None
    owner: Name | None = None
    description: Note | None = None
    tags: dict[str, str] | None = None


class ModelOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    tenant_id: str
    model_id: str
    provider: str
    display_name: str
    risk_tier: str
    validation_status: str
    owner: str | None
    description: str | None
    tags: dict[str, str]
    last_seen_at: datetime | None
    created_at: datetime
    updated_at: datetime


class ModelPage(BaseModel):
    total: int
    limit: int
    offset: int
    models: list[ModelOut]
