"""Answers that are made while they are sent: bounded memory, and freed when the client hangs up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import attrs
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from model_registry.asgi.answers import Header

PATIENCE: Final = 90.0
"""Seconds in which a client must take a chunk; until then it holds one of few places."""

_END: Final = b""


@attrs.frozen
class Download:
    """
    An answer whose body is not made yet, as an ASGI app that makes and sends it.

    Attributes:
        headers: in lower case; the length is not known.
        chunks: makes the body; nothing is read from the store before the first.
    """

    headers: tuple[Header, ...]
    chunks: Iterator[bytes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """
        Send it; what fails before the first chunk fails before anything is sent.

        Raises:
            TimeoutError: the client has stopped reading.
        """

        async def patiently(message: Message) -> None:
            async with asyncio.timeout(PATIENCE):
                await send(message)

        stream = Stream(self.chunks)
        try:
            await stream.open()
            response = Response() if scope["method"] == "HEAD" else StreamingResponse(stream)
            response.raw_headers = list(self.headers)
            await response(scope, receive, patiently)
        finally:
            stream.free()


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
