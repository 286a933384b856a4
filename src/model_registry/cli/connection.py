"""What ``serve`` adds to uvicorn: nobody holds more of the server than a request needs."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST_HEAD: Final = 64 * 1024
"""Bytes of a request beside its body: request line, headers, framing and trailers."""

PATIENCE: Final = 60.0
"""Seconds in which a request must arrive whole, and a client must take what it is sent."""

_FRAMING: Final = 16  # what a chunk brings along, which is not held against a client
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Connection(HttpToolsProtocol):
    """
    A connection with bounds: httptools keeps a head and trailers of any length, forever.

    A head that is too long is answered with 431 (RFC 6585); who is too slow is cut off.
    """

    patience: float = PATIENCE

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for the first request."""
        self._beside_body = 0
        self._arriving: asyncio.TimerHandle | None = None
        self._leaving: asyncio.TimerHandle | None = None
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn narrows it
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        for timer in (self._arriving, self._leaving):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has come, as long as it is not too much."""
        self._beside_body += len(data)
        super().data_received(data)
        if self._beside_body > LONGEST_HEAD and not self.transport.is_closing():
            if not self._answering():
                self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        """Begin to wait for the rest of a request."""
        super().on_message_begin()
        self._await_request()

    def on_body(self, body: bytes) -> None:
        """Count the body apart: its length is the application's business."""
        self._beside_body = max(0, self._beside_body - len(body) - _FRAMING)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Have the request whole, and give the next its own allowance."""
        self._beside_body = 0
        if self._arriving is not None:
            self._arriving.cancel()
        super().on_message_complete()

    def pause_writing(self) -> None:
        """Wait, for some time, until the client has taken what it was sent."""
        super().pause_writing()
        if self._leaving is None:
            self._leaving = self.loop.call_later(self.patience, self.transport.abort)

    def resume_writing(self) -> None:
        """Send on."""
        super().resume_writing()
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None

    def _await_request(self) -> None:
        if self._arriving is not None:
            self._arriving.cancel()
        self._arriving = self.loop.call_later(self.patience, self._too_slow)

    def _too_slow(self) -> None:
        if self.pipeline or (self._answering() and not self.cycle.more_body):
            self._await_request()  # it waits for us, and not we for it
        else:
            self.transport.close()

    def _answering(self) -> bool:
        cycle: Any = self.cycle  # None before the first request, whatever uvicorn declares
        return cycle is not None and not cycle.response_complete
