"""Data sets that take long to make, kept so that a second run is quick."""

import shutil
import sqlite3
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.inventory import fill
from model_registry import Store, open_store

FOLDER: Final = Path(".bench")
FORM: Final = "1"
"""Of data sets that depend on nothing but this package; another form is made anew."""

_SAMPLE: Final = 20


def kept(name: str, form: str, make: Callable[[Path], None]) -> Path:
    """
    Return where a data set is, and make it where it is not.

    Args:
        name: of the data set; its earlier forms are removed.
        form: what it is like; another form is another data set.
        make: makes it, a file or a folder, at the path that it is given.
    """
    path = FOLDER / f"{name}.{form}"
    if not path.exists():
        FOLDER.mkdir(exist_ok=True)
        for old in FOLDER.glob(f"{name}.*"):
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        # Under another name until it is whole, since a run may be broken off.
        unfinished = FOLDER / f"{name}.unfinished"
        make(unfinished)
        unfinished.rename(path)
    return path


def copy_of(path: Path, folder: Path) -> Path:
    """Return a copy of a database in a folder, since what is kept is to stay as it is."""
    return Path(shutil.copyfile(path, folder / f"{path.stem}.db"))


def kept_store(name: str, put_in: Callable[[Store], None]) -> Path:
    """Return the SQLite file of a store that was filled; what is measured gets a copy of it."""

    def make(path: Path) -> None:
        with open_store(f"sqlite:///{path}") as store:
            put_in(store)

    return kept(name, _form_of_stores(), make)


@cache
def _form_of_stores() -> str:
    """Tell apart what different versions of this project write, by all that a small store holds."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sample.db"
        with open_store(f"sqlite:///{path}") as store:
            fill(store, _SAMPLE)
        with sqlite3.connect(path) as connection:
            lines = "\n".join(connection.iterdump())
        connection.close()
    return sha256(lines.encode()).hexdigest()[:12]
