"""The command line; ``main`` turns every mistake of a user's into one clear line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

from model_registry.errors import RegistryError, ValidationError

_FAILED: Final = 1
_NOT_UNDERSTOOD: Final = 2
_INTERRUPTED: Final = 130
_READER_GONE: Final = 141


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run one command.

    Args:
        argv: the words after the program's name; the process's own by default.

    Returns:
        The exit code: 0 for success, 1 for what was refused or went wrong, 2 for a
        command line that cannot be understood, 130 after Ctrl-C, 141 when whoever
        read the output went away.
    """
    # Arrow's own choice, mimalloc, takes 40 MiB more for a scan, and no less time.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that cannot show a character gets its escape, not a traceback.
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _answered(sys.argv[1:] if argv is None else list(argv))
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # What is still buffered would raise again when Python exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _READER_GONE
    return code


def _answered(words: list[str]) -> int:
    try:
        from cyclopts import CycloptsError  # noqa: PLC0415  # an extra, which may be missing

        from model_registry.cli.app import app  # noqa: PLC0415  # needs it
        from model_registry.cli.screen import complain  # noqa: PLC0415  # costs only here
    except ModuleNotFoundError as error:
        if error.name != "cyclopts":
            raise
        sys.stderr.write("error: the command line is not installed; ")
        sys.stderr.write("run: pip install 'model-risk-registry[cli]'\n")
        return _FAILED
    try:
        return _run(app, words)
    except ValidationError as error:
        from model_registry.cli.options import in_options  # noqa: PLC0415  # only for faults

        for fault in in_options(error.faults):
            complain(str(fault))
    except RegistryError as error:
        complain(str(error))
    except CycloptsError as error:
        complain(str(error))
        return _NOT_UNDERSTOOD
    except BrokenPipeError:
        raise
    except OSError as error:
        complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    return _FAILED


def _run(app: Callable[[list[str]], Any], words: list[str]) -> int:
    code = app(words)
    return code if isinstance(code, int) else 0
