"""Instants: aware UTC times with microseconds, and how they are written."""

from __future__ import annotations

from datetime import UTC, datetime


def write_instant(at: datetime) -> str:
    """
    Write an aware time as RFC 3339 in UTC, as the contract does.

    ``2026-03-13T00:00:00Z``; microseconds appear only where they are not zero.
    """
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    return at.replace(tzinfo=None).isoformat() + "Z"


def read_instant(text: str) -> datetime:
    """
    Read an ISO 8601 time; one without a zone is refused.

    Raises:
        ValueError: not a time, without a zone, or outside the years 1 to 9999 in UTC.
    """
    at = datetime.fromisoformat(text)
    return as_utc(at)


def as_utc(at: datetime) -> datetime:
    """
    Return the same instant in UTC.

    Raises:
        ValueError: the time has no zone, or cannot be written in UTC.
    """
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time outside the years 1 to 9999") from error
