"""A PostgreSQL server and a hot standby that follows it."""

from __future__ import annotations

import os
import pwd
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from postgresql import Cluster, running_cluster


def ask(cluster: Cluster, statement: str) -> object:
    with psycopg.connect(cluster.url.replace("+psycopg", ""), autocommit=True) as connection:
        found = connection.execute(statement)
        row = found.fetchone() if found.description else None
        return row[0] if row else None


class Standby(Cluster):
    """A copy of a server, which goes on taking what that writes, and may be read."""

    def copy(self, primary: Cluster) -> None:
        source = ("-h", str(primary.folder), "-U", "postgres")
        self._run("pg_basebackup", "-D", str(self.data), *source, "-R", "-c", "fast", "--no-sync")

    def pause(self) -> None:
        ask(self, "SELECT pg_wal_replay_pause()")
        while ask(self, "SELECT pg_get_wal_replay_pause_state()") != "paused":
            pass

    def resume(self) -> None:
        ask(self, "SELECT pg_wal_replay_resume()")

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Stop all its processes where they are, as a disk does that no longer answers."""
        postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        listed = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text()
        processes = [postmaster, *map(int, listed.split())]
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)


@contextmanager
def running_pair() -> Iterator[tuple[Cluster, Standby]]:
    with (
        running_cluster() as primary,
        tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp", ignore_cleanup_errors=True) as name,
    ):
        standby = Standby(Path(name))
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(name, owner.pw_uid, owner.pw_gid)
        standby.copy(primary)
        standby.start()
        try:
            yield primary, standby
        finally:
            standby.stop()
