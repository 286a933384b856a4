"""The socket that the command ``serve`` listens on."""

from __future__ import annotations

import os
import socket


def listen(host: str, port: int) -> socket.socket:
    """
    Return a TCP socket that listens at an address; one with a colon is IPv6.

    Raises:
        OSError: it cannot; ``filename`` holds the address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # socket.create_server leaves the protocol open, and for such a socket asyncio
    # does not switch Nagle's delay off: answers would wait for acknowledgements.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name != "nt":  # there it would let another process share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        why = error.strerror or str(error)
        raise OSError(error.errno, why, f"{host}:{port}") from error
    return listener
