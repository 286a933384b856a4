"""Threads of our own, so that neither the event loop nor the host's pool waits for a store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from threading import Lock
from typing import Final, TypeVar

_Answer = TypeVar("_Answer")

_END: Final = b""


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


class Stream(AsyncIterator[bytes]):
    """
    An iterator of bytes that one thread of its own opens, reads and frees.

    One thread, because what a store holds open for a scan may belong to the
    thread that opened it.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._thread = ThreadPoolExecutor(1, "model-registry-export")
        self._first: bytes | None = None

    async def open(self) -> None:
        """Read the first chunk, so that what fails at the start fails before the answer."""
        self._first = await self._next()

    async def __anext__(self) -> bytes:
        chunk = self._first if self._first is not None else await self._next()
        self._first = None
        if chunk is _END:
            raise StopAsyncIteration
        return chunk

    def free(self) -> None:
        """Close the iterator as soon as its thread is done with the chunk at hand."""
        close = getattr(self._chunks, "close", None)
        if close is not None:
            self._thread.submit(close)
        self._thread.shutdown(wait=False)

    async def _next(self) -> bytes:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, next, self._chunks, _END)


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
