"""uvicorn as ``serve`` runs it, in one process or several."""

from __future__ import annotations

import signal
import socket

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess


def run(config: uvicorn.Config, listener: socket.socket) -> int:
    """Serve until a signal says to stop, and return the exit code."""
    if config.workers > 1:
        supervisor = Processes(config, sockets=[listener])
        supervisor.run()
        ends = [process.exitcode for process in supervisor.processes]
        return int(STARTUP_FAILURE in ends)
    # uvicorn finishes what is in flight and then raises the signal once more,
    # which would end this process as if it had been killed.
    signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    uvicorn.Server(config).run(sockets=[listener])
    return 0


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
