"""The manifest: which files are a tenant's inventory and history at one moment."""

from __future__ import annotations

import re
import secrets
from hashlib import sha256
from typing import Final

import attrs
import msgspec

from model_registry.domain.chain import Head

_MANIFEST: Final = re.compile(r"manifest-([0-9]{12})\.json")
_BORN: Final = re.compile(r"(?:draft|entries|events)-([0-9]{12})-[0-9a-f]{8}\.\w+")


@attrs.frozen
class DataFile:
    """
    A file that is live.

    Attributes:
        name: its name in the tenant's folder.
        rows: how many rows it has, 1 or more.
        revision: the last revision that any of its rows belongs to.
        sha256: of its bytes, hexadecimal; empty in stores from before there were any.
    """

    name: str
    rows: int
    revision: int
    sha256: str = ""


@attrs.frozen(kw_only=True)
class Manifest:
    """
    A tenant's state: what is not named here does not exist.

    Attributes:
        number: 1, 2, 3 …; the highest one that is published is in force.
        tenant_id: whose it is.
        head: where the history stands.
        entries: later files overrule earlier ones, row by row.
        events: in sequence order, without gaps.
        sha256: of the manifest itself, as it is without this; empty like a file's.
    """

    number: int = 0
    tenant_id: str
    head: Head = attrs.field(factory=Head)
    entries: tuple[DataFile, ...] = ()
    events: tuple[DataFile, ...] = ()
    sha256: str = ""

    def to_json(self) -> bytes:
        """Return the manifest as it is published."""
        sealed = attrs.evolve(self, sha256=self._digest())
        return msgspec.json.format(msgspec.json.encode(sealed), indent=1)

    @classmethod
    def from_json(cls, content: bytes) -> Manifest:
        """
        Return the manifest that was published.

        Raises:
            msgspec.MsgspecError: it is damaged.
            ValueError: it is not what was published.
        """
        manifest = msgspec.json.decode(content, type=cls)
        checked = manifest.sha256 or any(file.sha256 for file in manifest.files)
        if checked and manifest.sha256 != manifest._digest():
            raise ValueError("it was changed since it was published")
        return manifest

    def _digest(self) -> str:
        return sha256(msgspec.json.encode(attrs.evolve(self, sha256=""))).hexdigest()

    @property
    def files(self) -> tuple[DataFile, ...]:
        """The files that are live."""
        return (*self.entries, *self.events)

    @property
    def names(self) -> frozenset[str]:
        """The names of the files that are live."""
        return frozenset(file.name for file in self.files)

    def events_from(self, sequence: int) -> tuple[DataFile, int] | None:
        """Return the file with this event and the file's last sequence; None if it is not yet."""
        last = 0
        for file in self.events:
            last += file.rows
            if sequence <= last:
                return file, last
        return None


def manifest_name(number: int) -> str:
    """Return the name that a manifest is published under."""
    return f"manifest-{number:012}.json"


def manifest_number(name: str) -> int | None:
    """Return the number of the manifest with this name, None if it is another file."""
    found = _MANIFEST.fullmatch(name)
    return int(found[1]) if found else None


def new_name(kind: str, number: int, form: str = "parquet") -> str:
    """
    Return a name that no file has had: nothing of the data is in it.

    Args:
        kind: ``entries``, ``events`` or ``draft``.
        number: of the manifest that is to name the file first.
        form: the ending.
    """
    return f"{kind}-{number:012}-{secrets.token_hex(4)}.{form}"


def born_with(name: str) -> int | None:
    """Return the manifest that was to name this file first; None for any other file."""
    found = _BORN.fullmatch(name)
    return int(found[1]) if found else None
