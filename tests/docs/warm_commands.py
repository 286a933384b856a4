"""
The command line without its start-up: one process imports it all, and forks for each command.

What runs in the fork is ``main`` as it is, with the caller's words, folder, environment and
streams. ``serve`` is started for real: it has processes and signals of its own.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

_CALL = """\
import json, os, socket, sys
said = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
with socket.socket(socket.AF_UNIX) as call:
    call.connect({place!r})
    socket.send_fds(call, [len(said).to_bytes(8, "big")], [0, 1, 2])
    call.sendall(said)
    sys.exit(call.recv(1)[0])
"""


@contextmanager
def warm_commands(folder: Path) -> Iterator[Path]:
    """Give a folder to be put first in PATH, whose ``model-registry`` starts at once."""
    place = str(folder / "socket")
    (folder / "call.py").write_text(_CALL.format(place=place))
    command = folder / "model-registry"
    command.write_text(
        f'#!/bin/sh\n[ "$1" = serve ] && exec {Path(sys.executable).parent / command.name} "$@"\n'
        f'exec {sys.executable} -S -E {folder / "call.py"} "$@"\n'
    )
    command.chmod(0o755)
    with subprocess.Popen([sys.executable, __file__, place], stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == b"ready\n"
            yield folder
        finally:
            server.terminate()


def _serve(place: str) -> NoReturn:
    import alembic.command  # noqa: F401  # so that no fork imports it again
    import pyarrow.parquet  # noqa: F401  # likewise
    import rich.table  # noqa: F401  # likewise

    from model_registry.cli.app import app

    app.generate_docs()  # imports the module of every command
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who answer
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(place)
        listening.listen()
        os.write(1, b"ready\n")
        while True:
            call, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                _answer(call)
            call.close()


def _answer(call: socket.socket) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    child = os.fork()
    if child == 0:
        _run(call)
    _, status = os.waitpid(child, 0)
    call.sendall(bytes([os.waitstatus_to_exitcode(status) & 0xFF]))
    os._exit(0)


def _run(call: socket.socket) -> NoReturn:
    code = 1
    try:
        size, streams, _, _ = socket.recv_fds(call, 8, 3)
        with call.makefile("rb") as rest:
            words, folder, environment = json.loads(rest.read(int.from_bytes(size, "big")))
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        # Python keeps what it once knew of a stream, such as whether one can seek in it.
        sys.stdin = os.fdopen(0, encoding="utf-8")
        sys.stdout = os.fdopen(1, "w", encoding="utf-8")
        sys.stderr = os.fdopen(2, "w", 1, encoding="utf-8")
        call.close()
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)

        from model_registry.cli import main

        code = main(words)
    except BaseException:  # told as Python would tell it
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve(sys.argv[1])
