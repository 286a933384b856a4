"""How many entries searches found, kept and moved by what the history says."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Final

import attrs

from model_registry.domain.chain import Head
from model_registry.domain.changes import Action
from model_registry.domain.inventory import Filter
from model_registry_sql.news import News, Told
from model_registry_sql.sessions import Session

WORTH_KEEPING: Final = 500
"""Entries that a search finds; to count fewer takes no time."""

_MOST: Final = 1_000


@attrs.frozen
class _Total:
    """A count, as of a head."""

    head: Head
    count: int


class KeptTotals:
    """
    The counts of searches that find many entries, of the last thousand of them.

    Args:
        news: tells what changed.
    """

    def __init__(self, news: News) -> None:
        self._news = news
        self._lock = Lock()
        self._totals: OrderedDict[tuple[str, Filter], _Total] = OrderedDict()

    def known(self, session: Session, tenant_id: str, where: Filter) -> int | None:
        """
        Return how many entries a filter finds, if that can be told without counting.

        Args:
            session: in a transaction that sees one state.
            tenant_id: whose entries.
            where: which.
        """
        with self._lock:
            kept = self._totals.get((tenant_id, where))
        if kept is None:
            return None
        head = self._news.head(session, tenant_id)
        events = self._news.since(session, tenant_id, kept.head, head)
        count = None if events is None else _moved(kept.count, events, where)
        self._keep(tenant_id, where, head, count)
        return count

    def keep(self, session: Session, tenant_id: str, where: Filter, count: int) -> None:
        """Keep what was counted in the session's state."""
        if count >= WORTH_KEEPING:
            self._keep(tenant_id, where, self._news.head(session, tenant_id), count)

    def _keep(self, tenant_id: str, where: Filter, head: Head, count: int | None) -> None:
        with self._lock:
            self._totals.pop((tenant_id, where), None)
            if count is not None:
                self._totals[tenant_id, where] = _Total(head, count)
            if len(self._totals) > _MOST:
                self._totals.popitem(last=False)


def _moved(count: int, events: list[Told], where: Filter) -> int | None:
    """Return a count after some events; None where they do not tell all that matters."""
    looked_at = {"display_name", "description"}
    looked_at |= {"provider"} if where.folded_provider else set()
    looked_at |= {"risk_tier"} if where.risk_tier else set()
    looked_at |= {"validation_status"} if where.validation_status else set()
    for event, entry in events:
        if entry is None:
            if not looked_at.isdisjoint(event.changes):
                return None
        elif where.matches(entry):
            count += -1 if event.action is Action.DELETED else 1
    return count
