"""
The Merkle tree over a tenant's history (RFC 6962, section 2.1).

Its root stands for the whole history up to a size, so a root that is kept
elsewhere shows later whether that history is still the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

EMPTY_ROOT: Final = sha256(b"").digest()
_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"


class MerkleTree:
    """A tree that grows leaf by leaf and holds one hash for each of its complete subtrees."""

    def __init__(self) -> None:
        self.size = 0
        self._subtrees: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Add a leaf at the end."""
        node = sha256(_LEAF + leaf).digest()
        full = self.size
        while full & 1:
            node = sha256(_NODE + self._subtrees.pop() + node).digest()
            full >>= 1
        self._subtrees.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Return the root over all leaves so far, 32 bytes."""
        if not self._subtrees:
            return EMPTY_ROOT
        node = self._subtrees[-1]
        for left in reversed(self._subtrees[:-1]):
            node = sha256(_NODE + left + node).digest()
        return node


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaves."""
    tree = MerkleTree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()
