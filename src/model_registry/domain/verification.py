"""
Whether a history and the inventory that it tells of are still what was written.

Two verdicts, because they rest on different grounds. *Integrity* is what the data
says about itself: every link of the chain, and every entry explained by it.
*Completeness* needs a checkpoint that was kept elsewhere: a tail that was cut off,
or a chain that was written anew, looks intact from inside.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import attrs

from model_registry.domain.chain import Head, event_hash
from model_registry.domain.changes import OBSERVED, ChangeEvent, later
from model_registry.domain.checkpoint import Checkpoint
from model_registry.domain.entry import ENTRY_FIELDS, ModelEntry
from model_registry.domain.merkle import MerkleTree
from model_registry.domain.replay import Replay

MOST_DISCREPANCIES: Final = 100


@attrs.frozen
class Discrepancy:
    """
    One thing that is not as it was written.

    Attributes:
        message: what, for people.
        sequence: of the event that it is about, or None.
        entry_id: of the entry that it is about, or None.
    """

    message: str
    sequence: int | None = None
    entry_id: str | None = None


@attrs.frozen(kw_only=True)
class Verification:
    """
    What a verification found.

    Attributes:
        tenant_id: whose history and inventory.
        events: how many events there are.
        entries: how many entries were compared.
        discrepancies: the first hundred things that are wrong with the data itself.
        found: how many there are in all.
        checkpoint: what the history was held against, or None.
        complete: whether the history still begins with all that the checkpoint
            states; None without a checkpoint, because then nobody can know.
    """

    tenant_id: str
    events: int
    entries: int
    discrepancies: tuple[Discrepancy, ...]
    found: int
    checkpoint: Checkpoint | None = None
    complete: bool | None = None

    @property
    def intact(self) -> bool:
        """Whether chain and inventory agree with themselves and with each other."""
        return not self.found


class Verifier:
    """
    Takes one tenant's history, then its inventory, and says what does not hold.

    Memory is bounded by the inventory: neither history nor stored entries are kept.

    Args:
        tenant_id: whose history.
        checkpoint: what it is to be held against.
    """

    def __init__(self, tenant_id: str, checkpoint: Checkpoint | None = None) -> None:
        self._tenant_id = tenant_id
        self._checkpoint = checkpoint
        self._tree = MerkleTree()
        self._root_then = self._tree.root() if _size(checkpoint) == 0 else None
        self._replay = Replay()
        self._last: Head = Head()
        self._entries = 0
        self._kept: list[Discrepancy] = []
        self._found = 0
        self._doubted: dict[str, str] = {}

    @property
    def sequence(self) -> int:
        """The sequence of the last event that was taken, read or not."""
        return self._last.sequence

    def report(self, message: str, sequence: int | None = None) -> None:
        """Add something that is wrong."""
        self._add(Discrepancy(message, sequence))

    def unreadable(self, reason: str) -> None:
        """Take the next event as one that the store cannot read."""
        sequence = self._last.sequence + 1
        self.report(f"event {sequence} cannot be read: {reason}", sequence=sequence)
        self._tree.add(b"")
        self._last = Head(0, sequence, "")

    def event(self, event: ChangeEvent) -> None:
        """Take the next event, in the store's order."""
        self._check_place(event)
        hashed = event_hash(event)
        if event.hash != hashed:
            self.report(f"event {event.sequence} was changed", sequence=event.sequence)
        try:
            self._replay.apply(event)
        except ValueError as error:
            message = f"event {event.sequence} does not follow from those before it: {error}"
            self.report(message, sequence=event.sequence)
        self._tree.add(leaf(hashed))
        if self._tree.size == _size(self._checkpoint):
            self._root_then = self._tree.root()
        self._last = Head(0, event.sequence, event.hash)

    def head(self, head: Head) -> None:
        """Take the store's own word on where the history ends, after the last event."""
        if (head.sequence, head.hash) != (self._last.sequence, self._last.hash):
            self.report(
                f"the store says that the history ends with event {head.sequence}, "
                f"and it ends with event {self._last.sequence}",
                sequence=min(head.sequence, self._last.sequence) + 1,
            )

    def entry(self, entry: ModelEntry) -> None:
        """Take the next stored entry, after the whole history."""
        self._entries += 1
        expected = self._expected.pop(entry.id, None)
        if expected is None:
            self._doubted[entry.id] = "no event explains it"
            return
        changed = [
            name
            for name in ENTRY_FIELDS
            if name not in OBSERVED and getattr(entry, name) != getattr(expected, name)
        ]
        if later(entry.last_seen_at, expected.last_seen_at) != entry.last_seen_at:
            changed.append("last_seen_at")
        if changed:
            fields = ", ".join(changed)
            self._doubted[entry.id] = f"its history gives it other values: {fields}"

    def verdict(self, moved: Collection[str] = ()) -> Verification:
        """
        Return what was found, after the whole inventory.

        Args:
            moved: entries that changed after the history was taken and before the
                inventory was, by id; of those nothing can be said this time.
        """
        missing = dict.fromkeys(self._expected, "its history tells of it, and it is not there")
        for entry_id, reason in {**self._doubted, **missing}.items():
            if entry_id not in moved:
                self._add(Discrepancy(f"entry {entry_id}: {reason}", entry_id=entry_id))
        complete = None
        if self._checkpoint is not None:
            own = self._checkpoint.tenant_id == self._tenant_id
            complete = own and self._root_then == self._checkpoint.root
        return Verification(
            tenant_id=self._tenant_id,
            events=self._tree.size,
            entries=self._entries,
            discrepancies=tuple(self._kept),
            found=self._found,
            checkpoint=self._checkpoint,
            complete=complete,
        )

    def _add(self, discrepancy: Discrepancy) -> None:
        self._found += 1
        if len(self._kept) < MOST_DISCREPANCIES:
            self._kept.append(discrepancy)

    @property
    def _expected(self) -> dict[str, ModelEntry]:
        return self._replay.entries

    def _check_place(self, event: ChangeEvent) -> None:
        due = self._last.sequence + 1
        if event.tenant_id != self._tenant_id:
            self.report(f"event {event.sequence} is another tenant's", sequence=event.sequence)
        if event.sequence > due:
            missing = (
                f"event {due} is"
                if event.sequence == due + 1
                else (f"events {due} to {event.sequence - 1} are")
            )
            self.report(f"{missing} missing", sequence=due)
        elif event.sequence < due:
            self.report(f"event {event.sequence} is out of its place", sequence=event.sequence)
        elif self._last.hash and event.previous_hash != self._last.hash:
            message = f"event {event.sequence} does not link to the one before it"
            self.report(message, sequence=event.sequence)


def leaf(event_hash: str) -> bytes:
    """Return what stands for an event in the Merkle tree: its hash, as it is written."""
    return event_hash.encode()


def _size(checkpoint: Checkpoint | None) -> int | None:
    return None if checkpoint is None else checkpoint.size
