"""Threads of our own, so that neither the event loop nor the host's pool waits for a store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from threading import Lock
from typing import TypeVar

import attrs

_Answer = TypeVar("_Answer")


class Pool:
    """
    A bounded pool of threads that starts with its first job.

    So an app that is mounted, whose lifespan never runs, and one that is forked
    after it was made, work too.
    """

    def __init__(self, name: str, threads: int) -> None:
        self._name = name
        self._threads = threads
        self._executor: ThreadPoolExecutor | None = None
        self._lock = Lock()

    async def run(self, job: Callable[[], _Answer]) -> _Answer:
        """Run a job on a thread, in the caller's context, and wait without blocking the loop."""
        loop = asyncio.get_running_loop()
        with self._lock:
            if self._executor is None:
                self._executor = ThreadPoolExecutor(self._threads, f"model-registry-{self._name}")
            running = self._executor.submit(copy_context().run, job)
        return await asyncio.wrap_future(running, loop=loop)

    def close(self) -> None:
        """Let the threads end when their jobs do; a later job starts new ones."""
        with self._lock:
            executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=False)


class Places:
    """How many streams may be open at once; others wait their turn."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._loop: asyncio.AbstractEventLoop | None = None
        self._free = asyncio.Semaphore(places)

    def of_this_loop(self) -> asyncio.Semaphore:
        """Return the semaphore of the running loop: one cannot be waited for in two."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._free = loop, asyncio.Semaphore(self._places)
        return self._free


@attrs.frozen
class Workshop:
    """
    The threads on which operations run.

    Attributes:
        pool: for what is done in milliseconds.
        scans: for scans of the request log, so that they never keep reads waiting.
        exports: how many exports may be open at once, a thread each.
    """

    pool: Pool
    scans: Pool
    exports: Places

    @classmethod
    def of(cls, threads: int, scans: int) -> Workshop:
        """Return a workshop of so many threads; none starts before it is needed."""
        return cls(Pool("request", threads), Pool("scan", scans), Places(scans))

    def close(self) -> None:
        """Let the threads end."""
        self.pool.close()
        self.scans.close()
