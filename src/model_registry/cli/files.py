"""A file that is written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile


def write_file(path: Path, chunks: Iterable[bytes]) -> None:
    """
    Write a file so that, whatever happens, it is either whole or as it was before.

    A device or a pipe is written to as it is, since it cannot be replaced.

    Raises:
        OSError: it cannot be written; the error names this path.
    """
    target = path.resolve()
    if target.exists() and not (target.is_file() or target.is_dir()):
        with target.open("wb") as device:
            device.writelines(chunks)
        return
    try:
        file = NamedTemporaryFile(  # noqa: SIM115  # closed below, before it is renamed
            dir=target.parent, prefix=".model-registry-", delete=False
        )
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    written = Path(file.name)
    try:
        with file:
            file.writelines(chunks)
            file.flush()
            os.fsync(file.fileno())
        written.chmod(0o666 & ~_umask())
        written.replace(target)
    except OSError as error:
        written.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error
    except BaseException:
        written.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
