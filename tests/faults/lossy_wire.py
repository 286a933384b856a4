"""A wire to PostgreSQL that can break just before or just after a COMMIT."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path
from threading import Thread

_NAME = ".s.PGSQL.5432"
_COMMIT = b"COMMIT\0"  # the isolation level ends in COMMITTED


class LossyWire:
    """
    Forwards connections between two sockets of PostgreSQL's kind.

    Attributes:
        breaks: where the connection that commits next is cut, once: ``before`` the
            server gets the COMMIT, or ``after`` it has answered, with the answer lost.
        then_gone: whether nobody is connected any more once it is cut.
    """

    def __init__(self, server: Path, folder: Path) -> None:
        self.breaks: str | None = None
        self.then_gone = False
        self._gone = False
        self._server = str(server / _NAME)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / _NAME))
        self._listener.listen()
        Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self._gone:
                    client.close()
                    continue
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                for pipe in (self._ask, self._answer):
                    Thread(target=pipe, args=(client, server), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65_536):
                if self.breaks == "before" and _COMMIT in data:
                    self._cut(client, server)
                    return
                server.sendall(data)
            server.shutdown(socket.SHUT_RDWR)

    def _answer(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65_536):
                if self.breaks == "after" and _COMMIT in data:  # the answer names the command
                    self._cut(client, server)
                    return
                client.sendall(data)
            client.shutdown(socket.SHUT_RDWR)

    def _cut(self, *ends: socket.socket) -> None:
        self.breaks, self._gone = None, self.then_gone
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
