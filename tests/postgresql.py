"""A throw-away PostgreSQL: its own cluster, on a Unix socket, gone with the tests."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_OWNER = "postgres"


def _binaries() -> Path:
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    folders.sort(key=lambda folder: int(folder.parent.name))
    if folders:
        return folders[-1]
    found = shutil.which("initdb")
    if found is None:
        raise RuntimeError(
            "These tests need a PostgreSQL server and none is installed: "
            "run 'make test', which installs it, or: apt-get install postgresql"
        )
    return Path(found).resolve().parent


class Cluster:
    """
    One running server; superuser ``postgres``, no password, reached through its socket.

    Commits are on disk when they return, as in production.
    """

    def __init__(self, folder: Path) -> None:
        self.binaries = _binaries()
        self.folder = folder
        self.data = folder / "data"
        self._log = folder / "log"

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://{_OWNER}@/postgres?host={self.folder}"

    def create(self) -> None:
        # --no-sync: only what initdb itself writes; the server still syncs every commit
        options = ("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        self._run("initdb", "-D", str(self.data), "-U", _OWNER, *options)

    def start(self) -> None:
        settings = f"-c listen_addresses='' -k {self.folder} -c max_connections=200"
        # a session time zone far from UTC, so that a naive time cannot go unnoticed
        settings += " -c timezone=Asia/Kathmandu"
        self._run(
            "pg_ctl", "-D", str(self.data), "-l", str(self._log), "-w", "-o", settings, "start"
        )

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server: ``fast`` as an operator does, ``immediate`` as a crash does."""
        self._run("pg_ctl", "-D", str(self.data), "-m", mode, "-w", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.binaries / program), *arguments]
        user = _OWNER if os.getuid() == 0 else None
        with (self.folder / "out").open("a") as out:
            done = subprocess.run(
                command,
                user=user,
                group=user,
                extra_groups=[] if user else None,
                cwd=self.folder,
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            said = (self.folder / "out").read_text()[-2_000:]
            raise RuntimeError(f"{program} failed:\n{said}")


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Give a running cluster in a temporary folder whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        cluster = Cluster(folder)
        if os.getuid() == 0:
            owner = pwd.getpwnam(_OWNER)
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        cluster.create()
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()
