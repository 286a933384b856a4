"""uvicorn as ``serve`` runs it, in one process or several."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess


def prepared(config: uvicorn.Config, listener: socket.socket) -> Callable[[], int]:
    """
    Return what serves until a signal says to stop, and returns the exit code.

    From now on a signal is not lost, although nothing is served yet.
    """
    if config.workers > 1:
        supervisor = Processes(config, sockets=[listener])

        def run_all() -> int:
            supervisor.run()
            return int(STARTUP_FAILURE in [p.exitcode for p in supervisor.processes])

        return run_all

    server = uvicorn.Server(config)

    def stop(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    # uvicorn takes the signal over while it serves. When it has finished what was in
    # flight, it raises it once more, which would end this process as if killed.
    signal.signal(signal.SIGTERM, stop)

    def run_one() -> int:
        server.run(sockets=[listener])
        return 0

    return run_one


class Processes(Multiprocess):
    """The processes that serve, and the one that watches over them."""

    def terminate_all(self) -> None:
        """
        Tell every process to stop.

        The listening socket is given up here too, or else the system would go on to
        take connections that no process accepts, and their clients would wait.
        """
        for listener in self.sockets:
            listener.close()
        super().terminate_all()
