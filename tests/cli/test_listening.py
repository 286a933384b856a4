"""The socket that ``serve`` listens on."""

from __future__ import annotations

import socket

import pytest

from model_registry.cli.listening import listen


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_it_is_tcp_so_that_asyncio_sends_answers_at_once(host: str) -> None:
    # asyncio leaves Nagle's delay on for a socket whose protocol is not TCP: then
    # every answer on a connection that is kept open waits for an acknowledgement.
    with (
        listen(host, 0) as listener,
        socket.create_connection(listener.getsockname()[:2]),
        listener.accept()[0] as accepted,
    ):
        assert listener.proto == socket.IPPROTO_TCP
        assert accepted.proto == socket.IPPROTO_TCP


def test_a_server_that_starts_again_gets_its_port_back() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(OSError, match="already in use") as refused:
            listen("127.0.0.1", port)
        assert refused.value.filename == f"127.0.0.1:{port}"
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = first.accept()
        accepted.close()  # the server's side ends first, and its address lingers
        client.close()
    listen("127.0.0.1", port).close()
