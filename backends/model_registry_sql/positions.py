"""
Marks in a tenant's listing, so that a far page is reached from near.

A mark is the key of an entry and how many come up to it. The first far page
walks the listing once and leaves marks; later ones start at the nearest. What
others write meanwhile moves the marks by as much as the history says.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from datetime import datetime
from threading import Lock
from typing import Final

import attrs
from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, select

from model_registry.domain.chain import Head
from model_registry.domain.changes import Action, ChangeEvent
from model_registry.domain.entry import ModelEntry
from model_registry_sql.news import News
from model_registry_sql.schema import Tables
from model_registry_sql.sessions import Session, Statement, Values
from model_registry_sql.types import Instant

STEP: Final = 10_000
"""Entries between two marks; a page that is nearer to the start needs none."""

_TENANTS_KEPT: Final = 64


@attrs.frozen
class Mark:
    """
    A place in a listing.

    Attributes:
        position: how many entries there are up to it.
        created_at: when the last of them was registered.
        id: which it is, or was: it may be gone.
    """

    position: int
    created_at: datetime
    id: str

    def moved(self, entry: ModelEntry, by: int) -> Mark:
        """Return the mark after an entry came or went, which may stand before it."""
        tied = entry.created_at == self.created_at and entry.id <= self.id
        before = entry.created_at > self.created_at or tied
        return attrs.evolve(self, position=self.position + by) if before else self


@attrs.define
class _Known:
    """What is known of a tenant's listing: marks in its order, as of a head."""

    head: Head
    marks: list[Mark] = attrs.field(factory=list)


def after_mark(tables: Tables) -> ColumnElement[bool]:
    """Return the condition that an entry comes after a mark; takes mark_time and mark_id."""
    entry = tables.entries.c
    time = bindparam("mark_time", type_=Instant)
    # the first half is what an index of the order understands
    tied = or_(entry.created_at < time, entry.id > bindparam("mark_id"))
    return and_(entry.created_at <= time, tied)


class Positions:
    """
    The marks of the tenants that somebody paged far into, of the last few of them.

    Args:
        news: tells what changed.
    """

    def __init__(self, news: News) -> None:
        self._news = news
        statements = news.statements
        self._lock = Lock()
        self._known: OrderedDict[str, _Known] = OrderedDict()
        entry = statements.tables.entries.c
        keys = (
            select(entry.created_at, entry.id)
            .where(entry.tenant_id == bindparam("tenant_id"))
            .order_by(entry.created_at.desc(), entry.id)
            .limit(1)
            .offset(STEP - 1)
        )
        self._first_step = self._made(keys)
        self._step = self._made(keys.where(after_mark(statements.tables)))

    def nearest(self, session: Session, tenant_id: str, offset: int) -> Mark | None:
        """
        Return the last mark up to an offset, at most ``STEP`` before it unless the listing ends.

        Args:
            session: in a transaction that sees one state.
            tenant_id: whose listing.
            offset: where the page begins.
        """
        head = self._news.head(session, tenant_id)
        with self._lock:
            known = self._up_to_date(session, tenant_id, head)
            while True:
                at = bisect_right(known.marks, offset, key=lambda mark: mark.position)
                mark = known.marks[at - 1] if at else None
                reached = mark.position if mark else 0
                if offset - reached <= STEP:
                    return mark
                further = self._further(session, tenant_id, mark)
                if further is None:
                    return mark
                known.marks.insert(at, further)

    def _up_to_date(self, session: Session, tenant_id: str, head: Head) -> _Known:
        known = self._known.pop(tenant_id, None)
        if known is None or not self._catch_up(session, tenant_id, known, head):
            known = _Known(head)
        self._known[tenant_id] = known
        if len(self._known) > _TENANTS_KEPT:
            self._known.popitem(last=False)
        return known

    def _catch_up(self, session: Session, tenant_id: str, known: _Known, head: Head) -> bool:
        """Move the marks by what the history says; False where it is another or went too far."""
        events = self._news.since(session, tenant_id, known.head, head)
        if events is None:
            return False
        for told in events:
            _take(known, *told)
        known.head = head
        return True

    def _further(self, session: Session, tenant_id: str, mark: Mark | None) -> Mark | None:
        values: Values = {"tenant_id": tenant_id}
        if mark is None:
            row = session.one(self._first_step, values)
        else:
            values = {**values, "mark_time": mark.created_at, "mark_id": mark.id}
            row = session.one(self._step, values)
        if row is None:
            return None
        created_at, entry_id = row
        if isinstance(created_at, str):
            created_at = datetime.fromisoformat(created_at)
        return Mark((mark.position if mark else 0) + STEP, created_at, entry_id)

    def _made(self, clause: Select[tuple[datetime, str]]) -> Statement:
        return self._news.statements.head.made(clause)


def _take(known: _Known, event: ChangeEvent, entry: ModelEntry | None) -> None:
    """Move the marks by one event."""
    if entry is not None:
        by = -1 if event.action is Action.DELETED else 1
        known.marks = [mark.moved(entry, by) for mark in known.marks]
