"""The commands ``db upgrade``, ``db check`` and ``db sql``: the schema of a SQL store."""

from __future__ import annotations

import re
from typing import Final

from model_registry.cli.options import StoreOption, required
from model_registry.cli.screen import complain, note, say, write_bytes
from model_registry.plugins import find_migrations

_PASSWORD: Final = re.compile(r"(?<=://)([^/@:]*):[^/]*@")


def upgrade(*, store: StoreOption = None) -> None:
    """
    Bring the store's schema up to date; all of it, or nothing.

    Args:
        store: where.
    """
    (url,) = required(store=store)
    migrations = find_migrations(url)
    before = migrations.upgrade(url)
    after = migrations.check(url)
    note(f"The schema was {before.state}")
    say(after.explained(_shown(url)))


def check(*, store: StoreOption = None) -> int:
    """
    Tell whether the store's schema is up to date; if not, the exit code is 1.

    Args:
        store: where.
    """
    (url,) = required(store=store)
    found = find_migrations(url).check(url)
    line = found.explained(_shown(url))
    if found.state == "current":
        say(line)
        return 0
    complain(line)
    return 1


def sql(*, store: StoreOption = None) -> None:
    """
    Print the schema as SQL, without connecting.

    Args:
        store: what kind of store, and where its tables are.
    """
    (url,) = required(store=store)
    write_bytes([find_migrations(url).sql(url).encode()])


def _shown(url: str) -> str:
    return _PASSWORD.sub(r"\1:***@", url)
