"""
Ed25519 keys that sign checkpoints, and checkpoints that were signed; extra ``signing``.

Keys are written as Go's note package and the C2SP signed-note tools write them.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from typing import Final, Self

import attrs

from model_registry.domain.checkpoint import Checkpoint, KeyId, read_note, signed
from model_registry.errors import NOT_GIVEN, BackendNotInstalled, Fault, ValidationError

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )
except ModuleNotFoundError as error:
    raise BackendNotInstalled(
        "Signed checkpoints need the package 'cryptography', which is not installed; "
        "run: pip install 'model-risk-registry[signing]'"
    ) from error

_PRIVATE: Final = "PRIVATE+KEY+"
_ED25519: Final = b"\x01"


@attrs.frozen
class SigningKey:
    """
    A key that signs checkpoints; keep it away from whoever can write the store.

    Attributes:
        id: its name and public half, which may be given to anybody.
    """

    id: KeyId
    _private: Ed25519PrivateKey = attrs.field(repr=False, eq=False)

    @classmethod
    def generate(cls, name: str) -> Self:
        """
        Make a new key.

        Args:
            name: who signs, such as ``risk.example.com``; without spaces and plus signs.

        Raises:
            ValidationError: the name cannot be one.
        """
        return cls._of(name, Ed25519PrivateKey.generate())

    @classmethod
    def read(cls, text: str) -> Self:
        """
        Read a key that ``write`` wrote.

        Raises:
            ValidationError: it is no such key; the message does not show it.
        """
        name, _, encoded = text.strip().removeprefix(_PRIVATE).partition("+")
        key_hash, _, seed = encoded.partition("+")
        raw = _key_bytes(seed)
        if not text.startswith(_PRIVATE) or raw is None:
            raise _refused("signing_key", f"must be {_PRIVATE}NAME+HASH+KEY")
        key = cls._of(name, Ed25519PrivateKey.from_private_bytes(raw))
        if key.id.key_hash.hex() != key_hash:
            raise _refused("signing_key", "has a hash that is not its own")
        return key

    def write(self) -> str:
        """Return the key as a line of text, which is a secret."""
        seed = b64encode(_ED25519 + self._private.private_bytes_raw()).decode()
        return f"{_PRIVATE}{self.id.name}+{self.id.key_hash.hex()}+{seed}"

    def sign(self, checkpoint: Checkpoint) -> str:
        """Return the signed note of a checkpoint."""
        return signed(checkpoint, self.id, self._private.sign)

    @classmethod
    def _of(cls, name: str, private: Ed25519PrivateKey) -> Self:
        return cls(KeyId(name, private.public_key().public_bytes_raw()), private)


def read_public_key(text: str) -> KeyId:
    """
    Read the public half of a key, as ``KeyId.written`` writes it.

    Raises:
        ValidationError: it is no such key.
    """
    name, _, encoded = text.strip().partition("+")
    key_hash, _, public = encoded.partition("+")
    raw = _key_bytes(public)
    if raw is None:
        raise _refused("public_key", "must be NAME+HASH+KEY", text)
    key = KeyId(name, raw)
    if key.key_hash.hex() != key_hash:
        raise _refused("public_key", "has a hash that is not its own", text)
    return key


def open_checkpoint(note: str, key: KeyId) -> Checkpoint:
    """
    Return the checkpoint of a note that a key signed.

    Raises:
        ValidationError: it is no checkpoint, or this key did not sign it.
    """
    checkpoint, body, signatures = read_note(note)
    public = Ed25519PublicKey.from_public_bytes(key.public_key)
    for name, key_hash, signature in signatures:
        if (name, key_hash) == (key.name, key.key_hash):
            try:
                public.verify(signature, body.encode())
            except InvalidSignature:
                continue
            return checkpoint
    raise _refused("checkpoint", f"is not signed by {key.name}")


def _key_bytes(text: str) -> bytes | None:
    try:
        raw = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw[1:] if len(raw) == 33 and raw[:1] == _ED25519 else None


def _refused(field: str, message: str, given: object = NOT_GIVEN) -> ValidationError:
    return ValidationError([Fault(field, message, given)])
