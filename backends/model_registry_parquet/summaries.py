"""What is kept of log files: the versions that were read, in tables of a SQLite file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter
from typing import Any, Final

import attrs

from model_registry_parquet.shares import NONE, Broken, Part, Share
from model_registry_parquet.stamps import Stamp

_FILES: Final = """
SELECT path, folders, id, size, modified, changed, inode, settled, fit FROM files
WHERE log = ? AND draft = 0
"""
_PARTS: Final = """
SELECT parts.file, parts.number, parts.last, parts.row_count, parts.broken, parts.examples, parts.ending,
    parts.seal, shares.first, shares.last, shares.broken, shares.examples, shares.totals,
    CASE WHEN (shares.first < :first OR shares.last > :last)
        AND shares.last >= :first AND shares.first <= :last THEN shares.requests ELSE x'' END
FROM files CROSS JOIN parts ON parts.file = files.id
LEFT JOIN shares ON shares.part = parts.id AND shares.tenant = :tenant
WHERE files.log = :log AND files.draft = 0
"""

Name = tuple[str, str]
"""Of a file: its path, and what its folders say."""


@attrs.frozen
class Kept:
    """
    What is kept of a file.

    Attributes:
        file: its number, another one for each version.
        stamp: of the version that was read.
        settled: whether the stamp tells this version from every other.
        fit: whether the file is fit to be summed up.
        parts: the parts, with the share of the tenant that was asked for.
    """

    file: int
    stamp: Stamp
    settled: bool
    fit: bool
    parts: tuple[Part, ...] = ()


class Summaries:
    """
    An open file of summaries.

    Args:
        connection: to it.
        log: which log and form of row the summaries are of.
    """

    def __init__(self, connection: sqlite3.Connection, log: str) -> None:
        self._connection = connection
        self._log = log

    def of(self, tenant: str, first: int, last: int) -> dict[Name, Kept]:
        """
        Return what is kept of each file of the log, all of one moment.

        Args:
            tenant: whose shares.
            first: the requests of shares that lie only partly between this time,
                in microseconds since 1970,
            last: and this one, are returned too.
        """
        asked = {"log": self._log, "tenant": tenant, "first": first, "last": last}
        parts: dict[int, list[Part]] = {}
        with self.transaction("BEGIN"):
            files = self._connection.execute(_FILES, (self._log,)).fetchall()
            rows = self._connection.execute(_PARTS, asked).fetchall()
        for row in sorted(rows, key=itemgetter(0, 1)):  # SQLite would copy each to sort them
            parts.setdefault(row[0], []).append(_part(tenant, row))
        return {
            (path, folders): Kept(
                file,
                Stamp(size, modified, changed, int(inode)),
                bool(settled),
                bool(fit),
                tuple(parts.get(file, ())),
            )
            for path, folders, file, size, modified, changed, inode, settled, fit in files
        }

    def drafted(self, name: Name, now: int) -> int:
        """Make a version that nobody sees before it is published, and return its number."""
        return self._insert(
            "files",
            log=self._log,
            path=name[0],
            folders=name[1],
            size=0,
            modified=0,
            changed=0,
            inode="",
            settled=0,
            fit=0,
            draft=now,
        )

    def publish(self, name: Name, draft: int, old: Kept | None, parts_kept: int, new: Kept) -> None:
        """
        Put a version in the place of the one before.

        If that is not there any more, another process was faster, and the
        version is dropped.
        """
        execute = self._connection.execute
        where = "SELECT id FROM files WHERE log = ? AND path = ? AND folders = ? AND draft = 0"
        found = execute(where, (self._log, *name)).fetchone()
        if found != (None if old is None else (old.file,)):
            execute("DELETE FROM files WHERE id = ?", (draft,))
            return
        if old is not None:
            moved = "UPDATE parts SET file = ? WHERE file = ? AND number < ?"
            execute(moved, (draft, old.file, parts_kept))
            execute("DELETE FROM files WHERE id = ?", (old.file,))
        stamp = new.stamp
        execute(
            "UPDATE files SET size = ?, modified = ?, changed = ?, inode = ?, settled = ?,"
            " fit = ?, draft = 0 WHERE id = ?",
            (
                stamp.size,
                stamp.modified,
                stamp.changed,
                str(stamp.inode),
                new.settled,
                new.fit,
                draft,
            ),
        )

    def insert(self, file: int, number: int, part: Part) -> None:
        """Write a part of a version."""
        row = self._insert(
            "parts",
            file=file,
            number=number,
            last=part.last,
            row_count=part.rows,
            broken=part.broken.rows,
            examples=json.dumps(part.broken.examples),
            ending=part.end,
            seal=part.seal,
        )
        for tenant, share in part.shares.items():
            self._insert(
                "shares",
                part=row,
                tenant=tenant,
                first=share.first,
                last=share.last,
                broken=share.broken.rows,
                examples=json.dumps(share.broken.examples),
                totals=share.totals,
                requests=share.requests,
            )

    def forget(self, files: Iterable[Kept], before: int) -> None:
        """Drop what is kept of files that are gone, and drafts begun before a time."""
        with self.transaction("BEGIN IMMEDIATE"):
            self._connection.executemany(
                "DELETE FROM files WHERE id = ?", [(kept.file,) for kept in files]
            )
            drafts = "DELETE FROM files WHERE draft > 0 AND draft < ?"
            self._connection.execute(drafts, (before,))

    def drop(self, file: int) -> None:
        """Drop a version."""
        with self.transaction("BEGIN IMMEDIATE"):
            self._connection.execute("DELETE FROM files WHERE id = ?", (file,))

    def _insert(self, table: str, **row: object) -> int:
        statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"  # noqa: S608  # names of our own
        return self._connection.execute(statement, tuple(row.values())).lastrowid or 0

    @contextmanager
    def transaction(self, begin: str) -> Iterator[None]:
        """Do several things at once, or none of them."""
        self._connection.execute(begin)
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")


def _part(tenant: str, row: Sequence[Any]) -> Part:
    (
        _,
        _,
        last,
        rows,
        broken,
        examples,
        end,
        seal,
        first_at,
        last_at,
        own,
        own_examples,
        totals,
        at,
    ) = row
    shares = {}
    if first_at is not None:
        shares[tenant] = Share(first_at, last_at, _broken(own, own_examples), totals, at)
    return Part(last, rows, _broken(broken, examples), shares, end, seal)


def _broken(rows: int, examples: str) -> Broken:
    if not rows:
        return NONE
    return Broken(rows, tuple((number, reason) for number, reason in json.loads(examples)))
