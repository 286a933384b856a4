"""Writes that wait for each other anyway, committed together: one wait for the disk for all."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Lock
from typing import Any, Final, TypeVar

from model_registry.errors import StoreError
from model_registry_sql.sessions import DriverSession, Session

_Answer = TypeVar("_Answer")

_SECONDS_TO_WAIT: Final = 30.0
_MOST_AT_ONCE: Final = 64


class _Waiting:
    """A job that waits to be written, and what became of it."""

    def __init__(self, job: Callable[[Session], Any]) -> None:
        self.job = job
        self.done = False
        self.answer: Any = None
        self.error: BaseException | None = None


class GroupCommit:
    """
    Takes jobs from many threads; whoever's turn it is writes those of all that wait.

    Each job is all or nothing by itself. Nobody is answered before the whole
    group is on disk; where that fails, everybody is told so.

    Args:
        writing: gives a session whose work is committed at the end.
    """

    def __init__(self, writing: Callable[[], AbstractContextManager[DriverSession]]) -> None:
        self._writing = writing
        self._turn = Lock()
        self._waiting: list[_Waiting] = []

    def write(self, job: Callable[[Session], _Answer]) -> _Answer:
        """
        Do a job in a transaction, and return its answer when it is committed.

        Raises:
            StoreError: others have been writing for too long.
        """
        own = _Waiting(job)
        self._waiting.append(own)
        if not self._turn.acquire(timeout=_SECONDS_TO_WAIT):
            self._wait_no_longer(own)
        try:
            while not own.done:
                self._write_group()
        finally:
            self._turn.release()
        if own.error is not None:
            raise own.error
        answer: _Answer = own.answer
        return answer

    def _wait_no_longer(self, own: _Waiting) -> None:
        """Give up, unless somebody is writing the job at this moment: then take the turn after."""
        try:
            self._waiting.remove(own)
        except ValueError:
            self._turn.acquire()
        else:
            raise StoreError("Other threads have been writing to the store for too long")

    def _write_group(self) -> None:
        group = self._waiting[:_MOST_AT_ONCE]
        del self._waiting[: len(group)]
        try:
            with self._writing() as session:
                if len(group) == 1:
                    group[0].answer = group[0].job(session)
                else:
                    for each in group:
                        self._write_one(session, each)
        except Exception as error:
            for each in group:
                each.error = each.error or error
        except BaseException:
            for each in group:
                each.error = StoreError("The writing of a group of commits was broken off")
            raise
        finally:
            for each in group:
                each.done = True

    def _write_one(self, session: DriverSession, each: _Waiting) -> None:
        session.command("SAVEPOINT one")
        try:
            each.answer = each.job(session)
        except Exception as error:
            if not session.in_transaction:  # what broke it has undone the whole group
                raise
            session.command("ROLLBACK TO one")
            each.error = error
        session.command("RELEASE one")
