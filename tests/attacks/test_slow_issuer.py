"""An issuer's server that answers without end: nobody waits for it longer than agreed."""

import asyncio
import socket
import threading
import time
from contextlib import contextmanager, suppress

import pytest

from model_registry.asgi import AuthenticationUnavailable
from model_registry.asgi.jwks import KeySet

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
DRIPS = {
    "body": (HEAD + b"\r\n", b" "),
    "long body": (HEAD + b"Content-Length: 900000\r\n\r\n", b" "),
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "headers": (HEAD + b"X: ", b"a"),
    "status": (b"HTTP/1.1 200 ", b"a"),
    "nothing": (b"", b""),
}


class Dripping:
    """A server that begins an answer and goes on with it, piece by piece, until told to stop."""

    def __init__(self, beginning, piece):
        self.beginning, self.piece = beginning, piece
        self.visits = 0
        self.over = threading.Event()

    def visited(self, times):
        """Tell whether so many have come, and no more; the last may be on its way."""
        due = time.monotonic() + 20
        while self.visits < times and time.monotonic() < due:
            time.sleep(0.01)
        return self.visits == times

    @contextmanager
    def running(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            accepting = threading.Thread(target=self._accept, args=(listener,), daemon=True)
            accepting.start()
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}/keys"
            finally:
                self.over.set()
                with suppress(OSError):
                    listener.shutdown(socket.SHUT_RDWR)
                accepting.join()

    def _accept(self, listener):
        with suppress(OSError):
            while True:
                stream, _ = listener.accept()
                self.visits += 1
                threading.Thread(target=self._drip, args=(stream,), daemon=True).start()

    def _drip(self, stream):
        with stream, suppress(OSError):
            stream.sendall(self.beginning)
            while not self.over.wait(0.05):
                stream.sendall(self.piece)


@pytest.mark.parametrize("kind", DRIPS)
def test_nobody_waits_for_an_answer_without_end(kind):
    server = Dripping(*DRIPS[kind])
    with server.running() as url:
        keys = KeySet(url, timeout=0.2, cooldown=1_000, lifetime=2_000)
        began = time.monotonic()
        for _ in range(3):
            with pytest.raises(AuthenticationUnavailable):
                asyncio.run(keys.key("k"))
        assert time.monotonic() - began < 15  # it is not endless; 0.4 s each on a free machine
        assert server.visited(1)


def test_a_fetch_that_never_ends_is_given_up_for_another():
    server = Dripping(*DRIPS["headers"])
    now = [1_000.0]
    with server.running() as url:
        keys = KeySet(url, timeout=0.1, clock=lambda: now[0])
        for seconds, visits in ((0, 1), (100, 1), (201, 2), (10, 2), (291, 3)):
            now[0] += seconds
            with pytest.raises(AuthenticationUnavailable):
                asyncio.run(keys.key("k"))
            assert server.visited(visits)


def test_a_set_without_end_is_not_kept():
    server = Dripping(HEAD + b'\r\n{"keys": [', b" " * 200_000)
    with server.running() as url:
        keys = KeySet(url, timeout=5)
        with pytest.raises(AuthenticationUnavailable):
            asyncio.run(keys.key("k"))
        assert keys._fetch.done(), "at a megabyte, long before its time is over"
