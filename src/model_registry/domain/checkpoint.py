"""
Checkpoints: a small signed statement of how far a history reached, to be kept elsewhere.

Only that shows a tail that was cut off, or a chain that was written anew from
some event on: both look intact from inside. The form is a C2SP checkpoint in a
signed note (https://c2sp.org/tlog-checkpoint, https://c2sp.org/signed-note), so
tools of transparency logs can read it.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Final
from urllib.parse import quote, unquote

import attrs

from model_registry.errors import Fault, ValidationError

_ORIGIN: Final = "model-registry/"
_ED25519: Final = b"\x01"
_SIGNATURE_MARK: Final = "\u2014 "
_KEY_HASH_LENGTH: Final = 4
_ROOT_LENGTH: Final = 32


@attrs.frozen
class Checkpoint:
    """
    How far a tenant's history reached.

    Attributes:
        tenant_id: whose history.
        size: how many events it had.
        root: the Merkle root over the hashes of those events, 32 bytes.
    """

    tenant_id: str
    size: int
    root: bytes

    @property
    def origin(self) -> str:
        """The first line of the note: whose log this is."""
        return _ORIGIN + quote(self.tenant_id, safe="")

    def body(self) -> str:
        """Return the text that is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


@attrs.frozen
class KeyId:
    """
    The public half of a signing key, by its name.

    Attributes:
        name: without spaces and plus signs, such as ``risk.example.com``.
        public_key: the Ed25519 key, 32 bytes.
    """

    name: str = attrs.field()
    public_key: bytes

    @name.validator
    def _check(self, _attribute: object, name: str) -> None:
        if not name or "+" in name or any(character.isspace() for character in name):
            raise ValidationError(
                [Fault("name", "must be a word without spaces and plus signs", name)]
            )

    @property
    def key_hash(self) -> bytes:
        """The four bytes by which a note's signature line names its key."""
        named = self.name.encode() + b"\n" + _ED25519 + self.public_key
        return sha256(named).digest()[:_KEY_HASH_LENGTH]

    def written(self) -> str:
        """Return the key as signed notes write it: name, hash and key, with plus signs between."""
        key = b64encode(_ED25519 + self.public_key).decode()
        return f"{self.name}+{self.key_hash.hex()}+{key}"


def signed(checkpoint: Checkpoint, key: KeyId, sign: Callable[[bytes], bytes]) -> str:
    """Return the signed note of a checkpoint."""
    body = checkpoint.body()
    signature = b64encode(key.key_hash + sign(body.encode())).decode()
    return f"{body}\n{_SIGNATURE_MARK}{key.name} {signature}\n"


def read_note(note: str) -> tuple[Checkpoint, str, tuple[tuple[str, bytes, bytes], ...]]:
    """
    Take a note apart without believing it.

    Returns:
        The checkpoint, the text that is signed, and for each signature the name
        of its key, the key's hash and the signature.

    Raises:
        ValidationError: the text is no checkpoint.
    """
    body, parted, tail = note.partition("\n\n")
    lines = body.split("\n")
    if len(lines) < 3 or not lines[0].startswith(_ORIGIN):
        raise _no_checkpoint("it does not begin as a checkpoint of this registry does", note)
    root = _decoded(lines[2])
    if (
        not lines[1].isascii()
        or not lines[1].isdigit()
        or root is None
        or len(root) != _ROOT_LENGTH
    ):
        raise _no_checkpoint("its size or its root cannot be read", note)
    signatures = []
    for line in tail.splitlines() if parted else ():
        mark, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        raw = _decoded(encoded)
        if (
            mark != _SIGNATURE_MARK.strip()
            or not name
            or raw is None
            or len(raw) <= _KEY_HASH_LENGTH
        ):
            raise _no_checkpoint("a signature line cannot be read", note)
        signatures.append((name, raw[:_KEY_HASH_LENGTH], raw[_KEY_HASH_LENGTH:]))
    tenant_id = unquote(lines[0].removeprefix(_ORIGIN))
    return Checkpoint(tenant_id, int(lines[1]), root), body + "\n", tuple(signatures)


def _decoded(text: str) -> bytes | None:
    try:
        return b64decode(text, validate=True)
    except binascii.Error:
        return None


def _no_checkpoint(reason: str, note: str) -> ValidationError:
    return ValidationError([Fault("checkpoint", f"is not a signed checkpoint: {reason}", note)])
