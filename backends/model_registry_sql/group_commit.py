"""Writes that wait for each other anyway, committed together: one wait for the disk for all."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from threading import Lock
from typing import Any, Final, TypeVar

from model_registry.errors import OutcomeUnknown, StoreError
from model_registry_sql.sessions import DriverSession, Session

_Answer = TypeVar("_Answer")

_SECONDS_TO_WAIT: Final = 30.0
_MOST_AT_ONCE: Final = 64
_BROKEN_OFF: Final = (
    "The writing of several commits was broken off, and it is not known whether they were written"
)


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
        self._waiting: deque[_Waiting] = deque()

    def write(self, job: Callable[[Session], _Answer]) -> _Answer:
        """
        Do a job in a transaction, and return its answer when it is committed.

        Raises:
            OutcomeUnknown: the thread that wrote it was interrupted.
            StoreError: others have been writing for too long.
        """
        own = _Waiting(job)
        self._waiting.append(own)
        self._take_turn(own)
        try:
            while not own.done:
                self._write_group()
        finally:
            self._turn.release()
        if own.error is not None:
            raise own.error
        answer: _Answer = own.answer
        return answer

    def _take_turn(self, own: _Waiting) -> None:
        try:
            taken = self._turn.acquire(timeout=_SECONDS_TO_WAIT)
        except BaseException:  # nobody waits for the job any more, so nobody is to do it
            self._withdrawn(own)
            raise
        if taken:
            return
        if self._withdrawn(own):
            raise StoreError("Other threads have been writing to the store for too long")
        self._turn.acquire()  # somebody is writing the job at this moment

    def _withdrawn(self, own: _Waiting) -> bool:
        """Take a job back, unless somebody has begun to write it."""
        try:
            self._waiting.remove(own)
        except ValueError:
            return False
        return True

    def _write_group(self) -> None:
        group: list[_Waiting] = []
        try:
            with suppress(IndexError):
                while len(group) < _MOST_AT_ONCE:
                    group.append(self._waiting.popleft())
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
                each.error = OutcomeUnknown(_BROKEN_OFF)
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
