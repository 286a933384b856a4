"""The file that marks a folder as a store, and says in which form."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

import msgspec

from model_registry.errors import SchemaOutdated, StoreError
from model_registry_parquet.faults import undamaged
from model_registry_parquet.files import Folder
from model_registry_parquet.manifest import born_with, new_name

FORM: Final = 1
"""The form in which this version keeps a store."""

_MARKER: Final = "registry.json"


def claim(folder: Folder) -> None:
    """
    Make a folder a store, or make sure that it is one.

    Raises:
        OSError: it cannot be made or read.
        SchemaOutdated: it is a store in another form.
        StoreError: there is something else in it, or the marker is damaged.
    """
    folder.make()
    if folder.stamp(_MARKER) is None:
        strange = [name for name in folder.names() if born_with(name) is None]
        if folder.stamp(_MARKER) is None and strange:
            raise StoreError(
                f"{folder.path} holds {strange[0]!r} and is no Parquet store; "
                "give an empty folder, or one that does not exist"
            )
        with suppress(PermissionError):  # then the folder was made by somebody who may
            folder.parent().sync_names()
        draft = new_name("draft", 0, "json")
        folder.prepare(draft, msgspec.json.encode({"format": FORM}))
        with suppress(FileExistsError):  # another process was quicker
            folder.publish(_MARKER, draft)
    with undamaged(folder.path / _MARKER):
        form = msgspec.json.decode(folder.read(_MARKER), type=dict[str, int])["format"]
    if form != FORM:
        raise SchemaOutdated(
            f"The Parquet store {folder.path} has format {form}, and this version reads {FORM}"
        )
