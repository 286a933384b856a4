"""Spark's errors as the library's own: none of them crosses the port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pyspark.errors import PySparkException

from model_registry.errors import RequestLogError

_MOST: Final = 300


def _drivers_errors() -> tuple[type[Exception], ...]:
    """Return what Spark raises beside its own errors: of its bridge to Java, of its network."""
    try:
        # A Connect client has no bridge, and the bridge has no types.
        from py4j.protocol import Py4JError  # type: ignore[import-untyped]  # noqa: PLC0415
    except ModuleNotFoundError:
        return (PySparkException, ImportError, OSError)
    return (PySparkException, ImportError, OSError, Py4JError)


@contextmanager
def wrapping(what: str) -> Iterator[None]:
    """
    Raise ``RequestLogError`` in place of Spark's errors, with that one as the cause.

    Args:
        what: what failed, as the beginning of a sentence.
    """
    try:
        yield
    except _drivers_errors() as error:
        raise RequestLogError(f"{what}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """Return an error as one line for people, without plans and Java's stack."""
    if isinstance(error, ImportError) and "spark" not in (error.name or "spark"):
        return (
            f"the package {error.name!r} is not installed; "
            "run: pip install 'model-risk-registry[spark]'"
        )
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    first = lines[0] if lines else type(error).__name__
    return first if len(first) <= _MOST else f"{first[:_MOST]}…"
