"""Requests as bytes, which no HTTP client would send."""

import socket
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

from http_service import token

AUTHORIZATION = f"Authorization: Bearer {token(exp=int(time.time()) + 86_400)}\r\n".encode()


@contextmanager
def opened(server):
    parts = urlsplit(server.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as stream:
        yield stream


def request(method, target, *headers, authorized=True, host=b"Host: x\r\n"):
    line = b" ".join([method.encode(), target if isinstance(target, bytes) else target.encode()])
    shown = AUTHORIZATION if authorized else b""
    return b"".join([line, b" HTTP/1.1\r\n", host, shown, *headers, b"\r\n"])


def answered(server, raw):
    """Send bytes and return all that comes back, until the server closes the connection."""
    with opened(server) as stream:
        stream.sendall(raw)
        return stream.makefile("rb").read()
