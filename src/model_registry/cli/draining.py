"""How a process of ``serve`` ends: it says so first, and never waits for a store that hangs."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from types import FrameType
from typing import Final

from starlette.types import Message, Send

_log: Final = logging.getLogger("model_registry.server")

_LAST_SECONDS: Final = 5.0
"""How long the threads may take to end when all answers are sent or given up."""


class Draining:
    """
    Whether this process is about to end.

    From SIGTERM on ``/readyz`` says so, and each answer closes its connection;
    after the notice, connections are no longer accepted, and uvicorn finishes
    what is in flight. Inside another program, in a thread that is not its main
    one, nothing is done: the signals and the process are that program's.

    Attributes:
        notice: seconds for which everything is still served, so that whoever
            balances the load can look at ``/readyz`` and send its requests elsewhere.
        begun: whether SIGTERM has arrived.
    """

    def __init__(self, notice: float = 0.0) -> None:
        self.notice = notice
        self.begun = False
        self._alone = threading.current_thread() is threading.main_thread()

    def watch(self) -> None:
        """Watch for SIGTERM before uvicorn does; called on the running event loop."""
        if not self._alone:
            return
        stop = signal.getsignal(signal.SIGTERM)
        loop = asyncio.get_running_loop()

        def begin(number: int, frame: FrameType | None) -> None:
            self.begun = True
            loop.call_soon_threadsafe(self._announce)  # a signal's handler must not log
            if not callable(stop):
                return
            if self.notice > 0:
                loop.call_soon_threadsafe(loop.call_later, self.notice, stop, number, None)
            else:
                stop(number, frame)

        signal.signal(signal.SIGTERM, begin)

    def closing(self, send: Send) -> Send:
        """Return a ``send`` whose answer closes its connection, so that clients move on."""

        async def last(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message["headers"], (b"connection", b"close")]
                message = {**message, "headers": headers}
            await send(message)

        return last

    def end_soon(self) -> None:
        """End the process in any case, even if a thread still waits for a store that hangs."""
        if not self._alone:
            return
        code = 0 if self.begun else 128 + signal.SIGINT
        timer = threading.Timer(_LAST_SECONDS, os._exit, (code,))
        timer.daemon = True
        timer.start()

    def _announce(self) -> None:
        _log.info("The server is draining", extra={"pid": os.getpid(), "notice": self.notice})
