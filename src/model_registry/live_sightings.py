"""
Live observation: requests are counted in memory and written in batches, without a scan.

Whoever tells of a request takes no lock and never waits for the store. One thread
writes what was counted; while the store is down it keeps that, within a bound.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Event, Lock, RLock, Thread, local
from time import monotonic
from typing import Final
from weakref import WeakSet

from model_registry.domain.changes import ChangeEvent
from model_registry.domain.entry import IDENTITY, NAME, TENANT
from model_registry.domain.rules import Refused
from model_registry.errors import ValidationError
from model_registry.observing.observer import FlushFinished
from model_registry.observing.watch import outcome_named
from model_registry.thread_counts import Count, Counts, Key, Lost, Taken, Tally
from model_registry.unwritten import Flush, Unwritten
from model_registry.workings import Workings

_log: Final = logging.getLogger("model_registry.sightings")

_LONGEST_PAUSE: Final = 60.0
"""Seconds between two flushes that fail, at most."""

_PATIENCE: Final = 10.0
"""Seconds for which closing waits for a flush that is under way."""


class LiveSightings:
    """
    Takes note of requests as they are made; one for the process.

    Made by ``Registry.live_sightings``. It may be told from any thread and from an
    event loop, and after a fork, where a child begins with nothing counted. Its
    thread begins with the first request.

    Args:
        workings: of the registry.
        within: seconds between two flushes, and so what a crash loses at most. A
            flush that takes longer is followed by a pause as long.
        actor: who the history says registered the drafts.
        most_held: how many counts are held, one for each thread, tenant and model, and
            while the store is down as many that wait; what is more is dropped, and told.
        most_new: how many drafts a tenant gets within an hour, from this process.

    Raises:
        ValueError: a number makes no sense.
        ValidationError: the actor is blank, too long or not text.
    """

    _mine: _Mine
    _tally: Tally
    _unwritten: Unwritten
    _closing: Event
    _thread: Thread | None

    def __init__(
        self,
        workings: Workings,
        *,
        within: float = 2.0,
        actor: str = "live-observation",
        most_held: int = 10_000,
        most_new: int = 100,
    ) -> None:
        if not within > 0:
            raise ValueError("within must be more than nothing")
        if most_held < 1 or most_new < 1:
            raise ValueError("most_held and most_new must be 1 or more")
        try:
            IDENTITY.parse("actor", actor)
        except Refused as refused:
            raise ValidationError(refused.faults) from None
        self._workings = workings
        self._clock = workings.clock
        self._within = within
        self._actor = actor
        self._most_held = most_held
        self._most_new = most_new
        self._told_of_the_end = False
        self._troubled = False
        self._begin()
        _ALL.add(self)
        workings.followers.append(self)
        if _EXITING.is_set():
            self.close()

    def observe(
        self, tenant_id: str, model_id: str, at: datetime | None = None, requests: int = 1
    ) -> None:
        """
        Take note that a tenant used a model; never raises, and never waits.

        What cannot be counted is told by the next flush: ids that no inventory can
        have, a time without a zone. A blank model_id is no model, and is passed over.

        Args:
            tenant_id: who used it.
            model_id: which model, as it is to be registered.
            at: when, aware; now if it is not given, and never later than now.
            requests: how many times, 1 or more.
        """
        # Kept until the end: as long as it lives, its counts are not done with.
        counts = self._mine.counts
        try:
            counts[tenant_id, model_id].add(requests, at or self._clock())
        except TypeError:
            counts[Lost.UNUSABLE].add(1, self._clock())

    def flush(self) -> int:
        """
        Write what was counted until now, and wait for it; an error is told, not raised.

        Returns:
            How many requests could not be written and wait for the next flush.
        """
        with self._flushing:
            self._flush()
            return self._unwritten.requests

    def committed(self, tenant_id: str, events: Sequence[ChangeEvent]) -> None:
        """Hear of a commit, which means nothing here."""

    def close(self) -> None:
        """
        Write what was counted, and end; what is told later counts nothing. May be repeated.

        What the store does not take now is lost, and that is told.
        """
        with self._lock:
            if self._closing.is_set():
                return
            self._closing.set()
            if self in self._workings.followers:
                self._workings.followers.remove(self)
        if not self._flushing.acquire(timeout=_PATIENCE):
            _log.warning("Live sightings are lost: a flush does not come to its end")
            return
        try:
            self._mine = _Mine(self._missed, self._tally)
            self._flush()
            lost = self._unwritten.requests
        finally:
            self._flushing.release()
        if lost:
            _log.warning("Live sightings are lost at the end", extra={"requests": lost})

    def _missed(self, counts: Counts, key: Key) -> Count:
        """Return the count that a thread is to use for what it has no count of."""
        if isinstance(key, tuple):
            tenant_id, model_id = key
            if _is_blank(model_id):
                return Count(key, counts)
            if not (TENANT.accepts(tenant_id) and NAME.accepts(model_id)):
                return counts[Lost.UNUSABLE]
        if self._closing.is_set():
            self._told_late(key)
            return Count(key, counts)
        if counts.turn != self._tally.turn:
            # So a thread gives up, now and then, the places that it does not need any more.
            self._mine.counts = Counts(self._missed, self._tally.turn)
        if self._tally.is_full and isinstance(key, tuple):
            return counts[Lost.DROPPED]
        if self._thread is None:
            self._start()
        return self._tally.new(key, counts)

    def _told_late(self, key: Key) -> None:
        """Write what is told while the process ends, by what ends after this; else tell of it."""
        if not _EXITING.is_set():
            if not self._told_of_the_end:
                self._told_of_the_end = True
                _log.warning("Live sightings have ended: what is told now is not counted")
        # Not for ever: whoever holds it may be what is interrupted here.
        elif self._flushing.acquire(timeout=_PATIENCE / 10):
            try:
                now = self._clock()
                self._unwritten.keep([Taken(key, 1, now, now)], now, flush := Flush())
                self._unwritten.write(flush)
            finally:
                self._flushing.release()

    def _flush(self) -> Flush:
        """Take what all threads counted, and write it with what waits from before."""
        began = monotonic()
        flush = Flush()
        self._unwritten.keep(self._tally.take(), self._clock(), flush)
        self._unwritten.write(flush)
        self._tally.kept = self._unwritten.models
        if flush.tenants or flush.dropped or flush.unusable:
            self._tell(flush, monotonic() - began)
        return flush

    def _tell(self, flush: Flush, seconds: float) -> None:
        event = FlushFinished(
            tenants=flush.tenants,
            failed=flush.failed,
            requests=flush.requests,
            dropped=flush.dropped,
            unusable=flush.unusable,
            postponed=flush.postponed,
            seconds=seconds,
            outcome=outcome_named(flush.error),
        )
        self._workings.watch.flushed(event, news=event.is_troubled is not self._troubled)
        self._troubled = event.is_troubled

    def _work(self) -> None:
        """Flush again and again; where nothing can be written, after ever longer pauses."""
        pause = self._within
        while not self._closing.wait(pause):
            began = monotonic()
            with self._flushing:
                flush = self._flush()
            took = monotonic() - began
            if flush.failed and not flush.requests:
                pause = min(pause * 2, max(_LONGEST_PAUSE, self._within))
            else:
                pause = max(self._within, took)

    def _begin(self) -> None:
        """Hold nothing yet; after a fork nothing again: what was counted is the parent's."""
        self._lock = RLock()
        self._flushing = Lock()
        self._closing = Event()
        self._thread = None
        self._tally = Tally(self._most_held)
        self._unwritten = Unwritten(self._workings, self._actor, self._most_new)
        self._mine = _Mine(self._missed, self._tally)

    def _start(self) -> None:
        with self._lock:
            if self._thread is not None or self._closing.is_set():
                return
            # Known before it runs: collecting garbage may come back here, on this thread.
            self._thread = Thread(target=self._work, name="model-registry-sightings", daemon=True)
            try:
                self._thread.start()
            except RuntimeError:  # no thread is to be had now: the next miss tries again
                self._thread = None
            if os.getpid() != _PARENT:
                _end_with_this_process()


def _is_blank(model_id: object) -> bool:
    return not model_id or (isinstance(model_id, str) and model_id.isspace())


class _Mine(local):
    """What the present thread counts with."""

    def __init__(self, missed: Callable[[Counts, Key], Count], tally: Tally) -> None:
        self.counts = Counts(missed, tally.turn)


_ALL: Final[WeakSet[LiveSightings]] = WeakSet()
_PARENT: Final = os.getpid()
_EXITING: Final = Event()


def _end() -> None:
    _EXITING.set()
    for sightings in tuple(_ALL):
        sightings.close()


def _end_with_this_process() -> None:
    """Have all written at the end of a child, whatever its making left of what was agreed."""
    atexit.unregister(_end)
    atexit.register(_end)
    # The children of multiprocessing end with what it knows of, and nothing else.
    if (processes := sys.modules.get("multiprocessing.util")) is not None:
        processes.Finalize(None, _end, exitpriority=0)


def _begin_anew() -> None:
    for sightings in tuple(_ALL):
        if not sightings._closing.is_set():
            sightings._begin()


# As early as can be, so that as little as can be ends after it.
atexit.register(_end)

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
