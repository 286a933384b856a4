"""What a tenant's history says of the time since somebody last looked."""

from __future__ import annotations

from typing import Final

import attrs

from model_registry.domain.chain import Head
from model_registry.domain.changes import ChangeEvent
from model_registry.domain.entry import ModelEntry
from model_registry.domain.replay import whole_entry
from model_registry.errors import DamagedData
from model_registry_sql.rows import event_of, head_of
from model_registry_sql.sessions import Session
from model_registry_sql.statements import Statements

_MOST: Final = 1_000

Told = tuple[ChangeEvent, ModelEntry | None]


@attrs.frozen
class News:
    """
    The reader of news.

    What is kept in memory of an inventory stands as of a head. It is brought up to
    date by the events since, which is exact and costs what changed.

    Attributes:
        statements: of the registry.
    """

    statements: Statements

    def head(self, session: Session, tenant_id: str) -> Head:
        """Return where a tenant's history stands in the session's state."""
        row = session.one(self.statements.head, {"tenant_id": tenant_id})
        return Head() if row is None else head_of(row)

    def since(self, session: Session, tenant_id: str, last: Head, head: Head) -> list[Told] | None:
        """
        Return the events after one head up to a later one, with ``whole_entry`` of each.

        None where the history is another than the one that was looked at, such as
        a restored one, where it is damaged, or where so much happened that it is
        better to begin anew.

        Args:
            session: in a transaction that sees one state.
            tenant_id: whose history.
            last: what was looked at.
            head: what ``head`` gives now.
        """
        own = {"tenant_id": tenant_id}
        if (last.sequence, last.hash) == (head.sequence, head.hash):
            return []
        if not last.sequence < head.sequence <= last.sequence + _MOST:
            return None
        if last.sequence:
            row = session.one(self.statements.event, {**own, "sequence": last.sequence})
            if row is None or row[0] != last.hash:
                return None
        news = self.statements.history(of_entry=False, until=False)
        rows = session.all(news, {**own, "after": last.sequence})
        try:
            return [(event, whole_entry(event)) for event in map(event_of, rows)]
        except (DamagedData, ValueError):
            return None
