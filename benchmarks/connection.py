"""One connection that is kept alive, with as little between us and the server as can be."""

import socket
import time
from collections.abc import Sequence
from typing import Final

import attrs

from benchmarks.figures import Figure, of_spans
from benchmarks.machine import cpu_seconds, forget_peak, peak_mib
from benchmarks.requests import Request, fresh_number, token
from benchmarks.serving import HOST, Served

_LAST_CHUNK: Final = b"\r\n0\r\n\r\n"
_RECEIVED: Final = 1 << 20


class Connection:
    """One connection that is kept alive: a request, its answer, and then the next."""

    def __init__(self, server: Served) -> None:
        self._server = server
        self._socket = socket.create_connection((HOST, server.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._authorization = f"Bearer {token()}"

    def close(self) -> None:
        self._socket.close()

    def ask(self, request: Request) -> bytes:
        """Send a request and return the whole answer, head and body as they came."""
        self._socket.sendall(self._written(request))
        return self._answer()

    def timed(self, requests: Sequence[Request], seconds: float, before: Request | None) -> Figure:
        """Time one request after another; ``before`` is asked before each, and not timed."""
        spans: list[float] = []
        written = [self._written(request) for request in requests]
        forget_peak(self._server.pid)
        cpu = cpu_seconds(self._server.pid)
        ending = time.perf_counter() + seconds
        while time.perf_counter() < ending or not spans:
            if before is not None:
                self.ask(before.numbered(fresh_number()))
            message = written[len(spans) % len(written)]
            started = time.perf_counter()
            self._socket.sendall(message)
            self._answer()
            spans.append(time.perf_counter() - started)
        figure = of_spans(spans, peak_mib=peak_mib(self._server.pid))
        if before is None:
            spent = cpu_seconds(self._server.pid) - cpu
            figure = attrs.evolve(figure, cpu_ms=spent / len(spans) * 1000)
        return figure

    def _written(self, request: Request) -> bytes:
        body = request.body.encode()
        lines = [
            f"{request.method} {request.path} HTTP/1.1",
            f"Host: {HOST}",
            f"Authorization: {self._authorization}",
            *(f"{name}: {value}" for name, value in request.headers),
            *([f"Content-Length: {len(body)}", "Content-Type: application/json"] if body else []),
        ]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def _answer(self) -> bytes:
        received = bytearray()
        while (end := received.find(b"\r\n\r\n")) < 0:
            self._receive(received)
        head = bytes(received[:end]).lower()
        if not head.startswith((b"http/1.1 2", b"http/1.1 304")):
            raise SystemExit(f"{self._server.url} answered {bytes(received)!r}")
        if b"\r\ntransfer-encoding: chunked" in head:
            while not received.endswith(_LAST_CHUNK):
                self._receive(received)
        else:
            _, stated, rest = head.partition(b"\r\ncontent-length:")
            length = int(rest.partition(b"\r\n")[0]) if stated else 0
            while len(received) < end + 4 + length:
                self._receive(received)
        return bytes(received)

    def _receive(self, into: bytearray) -> None:
        data = self._socket.recv(_RECEIVED)
        if not data:
            raise SystemExit(f"{self._server.url} hung up")
        into += data
