"""A gang of writer processes, seen from the one that lets them live and kills them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

import attrs

_ROOT = Path(__file__).resolve().parent.parent
_PATIENCE = 60.0  # seconds, for what takes milliseconds on an idle machine


@attrs.frozen
class Writer:
    """A writer process, and where it says what the store acknowledged."""

    pid: int
    journal: Path

    def acknowledged(self) -> int:
        """Return how many commits it has noted as done."""
        return self.journal.read_bytes().count(b'{"done"') if self.journal.exists() else 0

    def kill(self) -> None:
        """Kill it as nothing can be caught, and wait until it is gone."""
        os.kill(self.pid, signal.SIGKILL)
        with _patience(f"writer {self.pid} does not die") as tries:
            for _ in tries:
                try:
                    os.kill(self.pid, 0)
                except ProcessLookupError:
                    return


class Gang:
    """
    Writers on one store.

    Args:
        url: of the store, which every writer opens for itself.
        folder: for the journals.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self._folder = folder
        self._names = count(1)
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "torture.sql_writing", url],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def journals(self) -> list[Path]:
        """The journals of all writers there ever were."""
        return sorted(self._folder.glob("*.journal"))

    def start(self, seed: int) -> Writer:
        """Start another writer; the URL's relative paths are the repository's."""
        name = f"w{next(self._names)}"
        journal = self._folder / f"{name}.journal"
        assert self._parent.stdin
        assert self._parent.stdout
        print(journal, name, seed, file=self._parent.stdin, flush=True)
        return Writer(int(self._parent.stdout.readline()), journal)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._parent.communicate()


def wait_for_writes(writers: Collection[Writer], more: int = 1) -> None:
    """Wait until each of the writers has so many commits acknowledged more than it has now."""
    wanted = {writer: writer.acknowledged() + more for writer in writers}
    with _patience("a writer does not get on") as tries:
        for _ in tries:
            if all(writer.acknowledged() >= number for writer, number in wanted.items()):
                return
            for writer in writers:
                died = writer.journal.with_suffix(".died")
                if died.exists():
                    raise RuntimeError(f"{writer.journal.stem} died: {died.read_text()}")


@contextmanager
def _patience(what: str) -> Iterator[Iterator[None]]:
    def tries() -> Iterator[None]:
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            yield
            time.sleep(0.002)
        raise TimeoutError(what)

    yield tries()
