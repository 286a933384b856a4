"""The first schema: inventories, their histories, and where each history stands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from model_registry_sql.schema import Place
from model_registry_sql.types import TEXT, Instant

revision = "0001"
down_revision = None

_TIERS = "risk_tier IN ('tier_1', 'tier_2', 'tier_3', 'tier_4')"
_STATUSES = (
    "validation_status IN ('draft', 'pending_validation', 'in_validation', "
    "'needs_remediation', 'validated', 'deprecated')"
)
_ACTIONS = "action IN ('registered', 'updated', 'deleted', 'discovered')"


def upgrade(place: Place) -> None:
    """Make the three tables."""
    _make_entries(place.table("entries"), place.schema)
    _make_events(place.table("events"), place.schema)
    _make_heads(place.table("heads"), place.schema)


def _make_entries(name: str, schema: str | None) -> None:
    op.create_table(
        name,
        sa.Column("tenant_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("model_id", TEXT, nullable=False),
        sa.Column("provider", TEXT, nullable=False),
        sa.Column("display_name", TEXT, nullable=False),
        sa.Column("risk_tier", TEXT, nullable=False),
        sa.Column("validation_status", TEXT, nullable=False),
        sa.Column("owner", TEXT),
        sa.Column("description", TEXT),
        sa.Column("tags", TEXT, nullable=False),
        sa.Column("last_seen_at", Instant),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.Column("folded_provider", TEXT, nullable=False),
        sa.Column("search_text", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=f"{name}_pk"),
        sa.UniqueConstraint("tenant_id", "model_id", name=f"{name}_model"),
        sa.CheckConstraint(_TIERS, name=f"{name}_tier"),
        sa.CheckConstraint(_STATUSES, name=f"{name}_status"),
        schema=schema,
    )
    newest_first: list[str | sa.TextClause] = ["tenant_id", sa.text("created_at DESC"), "id"]
    op.create_index(f"{name}_newest", name, newest_first, schema=schema)


def _make_events(name: str, schema: str | None) -> None:
    op.create_table(
        name,
        sa.Column("tenant_id", TEXT, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("entry_id", TEXT, nullable=False),
        sa.Column("model_id", TEXT, nullable=False),
        sa.Column("changes", TEXT, nullable=False),
        sa.Column("previous_hash", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "sequence", name=f"{name}_pk"),
        sa.CheckConstraint(_ACTIONS, name=f"{name}_action"),
        schema=schema,
    )
    op.create_index(f"{name}_entry", name, ["tenant_id", "entry_id", "sequence"], schema=schema)


def _make_heads(name: str, schema: str | None) -> None:
    op.create_table(
        name,
        sa.Column("tenant_id", TEXT, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=f"{name}_pk"),
        schema=schema,
    )
