"""Hypothesis strategies for what people and logs send."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from model_registry.domain.entry import Amendment, Registration
from model_registry.domain.inventory import Filter
from model_registry.domain.lifecycle import RiskTier, ValidationStatus

TELLING = (
    "straße",
    "STRASSE",
    "İstanbul",
    "ﬁne",
    "a%b_c",
    "\\",
    "'; DROP TABLE x",
    '"(*',
    "ß",
    "Å",
    "🦙",
)
"""Texts that have broken somebody's search."""

_characters = st.characters(codec="utf-8", exclude_characters="\x00")


def texts(longest: int = 20) -> st.SearchStrategy[str]:
    """Any text that a field may hold, often one that is hard to search in."""
    return st.one_of(st.sampled_from(TELLING), st.text(_characters, max_size=longest))


def names(longest: int = 20) -> st.SearchStrategy[str]:
    """Any text that is not blank."""
    return texts(longest).filter(lambda text: bool(text) and not text.isspace())


def tag_maps() -> st.SearchStrategy[dict[str, str]]:
    """Any few tags."""
    return st.dictionaries(names(), texts(), max_size=3)


def tiers() -> st.SearchStrategy[RiskTier]:
    """Any risk tier."""
    return st.sampled_from(list(RiskTier))


def statuses() -> st.SearchStrategy[ValidationStatus]:
    """Any validation status."""
    return st.sampled_from(list(ValidationStatus))


def instants() -> st.SearchStrategy[datetime]:
    """Any aware time of the computer age, to the microsecond."""
    return st.datetimes(
        min_value=datetime(1970, 1, 1),  # noqa: DTZ001  # Hypothesis takes naive bounds
        max_value=datetime(2100, 1, 1),  # noqa: DTZ001  # likewise
        timezones=st.just(UTC),
    )


def registrations(
    model_ids: st.SearchStrategy[str] | None = None,
) -> st.SearchStrategy[Registration]:
    """Any registration."""
    return st.builds(
        Registration,
        model_id=names() if model_ids is None else model_ids,
        provider=names(),
        risk_tier=tiers(),
        display_name=names(),
        validation_status=statuses(),
        owner=st.none() | names(),
        description=st.none() | texts(),
        tags=tag_maps(),
    )


def amendments() -> st.SearchStrategy[Amendment]:
    """Any amendment of the fields that can be amended, legal for the lifecycle or not."""
    fields: dict[str, st.SearchStrategy[Any]] = {
        "display_name": st.none() | names(),
        "provider": names(),
        "risk_tier": tiers(),
        "validation_status": statuses(),
        "owner": st.none() | names(),
        "description": st.none() | texts(),
        "tags": tag_maps(),
    }
    return st.fixed_dictionaries({}, optional=fields).map(lambda given: Amendment(**given))


def filters() -> st.SearchStrategy[Filter]:
    """Any filter; most are narrow in one or two ways."""
    return st.builds(
        Filter,
        risk_tier=st.none() | tiers(),
        validation_status=st.none() | statuses(),
        provider=st.none() | texts(4),
        search=st.none() | texts(4) | st.lists(texts(3), max_size=3).map(" ".join),
    )
