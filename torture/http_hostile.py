"""What hostile clients do to a server; each attack opens a connection and gives up on it."""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

MODELS = "/api/admin/models"
EXPORT = "/api/admin/model-inventory-export"


class Attacker:
    """
    One hostile client, who even holds good credentials of a tenant of its own.

    Args:
        url: of the server.
        credentials: the value of a good ``Authorization`` header.
        seed: decides what it does.
    """

    def __init__(self, url: str, credentials: str, seed: int) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname, parts.port)
        self._credentials = credentials
        self._chance = random.Random(seed)
        self._attacks: tuple[Callable[[socket.socket], None], ...] = (
            self._noise,
            self._endless_head,
            self._endless_body,
            self._half_a_body,
            self._two_lengths,
            self._odd_target,
            self._forged,
            self._nested,
            self._leaves_an_export,
            self._says_nothing,
            self._a_byte_at_a_time,
        )

    def attack(self) -> None:
        """Do one thing that no honest client does; whatever comes of it is not its concern."""
        with suppress(OSError), socket.create_connection(self._address, timeout=5) as stream:
            self._chance.choice(self._attacks)(stream)

    def _head(
        self, method: str, target: str, *headers: str, credentials: str | None = None
    ) -> bytes:
        shown = self._credentials if credentials is None else credentials
        lines = [f"{method} {target} HTTP/1.1", "Host: x", f"Authorization: {shown}", *headers]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _noise(self, stream: socket.socket) -> None:
        stream.sendall(self._chance.randbytes(self._chance.randrange(1, 5_000)))
        stream.recv(1_000)

    def _endless_head(self, stream: socket.socket) -> None:
        stream.sendall(b"GET /api/admin/models HTTP/1.1\r\nX: ")
        for _ in range(200):
            stream.sendall(b"a" * 65_536)

    def _endless_body(self, stream: socket.socket) -> None:
        stream.sendall(self._head("POST", MODELS, "Transfer-Encoding: chunked"))
        for _ in range(200):
            stream.sendall(b"10000\r\n" + b" " * 65_536 + b"\r\n")

    def _half_a_body(self, stream: socket.socket) -> None:
        body = json.dumps({"model_id": "half", "provider": "x", "risk_tier": "tier_1"}).encode()
        head = self._head("POST", MODELS, f"Content-Length: {len(body)}")
        stream.sendall(head + body[: self._chance.randrange(len(body))])

    def _two_lengths(self, stream: socket.socket) -> None:
        pairs = (
            ("Content-Length: 4", "Content-Length: 5"),
            ("Content-Length: 4", "Transfer-Encoding: chunked"),
        )
        smuggled = self._head("DELETE", f"{MODELS}/x")
        stream.sendall(
            self._head("POST", MODELS, *self._chance.choice(pairs)) + b"0\r\n\r\n" + smuggled
        )
        stream.recv(10_000)

    def _odd_target(self, stream: socket.socket) -> None:
        odd = (
            "//",
            "/%00",
            "/%ff",
            "/" + "a/" * 9_000,
            "http://evil/x",
            "*",
            f"{MODELS}/..%2f..",
            "/%2e%2e/",
        )
        stream.sendall(
            self._head(self._chance.choice(("GET", "PUT", "DELETE")), self._chance.choice(odd))
        )
        stream.recv(10_000)

    def _forged(self, stream: socket.socket) -> None:
        head, payload, _ = self._credentials.split(".")
        stream.sendall(self._head("GET", MODELS, credentials=f"{head}.{payload}.AAAA"))
        stream.recv(10_000)

    def _nested(self, stream: socket.socket) -> None:
        body = b"[" * 100_000
        stream.sendall(self._head("POST", MODELS, f"Content-Length: {len(body)}") + body)
        stream.recv(10_000)

    def _leaves_an_export(self, stream: socket.socket) -> None:
        stream.sendall(self._head("GET", f"{EXPORT}?format=json"))
        stream.recv(self._chance.randrange(1, 100))

    def _says_nothing(self, stream: socket.socket) -> None:
        stream.settimeout(0.5)
        stream.recv(1)

    def _a_byte_at_a_time(self, stream: socket.socket) -> None:
        stream.settimeout(0.02)
        for byte in self._head("GET", MODELS)[:25]:
            stream.sendall(bytes([byte]))
            with suppress(TimeoutError):
                stream.recv(1)
