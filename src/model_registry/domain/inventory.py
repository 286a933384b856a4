"""What each filter means, the order of an inventory, and its pages."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

import attrs

from model_registry.domain.entry import STATUS, TIER, ModelEntry
from model_registry.domain.lifecycle import RiskTier, ValidationStatus
from model_registry.domain.rules import Nullable, Text, Whole, enforce, ruled

PAGE_LIMIT: Final = Whole(least=1, most=200)
PAGE_OFFSET: Final = Whole(least=0, most=2**31)
DEFAULT_LIMIT: Final = 50


def fold(text: str) -> str:
    """
    Return the form of a text in which case and spelling variants are alike.

    Unicode's caseless matching, so that ``STRASSE`` finds ``straße``. A store
    keeps folded text beside the original and compares bytes only.
    """
    if text.isascii():
        return text.lower()
    normal = unicodedata.normalize("NFKC", text)
    return unicodedata.normalize("NFKC", normal.casefold())


def search_text(entry: ModelEntry) -> str:
    """
    Return the folded text that a search looks into, its fields a line each.

    A search term never holds white space, so no term matches across two fields.
    """
    return "\n".join(
        (fold(entry.model_id), fold(entry.display_name), fold(entry.description or ""))
    )


@attrs.frozen(kw_only=True)
class Filter:
    """
    Which entries are meant; all conditions must hold (contract, GET /models).

    Attributes:
        risk_tier: exactly this tier.
        validation_status: exactly this status.
        provider: part of the provider's name, case-insensitively.
        search: terms parted by white space; each must occur, case-insensitively,
            in the model_id, the display name or the description. Every character
            stands for itself.

    Raises:
        ValidationError: with every fault of every field.
    """

    risk_tier: RiskTier | None = ruled(Nullable(TIER), default=None)
    validation_status: ValidationStatus | None = ruled(Nullable(STATUS), default=None)
    provider: str | None = ruled(Nullable(Text(longest=512, may_be_blank=True)), default=None)
    search: str | None = ruled(Nullable(Text(longest=1_024, may_be_blank=True)), default=None)

    def __attrs_post_init__(self) -> None:
        enforce(self)

    @property
    def folded_provider(self) -> str:
        """The folded text that must occur in the folded provider; empty for any."""
        return fold(self.provider or "")

    @property
    def terms(self) -> tuple[str, ...]:
        """The folded search terms, each once."""
        return tuple(dict.fromkeys(fold(self.search or "").split()))

    def matches(self, entry: ModelEntry) -> bool:
        """Tell whether an entry is meant: this is the definition for every store."""
        if self.risk_tier not in (None, entry.risk_tier):
            return False
        if self.validation_status not in (None, entry.validation_status):
            return False
        if self.folded_provider not in fold(entry.provider):
            return False
        terms = self.terms
        if not terms:
            return True
        text = search_text(entry)
        return all(term in text for term in terms)


EVERYTHING: Final = Filter()


@attrs.frozen
class Page:
    """
    One page of an inventory, and the count of all matches in the same state.

    Attributes:
        total: how many entries match, on all pages.
        entries: this page's, newest first.
    """

    total: int
    entries: tuple[ModelEntry, ...]


@attrs.frozen
class Documents:
    """
    One page of an inventory whose entries are written already.

    Attributes:
        total: how many entries match, on all pages.
        texts: this page's, newest first, each as its JSON document.
    """

    total: int
    texts: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Window:
    """
    The part of a listing that is asked for (contract: ``limit``, ``offset``).

    Raises:
        ValidationError: outside is a fault, not a clamp.
    """

    limit: int = ruled(PAGE_LIMIT, default=DEFAULT_LIMIT)
    offset: int = ruled(PAGE_OFFSET, default=0)

    def __attrs_post_init__(self) -> None:
        enforce(self)


def in_order(entries: Iterable[ModelEntry]) -> list[ModelEntry]:
    """Sort as every listing is sorted: newest ``created_at`` first, ties by id."""
    by_id = sorted(entries, key=lambda entry: entry.id)
    return sorted(by_id, key=lambda entry: entry.created_at, reverse=True)
