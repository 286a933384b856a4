"""What goes wrong beneath a store or a log, as one clear line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import pyarrow as pa

from model_registry.errors import DamagedData, RegistryError, StoreError

UNREADABLE: Final = (
    pa.ArrowException,
    msgspec.MsgspecError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)
"""What reading a damaged file may raise, besides ``OSError``."""


def in_a_line(error: BaseException) -> str:
    """Return what an error says in one line; an ``OSError`` without its path."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'no details'}"


@contextmanager
def stated(path: Path, doing: str) -> Iterator[None]:
    """
    Turn what a driver raises into the store's own error.

    Args:
        path: the store's folder.
        doing: what could not be done: ``read`` or ``written``.
    """
    try:
        yield
    except RegistryError:
        raise
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        raise StoreError(
            f"The Parquet store {path} cannot be {doing}: {in_a_line(error)}{place}"
        ) from error
    except UNREADABLE as error:
        raise StoreError(
            f"The Parquet store {path} cannot be {doing}: {in_a_line(error)}"
        ) from error


@contextmanager
def undamaged(path: Path) -> Iterator[None]:
    """
    Turn what reading a damaged file raises into an error that names the file.

    Arrow raises an ``OSError`` without a number where the system itself is content.
    """
    try:
        yield
    except (*UNREADABLE, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise DamagedData(f"{path} is damaged: {in_a_line(error)}") from error
